import { bytesOf, textOf } from './bytes.ts';

/**
 * The tar format as kubectl cp, helm and the containers' tar speak it: ustar headers (POSIX.1-1988), read also with pax
 * path records and GNU long names. Sizes are bytes.
 */
export interface TarEntry {
  /** Path as stored; directories end with a slash. */
  name: string;
  type: 'file' | 'dir' | 'symlink';
  mode: number;
  mtimeMs: number;
  data: Uint8Array;
  /** Where a symbolic link points to. */
  target?: string;
}

const BLOCK = 512;
/** Writers fill the archive up to a record of 20 blocks. */
const RECORD = 20 * BLOCK;

/** The bytes are no tar archive, or end too early. */
export class TarError extends Error {
  override readonly name = 'TarError';
  constructor(readonly code: 'empty' | 'short' | 'invalid') {
    super(`tar archive is ${code}`);
  }
}

const TYPE_FLAGS = { file: '0', dir: '5', symlink: '2' } as const;

/** Packs entries into an archive. Names of more than 100 bytes are split at a slash; longer ones go into a pax record. */
export function packTar(entries: readonly TarEntry[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const entry of entries) {
    const split = splitName(entry.name);
    if (!split) {
      const record = bytesOf(paxRecord('path', entry.name));
      parts.push(header({ ...entry, name: 'pax_header', data: record }, 'x', { name: 'pax_header', prefix: '' }));
      parts.push(padded(record));
    }
    parts.push(header(entry, TYPE_FLAGS[entry.type], split ?? { name: cut(entry.name, 100), prefix: '' }));
    if (entry.type === 'file') parts.push(padded(entry.data));
  }
  const used = parts.reduce((sum, part) => sum + part.length, 0) + 2 * BLOCK;
  const out = new Uint8Array(Math.ceil(used / RECORD) * RECORD);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Reads an archive; throws {@link TarError}. Devices and other special members are left out. */
export function unpackTar(bytes: Uint8Array): TarEntry[] {
  if (bytes.length === 0) throw new TarError('empty');
  if (bytes.length < BLOCK) throw new TarError('short');
  const out: TarEntry[] = [];
  let longName: string | undefined;
  for (let at = 0; at + BLOCK <= bytes.length; ) {
    const block = bytes.subarray(at, at + BLOCK);
    if (block.every((byte) => byte === 0)) break;
    if (checksum(block) !== octal(block, 148, 8)) throw new TarError('invalid');
    const size = octal(block, 124, 12);
    const data = bytes.subarray(at + BLOCK, at + BLOCK + size);
    if (data.length < size) throw new TarError('short');
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    const flag = String.fromCharCode(block[156] as number);
    if (flag === 'x' || flag === 'L') {
      longName = flag === 'L' ? text(data, 0, data.length) : paxPath(textOf(data));
      continue;
    }
    const prefix = text(block, 257, 5) === 'ustar' ? text(block, 345, 155) : '';
    const name = longName ?? (prefix ? `${prefix}/` : '') + text(block, 0, 100);
    longName = undefined;
    const type = flag === '5' || name.endsWith('/') ? 'dir' : flag === '2' ? 'symlink' : 'file';
    if (flag !== '\0' && flag !== '0' && flag !== '7' && type === 'file') continue;
    const target = type === 'symlink' ? text(block, 157, 100) : undefined;
    out.push({ name, type, mode: octal(block, 100, 8) & 0o7777, mtimeMs: octal(block, 136, 12) * 1000, data, target });
  }
  return out;
}

function header(entry: TarEntry, flag: string, place: { name: string; prefix: string }): Uint8Array {
  const block = new Uint8Array(BLOCK);
  const put = (at: number, value: string): void => block.set(bytesOf(value), at);
  const number = (at: number, width: number, value: number): void =>
    put(at, `${value.toString(8).padStart(width - 1, '0')}\0`);
  put(0, place.name);
  number(100, 8, entry.mode & 0o7777);
  number(108, 8, 0);
  number(116, 8, 0);
  number(124, 12, flag === '0' || flag === 'x' ? entry.data.length : 0);
  number(136, 12, Math.max(0, Math.floor(entry.mtimeMs / 1000)));
  put(156, flag);
  put(157, cut(entry.target ?? '', 100));
  put(257, 'ustar\u000000');
  put(265, 'root');
  put(297, 'root');
  put(345, place.prefix);
  put(148, `${checksum(block).toString(8).padStart(6, '0')}\0 `);
  return block;
}

/** Sum of the header's bytes, its own field taken as spaces. */
function checksum(block: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < BLOCK; i++) sum += i >= 148 && i < 156 ? 32 : (block[i] as number);
  return sum;
}

function splitName(name: string): { name: string; prefix: string } | undefined {
  if (bytesOf(name).length <= 100) return { name, prefix: '' };
  for (let at = name.indexOf('/'); at >= 0; at = name.indexOf('/', at + 1)) {
    const [prefix, rest] = [name.slice(0, at), name.slice(at + 1)];
    if (rest !== '' && bytesOf(prefix).length <= 155 && bytesOf(rest).length <= 100) return { name: rest, prefix };
  }
  return undefined;
}

/** `LENGTH KEY=VALUE\n`, where LENGTH counts the whole record. */
function paxRecord(key: string, value: string): string {
  const body = bytesOf(` ${key}=${value}\n`).length;
  let length = body + String(body).length;
  if (body + String(length).length !== length) length = body + String(length).length;
  return `${length} ${key}=${value}\n`;
}

function paxPath(records: string): string | undefined {
  return /(?:^|\n)\d+ path=(.*)\n/.exec(records)?.[1];
}

function padded(data: Uint8Array): Uint8Array {
  const out = new Uint8Array(Math.ceil(data.length / BLOCK) * BLOCK);
  out.set(data);
  return out;
}

function octal(block: Uint8Array, at: number, width: number): number {
  const first = block[at] as number;
  if (first >= 0x80) {
    // GNU's base-256 for numbers too large for octal
    let value = first & 0x7f;
    for (let i = 1; i < width; i++) value = value * 256 + (block[at + i] as number);
    return value;
  }
  return Number.parseInt(text(block, at, width).trim() || '0', 8);
}

function text(block: Uint8Array, at: number, width: number): string {
  const part = block.subarray(at, at + width);
  const end = part.indexOf(0);
  return textOf(end < 0 ? part : part.subarray(0, end));
}

function cut(value: string, bytes: number): string {
  return textOf(bytesOf(value).subarray(0, bytes));
}
