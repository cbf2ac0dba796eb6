import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  byteLength,
  bytesOf,
  joined,
  latinOf,
  ofLatin,
  readable,
  TextStream,
  textOf,
  unveiled,
  veiled,
} from '../../../src/core/bytes.ts';

/** Bytes in which sequences of UTF-8, cut and forbidden ones, are frequent. */
const pieces = fc.constantFrom(
  ...[
    '41',
    '00',
    'ff',
    'c3a9',
    'c3',
    'e282ac',
    'e282',
    'f09f9880',
    'f09f98',
    'eda080',
    'c0af',
    'efbfbd',
    'f4908080',
    '80',
  ],
);
const mixed = fc.array(pieces).map((parts) => Buffer.from(parts.join(''), 'hex'));

describe('bytes in text', () => {
  it('come out as they went in', () => {
    fc.assert(
      fc.property(fc.oneof(mixed, fc.uint8Array({ maxLength: 60 })), (given) => {
        const text = textOf(given);
        const bytes = Buffer.from(given);
        expect(bytesOf(text)).toEqual(bytes);
        expect(byteLength(text)).toBe(bytes.length);
        expect(readable(text)).toBe(bytes.toString('utf8'));
        expect(ofLatin(latinOf(text))).toBe(text);
        expect(unveiled(veiled(text))).toBe(text);
        expect(veiled(text)).not.toMatch(/\p{Surrogate}/u);
      }),
    );
  });

  it('are the same text however they are cut', () => {
    fc.assert(
      fc.property(mixed, fc.infiniteStream(fc.integer({ min: 1, max: 5 })), (bytes, sizes) => {
        const stream = new TextStream();
        let text = '';
        for (let at = 0; at < bytes.length; ) {
          const size = sizes.next().value ?? 1;
          text += stream.push(bytes.subarray(at, at + size));
          at += size;
        }
        expect(text + stream.end()).toBe(textOf(bytes));
      }),
    );
  });

  it('become characters when they are put together', () => {
    expect(joined(textOf(Buffer.from([0xc3])) + textOf(Buffer.from([0xa9])))).toBe('é');
    expect(textOf(Buffer.from('grüße 😀\ufffd'))).toBe('grüße 😀\ufffd');
    expect(bytesOf('a\ud83d')).toEqual(Buffer.from('a\ufffd'));
  });
});
