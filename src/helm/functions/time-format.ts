import { FunctionError } from '../template/value.ts';

/** Days and months of Go's layouts; times are UTC fields of `ms` moved by the zone's offset. */
const MONTHS = 'January February March April May June July August September October November December'.split(' ');
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');

/** An offset from UTC with the zone's short name. */
export interface Zone {
  seconds: number;
  name: string;
}

export const UTC: Zone = { seconds: 0, name: 'UTC' };

/** Elements of a layout, the longer before the shorter. */
const ELEMENT =
  /January|Jan|Monday|Mon|MST|2006|__2|002|01|02|03|04|05|06|-07:00:00|-070000|-07:00|-0700|-07|Z07:00:00|Z070000|Z07:00|Z0700|Z07|_2|15|PM|pm|[.,]0+(?![0-9])|[.,]9+(?![0-9])|[1-5]/g;

const two = (n: number): string => String(n).padStart(2, '0');

function dayOfYear(date: Date): number {
  return (
    Math.floor(
      (Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()) - Date.UTC(date.getUTCFullYear(), 0, 1)) /
        86_400_000,
    ) + 1
  );
}

function offsetText(seconds: number, element: string): string {
  if (element.startsWith('Z') && seconds === 0) return 'Z';
  const abs = Math.abs(seconds);
  const colon = element.includes(':') ? ':' : '';
  const parts = [two(Math.floor(abs / 3600))];
  if (element.length > 3) parts.push(two(Math.floor(abs / 60) % 60));
  if (element.length > 6) parts.push(two(abs % 60));
  return (seconds < 0 ? '-' : '+') + parts.join(colon);
}

function fraction(ms: number, element: string): string {
  const digits = String(((ms % 1000) + 1000) % 1000)
    .padStart(3, '0')
    .padEnd(9, '0')
    .slice(0, element.length - 1);
  const cut = element[1] === '9' ? digits.replace(/0+$/, '') : digits;
  return cut === '' ? '' : (element[0] ?? '') + cut.padEnd(element[1] === '0' ? element.length - 1 : 0, '0');
}

/** time.Format. */
export function formatTime(layout: string, ms: number, zone: Zone = UTC): string {
  const d = new Date(ms + zone.seconds * 1000);
  const [year, month, day, hour] = [d.getUTCFullYear(), d.getUTCMonth(), d.getUTCDate(), d.getUTCHours()];
  const hour12 = hour % 12 || 12;
  const fixed: Record<string, string> = {
    '2006': String(year).padStart(4, '0'),
    '06': two(year % 100),
    January: MONTHS[month] ?? '',
    Jan: (MONTHS[month] ?? '').slice(0, 3),
    Monday: DAYS[d.getUTCDay()] ?? '',
    Mon: (DAYS[d.getUTCDay()] ?? '').slice(0, 3),
    '01': two(month + 1),
    '1': String(month + 1),
    '02': two(day),
    _2: String(day).padStart(2),
    '2': String(day),
    '002': String(dayOfYear(d)).padStart(3, '0'),
    __2: String(dayOfYear(d)).padStart(3),
    '15': two(hour),
    '03': two(hour12),
    '3': String(hour12),
    '04': two(d.getUTCMinutes()),
    '4': String(d.getUTCMinutes()),
    '05': two(d.getUTCSeconds()),
    '5': String(d.getUTCSeconds()),
    PM: hour >= 12 ? 'PM' : 'AM',
    pm: hour >= 12 ? 'pm' : 'am',
    MST: zone.name,
  };
  return layout.replace(ELEMENT, (element) => {
    if (fixed[element] !== undefined) return fixed[element] ?? '';
    return /^[.,]/.test(element) ? fraction(ms, element) : offsetText(zone.seconds, element);
  });
}

/** How package time quotes in its errors. */
function quoted(text: string): string {
  const bytes = [...Buffer.from(text)].map((byte) => {
    const ch = String.fromCharCode(byte);
    if (ch === '"' || ch === '\\') return `\\${ch}`;
    return byte < 0x20 || byte >= 0x80 ? `\\x${byte.toString(16).padStart(2, '0')}` : ch;
  });
  return `"${bytes.join('')}"`;
}

interface Fields {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  ms: number;
  afternoon?: boolean;
  offset: number;
}

