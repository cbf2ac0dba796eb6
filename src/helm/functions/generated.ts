import { uuid } from '../../core/ids.ts';
import type { Prng } from '../../core/prng.ts';
import { type FunctionTable, fail, fn } from './table.ts';

/** What rendering may know of the outer world: a clock and a source of randomness. */
export interface Surroundings {
  nowMs: number;
  random: Prng;
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
const DIGITS = '0123456789';

/** Functions whose result depends on time or chance: both come from `surroundings`, so renders repeat. */
export function generatedFunctions(surroundings: Surroundings): FunctionTable {
  const { random } = surroundings;
  const draw = (alphabet: string) =>
    fn('int', (n: bigint) => Array.from({ length: Number(n) }, () => alphabet[random.int(alphabet.length)]).join(''));
  const ascii = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join('');
  return {
    randAlphaNum: draw(LETTERS + DIGITS),
    randAlpha: draw(LETTERS),
    randNumeric: draw(DIGITS),
    randAscii: draw(ascii),
    randBytes: fn('int', (n: bigint) => Buffer.from(random.hex(Number(n) * 2), 'hex').toString('base64')),
    randInt: fn('int int', (low: bigint, high: bigint) =>
      high <= low ? fail('invalid argument to Intn') : low + BigInt(random.int(Number(high - low))),
    ),
    shuffle: fn('string', (s: string) => shuffle([...s], random).join('')),
    uuidv4: fn('', () => uuid(random)),
    // no look-ups while rendering, as without --enable-dns
    getHostByName: fn('string', () => ''),
  };
}

function shuffle<T>(items: T[], random: Prng): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = random.int(i + 1);
    [items[i], items[j]] = [items[j] as T, items[i] as T];
  }
  return items;
}
