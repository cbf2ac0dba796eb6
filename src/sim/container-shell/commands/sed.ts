import { type Command, type CommandContext, CommandError, getopt, inputs, lines } from '../command.ts';
import { posixRegExp } from '../regex.ts';

interface Address {
  line?: number;
  last?: boolean;
  pattern?: RegExp;
}

interface SedCommand {
  from?: Address;
  to?: Address;
  negated: boolean;
  name: string;
  pattern?: RegExp;
  text: string;
  flags: string;
  active: boolean;
}

/** sed with the commands people type: s, d, p, q, =, a, i, c, y; addresses, ranges and `!`. */
function* sed(ctx: CommandContext) {
  const options = getopt(ctx.args, 'nErie:f:s', {
    quiet: 'n',
    'regexp-extended': 'E',
    'in-place': 'i',
    expression: 'e',
  });
  const { flags, rest } = options;
  const script = options.values.get('e')?.join('\n') ?? rest.shift();
  if (script === undefined) throw new CommandError('no script');
  const extended = flags.has('E') || flags.has('r');
  const failed = { code: 0 };
  for (const { name, text } of yield* inputs(ctx, rest, failed)) {
    const out = edit(parseSed(script, extended), text, flags.has('n'));
    if (flags.has('i') && name !== '-') ctx.os.fs.write(ctx.path(name), out);
    else ctx.out(out);
  }
  return failed.code;
}

function parseSed(script: string, extended: boolean): SedCommand[] {
  const out: SedCommand[] = [];
  let at = 0;
  const until = (delimiter: string): string => {
    let text = '';
    for (at++; at < script.length && script[at] !== delimiter; at++) {
      if (script[at] === '\\' && script[at + 1] === delimiter) at++;
      else if (script[at] === '\\') text += script[at++];
      text += script[at] ?? '';
    }
    return text;
  };
  const address = (): Address | undefined => {
    const number = /^\d+/.exec(script.slice(at));
    if (number) {
      at += number[0].length;
      return { line: Number(number[0]) };
    }
    if (script[at] === '$') {
      at++;
      return { last: true };
    }
    if (script[at] !== '/') return undefined;
    const pattern = posixRegExp(until('/'), extended);
    at++;
    return { pattern };
  };
  while (at < script.length) {
    while (/[\s;]/.test(script[at] ?? '')) at++;
    if (at >= script.length) break;
    const command: SedCommand = { negated: false, name: '', text: '', flags: '', active: false };
    command.from = address();
    if (script[at] === ',') {
      at++;
      command.to = address();
    }
    while (script[at] === ' ') at++;
    if (script[at] === '!') {
      command.negated = true;
      at++;
    }
    command.name = script[at++] ?? '';
    if (command.name === 's' || command.name === 'y') {
      const delimiter = script[at] as string;
      const source = until(delimiter);
      command.text = until(delimiter);
      if (script[at] !== delimiter) throw new CommandError(`unmatched '${delimiter}'`);
      at++;
      command.flags = /^[gpiI\d]*/.exec(script.slice(at))?.[0] ?? '';
      at += command.flags.length;
      if (command.name === 's')
        command.pattern = posixRegExp(source, extended, `g${/i/i.test(command.flags) ? 'i' : ''}`);
      else command.flags = source;
    } else if ('aic'.includes(command.name)) {
      const end = script.indexOf('\n', at);
      command.text = script.slice(at, end < 0 ? undefined : end).replace(/^\s*\\?\s*/, '');
      at = end < 0 ? script.length : end;
    } else if (!'dpq='.includes(command.name)) throw new CommandError(`unsupported command ${command.name}`);
    out.push(command);
  }
  return out;
}

function selects(command: SedCommand, line: string, number: number, last: boolean): boolean {
  const hit = (address: Address): boolean =>
    address.line !== undefined ? address.line === number : address.last ? last : (address.pattern?.test(line) ?? false);
  if (!command.from) return true;
  if (!command.to) return hit(command.from) !== command.negated;
  if (!command.active && hit(command.from)) {
    command.active = !(command.to.line !== undefined && command.to.line <= number);
    return !command.negated;
  }
  if (!command.active) return command.negated;
  if (hit(command.to)) command.active = false;
  return !command.negated;
}

function edit(commands: SedCommand[], text: string, quiet: boolean): string {
  const all = lines(text);
  let out = '';
  for (const [i, original] of all.entries()) {
    let line = original;
    let after = '';
    let shown = !quiet;
    let quit = false;
    for (const command of commands) {
      if (!selects(command, line, i + 1, i === all.length - 1)) continue;
      if (command.name === 's') {
        const result = substitute(command, line);
        if (result !== undefined) {
          line = result;
          if (command.flags.includes('p')) out += `${line}\n`;
        }
      } else if (command.name === 'y')
        line = [...line]
          .map((char) => (command.flags.includes(char) ? (command.text[command.flags.indexOf(char)] ?? char) : char))
          .join('');
      else if (command.name === 'p') out += `${line}\n`;
      else if (command.name === '=') out += `${i + 1}\n`;
      else if (command.name === 'i') out += `${command.text}\n`;
      else if (command.name === 'a') after += `${command.text}\n`;
      else if (command.name === 'q') quit = true;
      else {
        if (command.name === 'c') out += `${command.text}\n`;
        shown = false;
        break;
      }
    }
    if (shown) out += `${line}\n`;
    out += after;
    if (quit) break;
  }
  return out;
}

function substitute(command: SedCommand, line: string): string | undefined {
  const nth = Number(/\d+/.exec(command.flags)?.[0] ?? 1);
  let seen = 0;
  let changed = false;
  const result = line.replace(command.pattern as RegExp, (...args: unknown[]) => {
    seen++;
    const found = String(args[0]);
    if (seen < nth || (seen > nth && !command.flags.includes('g'))) return found;
    changed = true;
    return command.text.replace(/\\([\s\S])|&/g, (token, escaped: string | undefined) => {
      if (token === '&') return found;
      if (/\d/.test(escaped as string)) return escaped === '0' ? found : String(args[Number(escaped)] ?? '');
      return escaped === 'n' ? '\n' : escaped === 't' ? '\t' : (escaped as string);
    });
  });
  return changed ? result : undefined;
}

export const sedCommands: Record<string, Command> = { sed };