/** time.Parse in UTC: milliseconds, or FunctionError in its words. */
export function parseTime(layout: string, value: string): number {
  const fields: Fields = { year: 0, month: 1, day: 1, hour: 0, minute: 0, second: 0, ms: 0, offset: 0 };
  let rest = value;
  const fail = (element: string, message = ''): never => {
    const cannot = message ? '' : ` as ${quoted(layout)}: cannot parse ${quoted(rest)} as ${quoted(element)}`;
    throw new FunctionError(`parsing time ${quoted(value)}${cannot}${message}`);
  };
  const literal = (text: string): void => {
    if (!rest.startsWith(text)) fail(text);
    rest = rest.slice(text.length);
  };
  let last = 0;
  for (const match of layout.matchAll(ELEMENT)) {
    literal(layout.slice(last, match.index));
    last = match.index + match[0].length;
    const taken = takeElement(match[0], rest, fields);
    if (taken === undefined) fail(match[0]);
    if (typeof taken === 'string') fail('', `: ${taken} out of range`);
    rest = rest.slice(Number(taken));
  }
  literal(layout.slice(last));
  if (rest !== '') fail('', `: extra text: ${quoted(rest)}`);
  if (fields.afternoon === true && fields.hour < 12) fields.hour += 12;
  if (fields.afternoon === false && fields.hour === 12) fields.hour = 0;
  const { year, month, day, hour, minute, second, ms, offset } = fields;
  if (day < 1 || day > new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate()) fail('', ': day out of range');
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second, ms);
  return date.getTime() - offset * 1000;
}

