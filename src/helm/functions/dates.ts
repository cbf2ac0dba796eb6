import { FunctionError, type GoFunction, GoObject, intOf, isInt, type Value } from '../template/value.ts';
import { type FunctionTable, fn } from './table.ts';
import { durationText, formatTime, parseDuration, parseTime, UTC, type Zone, zoneAt } from './time-format.ts';

/** The zero of Go's clock. */
const ZERO_MS = -62_135_596_800_000;

/** A named number such as time.Month, which prints as its name. */
class Named extends GoObject {
  override readonly kind = 'int';
  constructor(
    readonly typeName: string,
    readonly name: string,
    readonly number: number,
  ) {
    super();
  }
  print(): string {
    return this.name;
  }
  override toJson(): number {
    return this.number;
  }
}

export class GoTime extends GoObject {
  readonly typeName = 'time.Time';
  constructor(
    readonly ms: number,
    readonly zone: Zone = UTC,
  ) {
    super();
  }

  override method(name: string): GoFunction | undefined {
    const date = new Date(this.ms + this.zone.seconds * 1000);
    const numbers: Record<string, number> = {
      Unix: Math.floor(this.ms / 1000),
      UnixMilli: this.ms,
      Year: date.getUTCFullYear(),
      Day: date.getUTCDate(),
      Hour: date.getUTCHours(),
      Minute: date.getUTCMinutes(),
      Second: date.getUTCSeconds(),
      YearDay: Number(formatTime('002', this.ms, this.zone)),
    };
    if (name in numbers) return fn('', () => BigInt(numbers[name] ?? 0));
    switch (name) {
      case 'Month':
        return fn('', () => new Named('time.Month', formatTime('January', this.ms, this.zone), date.getUTCMonth() + 1));
      case 'Weekday':
        return fn('', () => new Named('time.Weekday', formatTime('Monday', this.ms, this.zone), date.getUTCDay()));
      case 'Format':
        return fn('string', (layout: string) => formatTime(layout, this.ms, this.zone));
      case 'String':
        return fn('', () => this.print());
      case 'UTC':
      case 'Local':
        return fn('', () => new GoTime(this.ms));
      case 'IsZero':
        return fn('', () => this.ms === ZERO_MS);
      case 'AddDate':
        return fn('int int int', (years: bigint, months: bigint, days: bigint) => this.#addDate(years, months, days));
      case 'Before':
        return fn('time', (other: GoTime) => this.ms < other.ms);
      case 'After':
        return fn('time', (other: GoTime) => this.ms > other.ms);
      case 'Equal':
        return fn('time', (other: GoTime) => this.ms === other.ms);
      default:
        return undefined;
    }
  }

  #addDate(years: bigint, months: bigint, days: bigint): GoTime {
    const date = new Date(this.ms);
    date.setUTCFullYear(
      date.getUTCFullYear() + Number(years),
      date.getUTCMonth() + Number(months),
      date.getUTCDate() + Number(days),
    );
    return new GoTime(date.getTime());
  }

  print(): string {
    return formatTime('2006-01-02 15:04:05.999999999 -0700 MST', this.ms, this.zone);
  }
  override toJson(): string {
    return formatTime('2006-01-02T15:04:05.999999999Z07:00', this.ms, this.zone);
  }
}

/** sprig takes times and seconds; anything else is now. */
function momentOf(value: Value, nowMs: number): number {
  if (value instanceof GoTime) return value.ms;
  return isInt(value) ? Number(intOf(value)) * 1000 : nowMs;
}

function orZero(parse: () => number): number {
  try {
    return parse();
  } catch (error) {
    if (error instanceof FunctionError) return ZERO_MS;
    throw error;
  }
}

function duration(value: Value): string {
  if (isInt(value) && typeof value !== 'bigint') return durationText(Number(intOf(value)));
  return durationText(typeof value === 'string' && /^[+-]?\d+$/.test(value) ? Number(value) : 0);
}

const ROUND_UNITS: readonly [unit: string, seconds: number][] = [
  ['y', 365 * 86_400],
  ['mo', 30 * 86_400],
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
  ['s', 1],
];

function durationRound(value: Value, nowMs: number): string {
  let ns = 0;
  if (typeof value === 'string') {
    try {
      ns = parseDuration(value);
    } catch {
      ns = 0;
    }
  } else if (value instanceof GoTime) ns = (nowMs - value.ms) * 1e6;
  else if (isInt(value) && typeof value !== 'bigint') ns = Number(intOf(value));
  const seconds = Math.abs(ns) / 1e9;
  const unit = ROUND_UNITS.find(([, length]) => seconds > length);
  return unit ? `${Math.floor(seconds / unit[1])}${unit[0]}` : '0s';
}

/** Dates; the only clock is the one that rendering was given, the local zone is UTC. */
export function dateFunctions(nowMs: number): FunctionTable {
  const inZone = (layout: string, value: Value, zone: string): string => {
    const ms = momentOf(value, nowMs);
    return formatTime(layout, ms, zoneAt(zone, ms) ?? UTC);
  };
  const modify = (text: string, time: GoTime): GoTime => new GoTime(time.ms + parseDuration(text) / 1e6, time.zone);
  const modifyOrNot = (text: string, time: GoTime): GoTime => {
    try {
      return modify(text, time);
    } catch {
      return time;
    }
  };
  return {
    now: fn('', () => new GoTime(nowMs)),
    ago: fn('any', (value: Value) => durationText(Math.round((nowMs - momentOf(value, nowMs)) / 1000))),
    date: fn('string any', (layout: string, value: Value) => inZone(layout, value, 'Local')),
    dateInZone: fn('string any string', inZone),
    date_in_zone: fn('string any string', inZone),
    htmlDate: fn('any', (value: Value) => inZone('2006-01-02', value, 'Local')),
    htmlDateInZone: fn('any string', (value: Value, zone: string) => inZone('2006-01-02', value, zone)),
    dateModify: fn('string time', modifyOrNot),
    date_modify: fn('string time', modifyOrNot),
    mustDateModify: fn('string time', modify),
    must_date_modify: fn('string time', modify),
    duration: fn('any', duration),
    durationRound: fn('any', (value: Value) => durationRound(value, nowMs)),
    unixEpoch: fn('time', (time: GoTime) => String(Math.floor(time.ms / 1000))),
    toDate: fn('string string', (layout: string, value: string) => new GoTime(orZero(() => parseTime(layout, value)))),
    mustToDate: fn('string string', (layout: string, value: string) => new GoTime(parseTime(layout, value))),
  };
}
