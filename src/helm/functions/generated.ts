import { uuid } from '../../core/ids.ts';
import type { Prng } from '../../core/prng.ts';
import { type GoFunction, GoObject, type Value } from '../template/value.ts';
import { type FunctionTable, fn, text, toNumber, unsupported } from './table.ts';

/** What rendering may know of the outer world: a clock and a source of randomness. */
export interface Surroundings {
  nowMs: number;
  random: Prng;
}

class GoTime extends GoObject {
  readonly typeName = 'time.Time';
  constructor(readonly ms: number) {
    super();
  }
  override method(name: string): GoFunction | undefined {
    const date = new Date(this.ms);
    if (name === 'Unix') return fn('', () => BigInt(Math.floor(this.ms / 1000)));
    if (name === 'Year') return fn('', () => BigInt(date.getUTCFullYear()));
    if (name === 'Format') return fn('string', (layout: string) => formatTime(layout, this.ms));
    return undefined;
  }
  print(): string {
    return formatTime('2006-01-02 15:04:05 +0000 UTC', this.ms);
  }
}

const MONTHS = 'January February March April May June July August September October November December'.split(' ');
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');

/** time.Format in UTC for the common layout elements. */
function formatTime(layout: string, ms: number): string {
  const d = new Date(ms);
  const two = (n: number): string => String(n).padStart(2, '0');
  const month = MONTHS[d.getUTCMonth()] ?? '';
  const day = DAYS[d.getUTCDay()] ?? '';
  const hour12 = d.getUTCHours() % 12 || 12;
  const parts: Record<string, string> = {
    '2006': String(d.getUTCFullYear()),
    '06': two(d.getUTCFullYear() % 100),
    January: month,
    Jan: month.slice(0, 3),
    Monday: day,
    Mon: day.slice(0, 3),
    '01': two(d.getUTCMonth() + 1),
    '02': two(d.getUTCDate()),
    '15': two(d.getUTCHours()),
    '03': two(hour12),
    '04': two(d.getUTCMinutes()),
    '05': two(d.getUTCSeconds()),
    PM: d.getUTCHours() >= 12 ? 'PM' : 'AM',
    'Z07:00': 'Z',
    '-0700': '+0000',
    MST: 'UTC',
    '1': String(d.getUTCMonth() + 1),
    '2': String(d.getUTCDate()),
    '3': String(hour12),
  };
  return layout.replace(
    /2006|January|Jan|Monday|Mon|Z07:00|-0700|MST|PM|01|02|03|04|05|06|15|[123]/g,
    (p) => parts[p] ?? p,
  );
}

const millis = (value: Value): number =>
  value instanceof GoTime ? value.ms : typeof value === 'string' ? Date.parse(value) : toNumber(value) * 1000;

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
const DIGITS = '0123456789';

/** Functions whose result depends on time or chance: both come from `surroundings`, so renders repeat. */
export function generatedFunctions(surroundings: Surroundings): FunctionTable {
  const { random } = surroundings;
  const draw = (alphabet: string) =>
    fn('int', (n: bigint) => Array.from({ length: Number(n) }, () => alphabet[random.int(alphabet.length)]).join(''));
  const ascii = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join('');
  const date = (layout: string, value: Value): string => formatTime(layout, millis(value));
  const certificates = 'making keys and certificates takes a real random source';
  return {
    now: fn('', () => new GoTime(surroundings.nowMs)),
    date: fn('string any', date),
    dateInZone: fn('string any string', date),
    date_in_zone: fn('string any string', date),
    htmlDate: fn('any', (value: Value) => date('2006-01-02', value)),
    htmlDateInZone: fn('any string', (value: Value) => date('2006-01-02', value)),
    unixEpoch: fn('any', (value: Value) => text(BigInt(Math.floor(millis(value) / 1000)))),
    toDate: fn('string string', (_layout: string, value: string) => new GoTime(Date.parse(value))),
    mustToDate: fn('string string', (_layout: string, value: string) => new GoTime(Date.parse(value))),
    randAlphaNum: draw(LETTERS + DIGITS),
    randAlpha: draw(LETTERS),
    randNumeric: draw(DIGITS),
    randAscii: draw(ascii),
    randBytes: fn('int', (n: bigint) => Buffer.from(random.hex(Number(n) * 2), 'hex').toString('base64')),
    randInt: fn('int int', (low: bigint, high: bigint) => low + BigInt(random.int(Number(high - low)))),
    shuffle: fn('string', (s: string) => shuffle([...s], random).join('')),
    uuidv4: fn('', () => uuid(random)),
    ...Object.fromEntries(
      ['genPrivateKey', 'genCA', 'genCAWithKey', 'genSelfSignedCert', 'genSelfSignedCertWithKey', 'genSignedCert']
        .concat(['genSignedCertWithKey', 'buildCustomCert', 'encryptAES', 'decryptAES', 'bcrypt', 'htpasswd'])
        .map((name) => [name, unsupported(name, certificates)]),
    ),
    ...Object.fromEntries(
      ['dateModify', 'date_modify', 'mustDateModify', 'must_date_modify', 'duration', 'durationRound']
        .concat(['getHostByName'])
        .map((name) => [name, unsupported(name, 'rendering sees neither the machine nor its zone')]),
    ),
  };
}

function shuffle<T>(items: T[], random: Prng): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = random.int(i + 1);
    [items[i], items[j]] = [items[j] as T, items[i] as T];
  }
  return items;
}
