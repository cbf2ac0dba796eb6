import { textOf } from '../../../core/bytes.ts';
import { CommandError, getopt, value } from '../command.ts';
import { gnuOptions } from '../gnu/options.ts';
import { contents, type Made } from './sources.ts';

const LONG = { decode: 'd', wrap: 'w', 'ignore-garbage': 'i' };

export const base64: Made = (make) =>
  function* (ctx) {
    const options = make === 'gnu' ? gnuOptions('base64', ctx.args, 'dDw:i', LONG) : getopt(ctx.args, 'dDw:', LONG);
    const failed = { code: 0 };
    const width = Number(value(options, 'w') ?? 76);
    if (!Number.isInteger(width) || width < 0) throw new CommandError(`invalid wrap size: ‘${value(options, 'w')}’`);
    for (const { bytes } of yield* contents(ctx, options.rest.slice(0, 1), failed)) {
      if (!options.flags.has('d') && !options.flags.has('D')) {
        const encoded = bytes.toString('base64');
        ctx.out(width === 0 ? encoded : encoded.replace(new RegExp(`.{1,${width}}`, 'g'), '$&\n'));
        continue;
      }
      const text = textOf(bytes).replace(options.flags.has('i') ? /[^A-Za-z0-9+/=]/g : /\n/g, '');
      const { good, whole } = decodable(text, make === 'busybox');
      // a text may be several encodings, each with its own padding
      ctx.out(textOf(Buffer.concat(good.split(/(?<==)(?!=)/).map((part) => Buffer.from(part, 'base64')))));
      if (whole) continue;
      if (make === 'gnu') ctx.err('invalid input');
      else if (good !== '') ctx.err('truncated input');
      failed.code = make === 'gnu' || good !== '' ? 1 : failed.code;
    }
    return failed.code;
  };

/** The part of an encoding that can be decoded. GNU takes what bits there are of a last group, busybox only whole groups. */
function decodable(text: string, wholeGroups: boolean): { good: string; whole: boolean } {
  const clean = wholeGroups ? text.replace(/[^A-Za-z0-9+/=]/g, '') : text;
  let at = 0;
  for (;;) {
    const group = /^[A-Za-z0-9+/]{4}|^[A-Za-z0-9+/]{3}=|^[A-Za-z0-9+/]{2}==/.exec(clean.slice(at, at + 4));
    if (!group) break;
    at += 4;
  }
  const rest = clean.slice(at);
  if (rest === '') return { good: clean, whole: true };
  const letters = /^[A-Za-z0-9+/]{0,3}/.exec(rest)?.[0] ?? '';
  return { good: clean.slice(0, at) + (wholeGroups ? '' : letters), whole: false };
}
