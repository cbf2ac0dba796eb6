import type { CommandBody } from './command.ts';
import { result } from './command.ts';

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const UNITS: Record<string, number> = {
  sec: 1e3,
  second: 1e3,
  min: 6e4,
  minute: 6e4,
  hour: 36e5,
  day: 864e5,
  week: 6048e5,
  fortnight: 12096e5,
};
const two = (n: number): string => String(n).padStart(2, '0');

function isoWeek(t: Date): number {
  const day = new Date(Date.UTC(t.getUTCFullYear(), t.getUTCMonth(), t.getUTCDate()));
  day.setUTCDate(day.getUTCDate() + 4 - (day.getUTCDay() || 7));
  return Math.ceil(((day.getTime() - Date.UTC(day.getUTCFullYear(), 0, 1)) / 864e5 + 1) / 7);
}

/** strftime in UTC; unknown directives stay as they are. */
export function strftime(format: string, ms: number): string {
  const t = new Date(ms);
  const hour12 = t.getUTCHours() % 12 || 12;
  const yearDay =
    Math.floor(
      (Date.UTC(t.getUTCFullYear(), t.getUTCMonth(), t.getUTCDate()) - Date.UTC(t.getUTCFullYear(), 0, 1)) / 864e5,
    ) + 1;
  const time = `${two(t.getUTCHours())}:${two(t.getUTCMinutes())}:${two(t.getUTCSeconds())}`;
  const day = `${t.getUTCFullYear()}-${two(t.getUTCMonth() + 1)}-${two(t.getUTCDate())}`;
  const nanos = String(Math.floor(ms % 1000)).padStart(3, '0') + '000000';
  const table: Record<string, string> = {
    Y: String(t.getUTCFullYear()),
    y: two(t.getUTCFullYear() % 100),
    C: two(Math.floor(t.getUTCFullYear() / 100)),
    m: two(t.getUTCMonth() + 1),
    d: two(t.getUTCDate()),
    e: String(t.getUTCDate()).padStart(2),
    H: two(t.getUTCHours()),
    I: two(hour12),
    k: String(t.getUTCHours()).padStart(2),
    l: String(hour12).padStart(2),
    M: two(t.getUTCMinutes()),
    S: two(t.getUTCSeconds()),
    N: nanos,
    s: String(Math.floor(ms / 1000)),
    p: t.getUTCHours() < 12 ? 'AM' : 'PM',
    P: t.getUTCHours() < 12 ? 'am' : 'pm',
    Z: 'UTC',
    z: '+0000',
    A: DAYS[t.getUTCDay()]!,
    a: DAYS[t.getUTCDay()]!.slice(0, 3),
    B: MONTHS[t.getUTCMonth()]!,
    b: MONTHS[t.getUTCMonth()]!.slice(0, 3),
    h: MONTHS[t.getUTCMonth()]!.slice(0, 3),
    j: String(yearDay).padStart(3, '0'),
    u: String(t.getUTCDay() || 7),
    w: String(t.getUTCDay()),
    V: two(isoWeek(t)),
    F: day,
    T: time,
    R: time.slice(0, 5),
    D: `${two(t.getUTCMonth() + 1)}/${two(t.getUTCDate())}/${two(t.getUTCFullYear() % 100)}`,
    n: '\n',
    t: '\t',
    '%': '%',
  };
  table.c = `${table.a} ${table.b} ${table.e} ${time} ${table.Y}`;
  table.x = table.D!;
  table.X = time;
  table.r = `${two(hour12)}:${two(t.getUTCMinutes())}:${two(t.getUTCSeconds())} ${table.p}`;
  return format.replace(
    /%(:z|([-_0^#]?)(\d*)([a-zA-Z%]))/g,
    (whole, all: string, flag: string, wide: string, letter: string) => {
      if (all === ':z') return '+00:00';
      const value = table[letter];
      if (value === undefined) return whole;
      if (letter === 'N' && wide) return nanos.slice(0, Number(wide));
      if (flag === '-') return value.replace(/^[ 0]+(?=.)/, '');
      return flag === '^' ? value.toUpperCase() : value;
    },
  );
}

/** `date -d` text to epoch ms, relative to `now`; undefined when it cannot be read. */
export function parseDate(text: string, now: number): number | undefined {
  let rest = text.trim();
  if (/^@-?\d+(\.\d+)?$/.test(rest)) return Number(rest.slice(1)) * 1000;
  let at = now;
  let shifted = false;
  const shift =
    /(?:^|\s)([+-]?\s*\d+|next|last|an?)?\s*(sec(?:ond)?|min(?:ute)?|hour|day|week|fortnight|month|year)s?(\s+ago)?(?=\s|$|[+-])/gi;
  const shifts: [number, string][] = [];
  rest = rest.replace(shift, (_, count: string | undefined, unit: string, ago: string | undefined) => {
    const words: Record<string, number> = { next: 1, last: -1, a: 1, an: 1 };
    const n = count === undefined ? 1 : (words[count.toLowerCase()] ?? Number(count.replace(/\s/g, '')));
    shifts.push([ago ? -n : n, unit.toLowerCase()]);
    shifted = true;
    return ' ';
  });
  const words: Record<string, number | undefined> = { now: 0, today: 0, yesterday: -1, tomorrow: 1 };
  rest = rest.replace(/\b(now|today|yesterday|tomorrow)\b/gi, (word) => {
    shifts.push([words[word.toLowerCase()] ?? 0, 'day']);
    shifted = true;
    return ' ';
  });
  rest = rest.trim();
  if (/^\d{1,2}:\d{2}(:\d{2})?$/.test(rest)) {
    const [h = 0, m = 0, s = 0] = rest.split(':').map(Number);
    at = Math.floor(now / 864e5) * 864e5 + ((h * 60 + m) * 60 + s) * 1000;
  } else if (rest !== '') {
    const zoned = /(Z|[+-]\d{2}:?\d{2}|UTC|GMT)$/.test(rest)
      ? rest
      : `${rest.replace(/^(\d{4}-\d{2}-\d{2}) (\d)/, '$1T$2')}${/\d:\d/.test(rest) || /^\d{4}-\d{2}-\d{2}$/.test(rest) ? (/:/.test(rest) ? 'Z' : '') : ' UTC'}`;
    at = Date.parse(zoned);
  } else if (!shifted) return undefined;
  if (Number.isNaN(at)) return undefined;
  for (const [n, unit] of shifts) {
    const t = new Date(at);
    if (unit === 'month') at = t.setUTCMonth(t.getUTCMonth() + n);
    else if (unit === 'year') at = t.setUTCFullYear(t.getUTCFullYear() + n);
    else at += n * UNITS[unit]!;
  }
  return at;
}

const ISO: Record<string, string> = {
  '': '%F',
  date: '%F',
  hours: '%FT%H%:z',
  minutes: '%FT%R%:z',
  seconds: '%FT%T%:z',
  s: '%FT%T%:z',
  ns: '%FT%T,%N%:z',
};

/** GNU date on the cluster's clock, always UTC. */
export const date: CommandBody = async (args, ctx, { time }) => {
  let at = time.now();
  let format = '%a %b %e %T %Z %Y';
  const queue = [...args];
  while (queue.length > 0) {
    const arg = queue.shift()!;
    if (arg === '-u' || arg === '--utc' || arg === '--universal') continue;
    const given =
      /^(?:-d|--date=)(.+)$/.exec(arg)?.[1] ?? (arg === '-d' || arg === '--date' ? queue.shift() : undefined);
    if (given !== undefined) {
      const parsed = parseDate(given, time.now());
      if (parsed === undefined) return result('', `date: invalid date ‘${given}’\n`, 1);
      at = parsed;
    } else if (arg === '-r') at = (await ctx.fs.stat(ctx.fs.resolvePath(ctx.cwd, queue.shift() ?? ''))).mtime.getTime();
    else if (arg === '-R' || arg === '--rfc-email') format = '%a, %d %b %Y %T %z';
    else if (/^(-I|--iso-8601)/.test(arg)) format = ISO[arg.replace(/^(-I|--iso-8601=?)/, '')] ?? '%F';
    else if (arg.startsWith('--rfc-3339=')) format = arg.endsWith('date') ? '%F' : '%F %T%:z';
    else if (arg.startsWith('+')) format = arg.slice(1);
    else if (arg === '-s' || arg.startsWith('--set'))
      return result('', 'date: cannot set date: Operation not permitted\n', 1);
    else
      return result(
        '',
        `date: invalid ${arg.startsWith('-') ? 'option' : 'date'} ${arg.startsWith('-') ? `-- '${arg.replace(/^-+/, '')}'\nTry 'date --help' for more information.` : `‘${arg}’`}\n`,
        1,
      );
  }
  return result(`${strftime(format, at)}\n`);
};
