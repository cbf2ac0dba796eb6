import { type CommandBody, result, utf8 } from '../commands/index.ts';
import { parseScript } from './ast.ts';
import { rewriteScript, rewriteText } from './rewrite.ts';

/** `bash-dynamic NAME [= VALUE]`: SECONDS, SRANDOM and their like, from the session's seed and clock. */
const dynamic: CommandBody = async ([name = '', assign, value = ''], _ctx, { time, rng, state }) => {
  const now = time.now();
  if (assign !== undefined) {
    if (name === 'SECONDS') state.secondsFromMs = now - (Number.parseInt(value, 10) || 0) * 1000;
    return result('');
  }
  state.secondsFromMs ??= now;
  const micros = String(Math.floor((now % 1000) * 1000)).padStart(6, '0');
  const values: Record<string, () => string> = {
    RANDOM: () => String(rng.int(32_768)),
    SRANDOM: () => String(rng.int(2 ** 32)),
    SECONDS: () => String(Math.floor((now - state.secondsFromMs!) / 1000)),
    EPOCHSECONDS: () => String(Math.floor(now / 1000)),
    EPOCHREALTIME: () => `${Math.floor(now / 1000)}.${micros}`,
  };
  return result(values[name]!());
};

/** `bash-text WORDS`: the text that eval is about to run. */
const text: CommandBody = async (args, _ctx, { state }) => {
  const script = rewriteText(args.join(' '));
  try {
    for (const [name, node] of rewriteScript(parseScript(script))) state.functions.set(name, node);
  } catch {
    // eval itself says what is wrong with the text
  }
  return result(script);
};

/** `bash-state …`: what the ending of a script says about it. */
const keep: CommandBody = async ([what = '', ...rest], ctx, { state }) => {
  if (what === 'leaving') {
    const code = /^[-+]?\d+$/.test(rest[0]!) ? Number(rest[0]) & 255 : 2;
    state.leaving = code;
    if (code === 2 && !/^[-+]?\d+$/.test(rest[0]!))
      return result('', `bash: exit: ${rest[0]}: numeric argument required\n`);
  } else if (what === 'starting') state.traps.push(new Map());
  else if (what === 'ending') {
    state.code = state.leaving ?? Number(rest[0]);
    state.leaving = undefined;
    state.saved ||= rest[1] === 'call';
  } else if (what === 'trap') {
    const table = state.traps.length > 1 ? state.traps.pop()! : state.traps[0]!;
    const body = table.get('EXIT') ?? '';
    table.delete('EXIT');
    return result(body === '' ? '' : `bash-state status ${state.code} && :\n${rewriteText(body)}`);
  } else if (what === 'status') return result('', '', Number(rest[0]));
  else if (what === 'code') return result(String(state.code));
  else if (what === 'save') state.save(rest[0]!, rest.slice(1), utf8(ctx.stdin));
  return result('');
};

export const scriptCommands: Record<string, CommandBody> = {
  'bash-dynamic': dynamic,
  'bash-text': text,
  'bash-state': keep,
};
