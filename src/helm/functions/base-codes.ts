import { bytesOf } from '../../core/bytes.ts';
import { fail } from './table.ts';

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

export function encodeBase32(value: string): string {
  const bits = [...bytesOf(value)].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const groups = bits.match(/.{1,5}/g) ?? [];
  const out = groups.map((group) => BASE32[Number.parseInt(group.padEnd(5, '0'), 2)]).join('');
  return out.padEnd(Math.ceil(out.length / 8) * 8, '=');
}

/** Go's StdEncoding: line ends are skipped, padding is due; what does not fit is named with its place in bytes. */
export function decodeBase(value: string, base: 64 | 32): Buffer {
  const alphabet = base === 64 ? BASE64 : BASE32;
  const [group, width] = base === 64 ? [4, 6] : [8, 5];
  const bytes = Buffer.from(value).toString('latin1');
  const wrong = (at: number): never => fail(`illegal base${base} data at input byte ${at}`);
  let bits = '';
  let count = 0;
  let groupStart = 0;
  for (let at = 0; at < bytes.length; at++) {
    const ch = bytes[at] ?? '';
    if (ch === '\n' || ch === '\r') continue;
    if (ch === '=') {
      padding(bytes, at, count % group, group, wrong);
      return whole(bits);
    }
    const digit = alphabet.indexOf(ch);
    if (digit < 0) wrong(at);
    if (count % group === 0) groupStart = at;
    bits += digit.toString(2).padStart(width, '0');
    count++;
  }
  // Go reports an unfinished group at its last character, base32 at its first
  if (count % group !== 0) wrong(base === 64 ? bytes.replace(/[\r\n]/g, '').length - (count % group) : groupStart);
  return whole(bits);
}

function padding(bytes: string, at: number, given: number, group: number, wrong: (at: number) => never): void {
  const allowed = group === 4 ? [2, 3] : [2, 4, 5, 7];
  if (!allowed.includes(given)) wrong(at);
  let next = at;
  for (let missing = group - given; missing > 0; next++) {
    const ch = bytes[next];
    if (ch === '\n' || ch === '\r') continue;
    if (ch !== '=') wrong(next >= bytes.length ? bytes.length : next);
    missing--;
  }
  const rest = bytes.slice(next).search(/[^\r\n]/);
  if (rest >= 0) wrong(next + rest);
}

function whole(bits: string): Buffer {
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}