const NUMBERS: Record<
  string,
  [field: 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second', pattern: RegExp, max: number, name: string]
> = {
  '2006': ['year', /^\d{4}/, 9999, 'year'],
  '01': ['month', /^\d\d/, 12, 'month'],
  '1': ['month', /^\d{1,2}/, 12, 'month'],
  '02': ['day', /^\d\d/, 99, 'day'],
  _2: ['day', /^ ?\d{1,2}/, 99, 'day'],
  '2': ['day', /^\d{1,2}/, 99, 'day'],
  '15': ['hour', /^\d{1,2}/, 23, 'hour'],
  '03': ['hour', /^\d\d/, 12, 'hour'],
  '3': ['hour', /^\d{1,2}/, 12, 'hour'],
  '04': ['minute', /^\d\d/, 59, 'minute'],
  '4': ['minute', /^\d{1,2}/, 59, 'minute'],
  '05': ['second', /^\d\d/, 59, 'second'],
  '5': ['second', /^\d{1,2}/, 59, 'second'],
};

/** How many characters the element takes; undefined when it does not fit, a field's name when it is out of range. */
function takeElement(element: string, rest: string, fields: Fields): number | string | undefined {
  const number = NUMBERS[element];
  if (number) return takeNumber(number, rest, fields, element);
  const names: Record<string, [readonly string[], number | undefined]> = {
    January: [MONTHS, undefined],
    Jan: [MONTHS, 3],
    Monday: [DAYS, undefined],
    Mon: [DAYS, 3],
  };
  const named = names[element];
  if (named) {
    const [words, length] = named;
    const at = words.findIndex((word) => rest.toLowerCase().startsWith(word.slice(0, length).toLowerCase()));
    if (at < 0) return undefined;
    if (words === MONTHS) fields.month = at + 1;
    return (words[at] ?? '').slice(0, length).length;
  }
  if (element === '06') {
    const digits = /^\d\d/.exec(rest)?.[0];
    if (digits === undefined) return undefined;
    fields.year = Number(digits) + (Number(digits) >= 69 ? 1900 : 2000);
    return 2;
  }
  if (element === 'PM' || element === 'pm') {
    const mark = /^[AP]M/i.exec(rest)?.[0];
    if (mark !== undefined) fields.afternoon = mark.toUpperCase() === 'PM';
    return mark?.length;
  }
  if (element === 'MST') return /^[A-Z]{3,4}/.exec(rest)?.[0].length;
  if (/^[.,]/.test(element)) return takeFraction(element, rest, fields);
  return takeOffset(element, rest, fields);
}

function takeNumber(
  [field, pattern, max, name]: NonNullable<(typeof NUMBERS)[string]>,
  rest: string,
  fields: Fields,
  element: string,
): number | string | undefined {
  const digits = pattern.exec(rest)?.[0];
  if (digits === undefined) return undefined;
  const value = Number(digits);
  if (value > max || (field === 'month' && value === 0)) return name;
  fields[field] = value;
  if (field !== 'second') return digits.length;
  // a fraction may follow the seconds even where the layout has none
  const fractional = /^[.,]\d+/.exec(rest.slice(digits.length))?.[0];
  if (fractional === undefined || element === '') return digits.length;
  fields.ms = Math.floor(Number(`0.${fractional.slice(1)}`) * 1000);
  return digits.length + fractional.length;
}

function takeFraction(element: string, rest: string, fields: Fields): number | undefined {
  const digits = /^[.,]\d+/.exec(rest)?.[0];
  if (digits === undefined) return element[1] === '9' ? 0 : fields.ms > 0 ? 0 : undefined;
  fields.ms = Math.floor(Number(`0.${digits.slice(1)}`) * 1000);
  return digits.length;
}

function takeOffset(element: string, rest: string, fields: Fields): number | undefined {
  if (element.startsWith('Z') && rest.startsWith('Z')) return 1;
  const colon = element.includes(':') ? ':' : '';
  const pattern = new RegExp(
    `^([+-])(\\d\\d)${element.length > 3 ? `${colon}(\\d\\d)` : ''}${element.length > 6 ? `${colon}(\\d\\d)` : ''}`,
  );
  const match = pattern.exec(rest);
  if (!match) return undefined;
  const seconds = Number(match[2]) * 3600 + Number(match[3] ?? 0) * 60 + Number(match[4] ?? 0);
  fields.offset = match[1] === '-' ? -seconds : seconds;
  return match[0].length;
}

const UNIT_NS: Record<string, number> = { ns: 1, us: 1e3, µs: 1e3, μs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };

/** time.ParseDuration in nanoseconds, or FunctionError in its words. */
export function parseDuration(text: string): number {
  const shown = JSON.stringify(text);
  let rest = text.replace(/^[+-]/, '');
  if (rest === '0') return 0;
  if (rest === '') throw new FunctionError(`time: invalid duration ${shown}`);
  let total = 0;
  while (rest !== '') {
    const amount = /^(\d+\.?\d*|\.\d+)/.exec(rest)?.[0];
    if (amount === undefined) throw new FunctionError(`time: invalid duration ${shown}`);
    rest = rest.slice(amount.length);
    const unit = /^[^0-9.]*/.exec(rest)?.[0] ?? '';
    if (unit === '') throw new FunctionError(`time: missing unit in duration ${shown}`);
    const factor = UNIT_NS[unit];
    if (factor === undefined)
      throw new FunctionError(`time: unknown unit ${JSON.stringify(unit)} in duration ${shown}`);
    total += Number(amount) * factor;
    rest = rest.slice(unit.length);
  }
  return text.startsWith('-') ? -total : total;
}

/** time.Duration's String for whole seconds. */
export function durationText(seconds: number): string {
  const abs = Math.abs(seconds);
  const sign = seconds < 0 ? '-' : '';
  if (abs < 60) return `${sign}${abs}s`;
  const [hours, minutes] = [Math.floor(abs / 3600), Math.floor(abs / 60) % 60];
  return `${sign}${hours > 0 ? `${hours}h` : ''}${minutes}m${abs % 60}s`;
}

/** The zone's offset at a moment; undefined for a zone that does not exist. */
export function zoneAt(name: string, ms: number): Zone | undefined {
  if (['UTC', 'Local', ''].includes(name)) return UTC;
  try {
    const parts = (style: 'longOffset' | 'short'): string =>
      new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: style })
        .formatToParts(ms)
        .find((part) => part.type === 'timeZoneName')?.value ?? '';
    const match = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?/.exec(parts('longOffset'));
    const seconds = Number(match?.[2] ?? 0) * 3600 + Number(match?.[3] ?? 0) * 60 + Number(match?.[4] ?? 0);
    const signed = match?.[1] === '-' ? -seconds : seconds;
    return { seconds: signed, name: ZONE_NAMES[name]?.(signed) ?? shortName(parts('short'), signed) };
  } catch {
    return undefined;
  }
}

const central = (seconds: number): string => (seconds === 7200 ? 'CEST' : 'CET');

/** Names that Go's zone data has and the short English ones lack. */
const ZONE_NAMES: Record<string, (seconds: number) => string> = {
  ...Object.fromEntries(
    'Berlin Paris Madrid Rome Amsterdam Brussels Vienna Zurich Prague Warsaw Stockholm Oslo Copenhagen Budapest'
      .split(' ')
      .map((city) => [`Europe/${city}`, central]),
  ),
  'Europe/London': (seconds) => (seconds === 3600 ? 'BST' : 'GMT'),
  'Asia/Tokyo': () => 'JST',
  'Asia/Shanghai': () => 'CST',
  'Asia/Kolkata': () => 'IST',
  'Europe/Moscow': () => 'MSK',
  'Australia/Sydney': (seconds) => (seconds === 39600 ? 'AEDT' : 'AEST'),
};

function shortName(given: string, seconds: number): string {
  if (/^[A-Z]{3,4}$/.test(given)) return given;
  const abs = Math.abs(seconds);
  const minutes = Math.floor(abs / 60) % 60;
  return `${seconds < 0 ? '-' : '+'}${two(Math.floor(abs / 3600))}${minutes ? two(minutes) : ''}`;
}
