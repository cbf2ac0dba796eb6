/** Standard five-field cron (robfig/cron's ParseStandard), in UTC or in a time zone. */
export interface CronSchedule {
  /** The first time after `ms` (epoch ms) that matches; undefined when none does within five years. */
  next(ms: number): number | undefined;
}

const MACROS: Record<string, string> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const BOUNDS: readonly [low: number, high: number, names?: string[]][] = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12, MONTHS],
  [0, 6, DAYS],
];
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const SEARCH_DAYS = 5 * 366;

/** Undefined when the text is no schedule. The time zone is an IANA name; the API has refused others. */
export function parseCron(text: string, timeZone?: string): CronSchedule | undefined {
  const schedule = parse(text);
  return schedule && timeZone && !text.trim().startsWith('@every') ? inZone(schedule, timeZone) : schedule;
}

/** The schedule read by the zone's wall clock; hours that a change to summer time leaves out are skipped. */
function inZone(schedule: CronSchedule, timeZone: string): CronSchedule {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const offset = (ms: number): number => {
    const part = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
    return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(ms / 1000) * 1000;
  };
  return {
    next(ms) {
      let local = schedule.next(ms + offset(ms));
      while (local !== undefined) {
        const guess = local - offset(local);
        const at = local - offset(guess);
        if (at > ms && at + offset(at) === local) return at;
        local = schedule.next(local);
      }
      return undefined;
    },
  };
}

function parse(text: string): CronSchedule | undefined {
  const every = /^@every (\d+)(s|m|h)$/.exec(text.trim());
  if (every) {
    const periodMs = Number(every[1]) * ({ s: 1000, m: 60_000, h: 3_600_000 }[every[2] as 's' | 'm' | 'h'] as number);
    return { next: (ms) => ms + periodMs };
  }
  const parts = (MACROS[text.trim()] ?? text.trim()).split(/\s+/);
  if (parts.length !== 5) return undefined;
  const fields = parts.map((part, i) => parseField(part, i));
  if (fields.some((field) => !field)) return undefined;
  const [minutes, hours, days, months, weekdays] = fields as [Set<number>, ...Set<number>[]] as Set<number>[];
  const anyDay = isStar(parts[2] as string);
  const anyWeekday = isStar(parts[4] as string);
  const matchesDay = (date: Date): boolean => {
    if (!months?.has(date.getUTCMonth() + 1)) return false;
    const day = days?.has(date.getUTCDate()) ?? false;
    const weekday = weekdays?.has(date.getUTCDay()) ?? false;
    return anyDay || anyWeekday ? day && weekday : day || weekday;
  };
  return { next: (ms) => search(ms, matchesDay, hours as Set<number>, minutes as Set<number>) };
}

const isStar = (part: string): boolean => part.startsWith('*') || part.startsWith('?');

function search(
  ms: number,
  matchesDay: (date: Date) => boolean,
  hours: Set<number>,
  minutes: Set<number>,
): number | undefined {
  const from = (Math.floor(ms / MINUTE_MS) + 1) * MINUTE_MS;
  const firstDay = Math.floor(from / DAY_MS) * DAY_MS;
  for (let day = 0; day < SEARCH_DAYS; day++) {
    const start = firstDay + day * DAY_MS;
    if (!matchesDay(new Date(start))) continue;
    for (let minute = Math.max(0, (from - start) / MINUTE_MS); minute < 1440; minute++) {
      if (hours.has(Math.floor(minute / 60)) && minutes.has(minute % 60)) return start + minute * MINUTE_MS;
    }
  }
  return undefined;
}

function parseField(text: string, index: number): Set<number> | undefined {
  const [low, high, names] = BOUNDS[index] as [number, number, string[]?];
  const value = (part: string): number => {
    const named = names?.indexOf(part.toLowerCase()) ?? -1;
    if (named >= 0) return named + low;
    return /^\d+$/.test(part) ? Number(part) : Number.NaN;
  };
  const out = new Set<number>();
  for (const item of text.split(',')) {
    const [range, stepText, extra] = item.split('/');
    const step = stepText === undefined ? 1 : Number(stepText);
    const star = range === '*' || range === '?';
    const [first, last, more] = star ? [String(low), String(high)] : (range as string).split('-');
    const from = star ? low : value(first as string);
    const to = star ? high : last !== undefined ? value(last) : stepText !== undefined ? high : from;
    const valid = from >= low && to <= high && from <= to && step > 0 && Number.isInteger(step);
    if (!valid || extra !== undefined || more !== undefined) return undefined;
    for (let i = from; i <= to; i += step) out.add(i);
  }
  return out;
}
