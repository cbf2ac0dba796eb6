/** Cron schedules as robfig/cron v3 parses them (five fields, names, `@every`, `@daily` …). */
export interface CronSchedule {
  /** Bit sets as arrays of allowed values. */
  minute: Set<number>;
  hour: Set<number>;
  dayOfMonth: Set<number>;
  month: Set<number>;
  dayOfWeek: Set<number>;
  /** Whether the field was `*` or `?`: then days must match both, else either. */
  anyDayOfMonth: boolean;
  anyDayOfWeek: boolean;
  /** `@every 5m`: a constant delay in ms instead of fields. */
  everyMs?: number;
}

/** `message` is the parser's own, as the API server repeats it. */
export class CronError extends Error {
  override readonly name = 'CronError';
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const DESCRIPTORS: Record<string, string> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};
const UNIT_MS: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

interface Bounds {
  min: number;
  max: number;
  names?: (text: string) => number | undefined;
}

const BOUNDS: Bounds[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: (text) => nameIndex(MONTHS, text, 1) },
  { min: 0, max: 6, names: (text) => nameIndex(DAYS, text, 0) },
];

function nameIndex(names: string[], text: string, first: number): number | undefined {
  const index = names.indexOf(text.toLowerCase());
  return index < 0 ? undefined : index + first;
}

/** Throws {@link CronError}. */
export function parseCron(spec: string): CronSchedule {
  if (spec === '') throw new CronError('empty spec string');
  let text = spec;
  if (text.startsWith('TZ=') || text.startsWith('CRON_TZ=')) {
    const space = text.indexOf(' ');
    if (space < 0) throw new CronError(`provided bad location ${text.slice(text.indexOf('=') + 1)}`);
    text = text.slice(space).trim();
  }
  if (text.startsWith('@every ')) return { ...parseCron('* * * * *'), everyMs: parseEvery(text.slice(7)) };
  if (text.startsWith('@')) {
    const known = DESCRIPTORS[text];
    if (!known) throw new CronError(`unrecognized descriptor: ${text}`);
    text = known;
  }
  const fields = text.split(/\s+/).filter((field) => field !== '');
  if (fields.length !== 5)
    throw new CronError(`expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`);
  const sets = fields.map((field, i) => parseField(field, BOUNDS[i] as Bounds));
  const [minute, hour, dayOfMonth, month, dayOfWeek] = sets as [
    Set<number>,
    Set<number>,
    Set<number>,
    Set<number>,
    Set<number>,
  ];
  const any = (field: string | undefined): boolean =>
    (field ?? '').split(',').some((part) => /^[*?](\/1)?$/.test(part));
  return { minute, hour, dayOfMonth, month, dayOfWeek, anyDayOfMonth: any(fields[2]), anyDayOfWeek: any(fields[4]) };
}

function parseEvery(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g)];
  if (parts.length === 0 || parts.map((part) => part[0]).join('') !== text)
    throw new CronError(`failed to parse duration @every ${text}: time: invalid duration ${JSON.stringify(text)}`);
  const ms = parts.reduce((sum, part) => sum + Number(part[1]) * (UNIT_MS[part[2] ?? ''] ?? 0), 0);
  return Math.max(1000, Math.floor(ms / 1000) * 1000);
}

function parseField(field: string, bounds: Bounds): Set<number> {
  const out = new Set<number>();
  for (const part of field.split(',').filter((item) => item !== '')) addRange(part, bounds, out);
  return out;
}

function addRange(part: string, bounds: Bounds, out: Set<number>): void {
  const slash = part.split('/');
  const dash = (slash[0] ?? '').split('-');
  let start: number;
  let end: number;
  const single = dash.length === 1;
  if (dash[0] === '*' || dash[0] === '?') {
    start = bounds.min;
    end = bounds.max;
  } else {
    start = parseNumber(dash[0] ?? '', bounds);
    if (dash.length > 2) throw new CronError(`too many hyphens: ${part}`);
    end = single ? start : parseNumber(dash[1] ?? '', bounds);
  }
  let step = 1;
  if (slash.length === 2) {
    step = plainNumber(slash[1] ?? '');
    if (single) end = bounds.max;
  } else if (slash.length > 2) throw new CronError(`too many slashes: ${part}`);
  if (start < bounds.min) throw new CronError(`beginning of range (${start}) below minimum (${bounds.min}): ${part}`);
  if (end > bounds.max) throw new CronError(`end of range (${end}) above maximum (${bounds.max}): ${part}`);
  if (start > end) throw new CronError(`beginning of range (${start}) beyond end of range (${end}): ${part}`);
  if (step === 0) throw new CronError(`step of range should be a positive number: ${part}`);
  for (let value = start; value <= end; value += step) out.add(value);
}

function parseNumber(text: string, bounds: Bounds): number {
  return bounds.names?.(text) ?? plainNumber(text);
}

function plainNumber(text: string): number {
  if (/^[+-]?\d+$/.test(text)) {
    const value = Number(text);
    if (value < 0) throw new CronError(`negative number (${value}) not allowed: ${text}`);
    return value;
  }
  throw new CronError(
    `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`,
  );
}

/** The first time after `afterMs` (epoch ms, UTC) that the schedule names; undefined when none within five years. */
export function nextCronTime(schedule: CronSchedule, afterMs: number): number | undefined {
  if (schedule.everyMs !== undefined) return Math.floor(afterMs / 1000) * 1000 + schedule.everyMs;
  const date = new Date(Math.floor(afterMs / 60_000) * 60_000 + 60_000);
  const limit = afterMs + 5 * 366 * 86_400_000;
  while (date.getTime() <= limit) {
    if (!schedule.month.has(date.getUTCMonth() + 1)) {
      date.setUTCMonth(date.getUTCMonth() + 1, 1);
      date.setUTCHours(0, 0);
    } else if (!dayMatches(schedule, date)) {
      date.setUTCDate(date.getUTCDate() + 1);
      date.setUTCHours(0, 0);
    } else if (!schedule.hour.has(date.getUTCHours())) date.setUTCHours(date.getUTCHours() + 1, 0);
    else if (!schedule.minute.has(date.getUTCMinutes())) date.setUTCMinutes(date.getUTCMinutes() + 1);
    else return date.getTime();
  }
  return undefined;
}

function dayMatches(schedule: CronSchedule, date: Date): boolean {
  const ofMonth = schedule.dayOfMonth.has(date.getUTCDate());
  const ofWeek = schedule.dayOfWeek.has(date.getUTCDay());
  return schedule.anyDayOfMonth || schedule.anyDayOfWeek ? ofMonth && ofWeek : ofMonth || ofWeek;
}
