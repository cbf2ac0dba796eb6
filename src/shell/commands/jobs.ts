import type { CommandBody } from './index.ts';
import { result } from './index.ts';

const SIGNALS = [
  ...['EXIT', 'HUP', 'INT', 'QUIT', 'ILL', 'TRAP', 'ABRT', 'BUS', 'FPE', 'KILL', 'USR1', 'SEGV', 'USR2', 'PIPE'],
  ...['ALRM', 'TERM', 'STKFLT', 'CHLD', 'CONT', 'STOP', 'TSTP', 'TTIN', 'TTOU', 'URG', 'XCPU', 'XFSZ', 'VTALRM'],
  ...['PROF', 'WINCH', 'IO', 'PWR', 'SYS'],
];
/** Pseudo-signals that would need a hook in the interpreter. */
const UNHEARD = ['ERR', 'DEBUG', 'RETURN'];

function signalName(text: string): string | undefined {
  const name = text.toUpperCase().replace(/^SIG/, '');
  if (/^\d+$/.test(name)) return SIGNALS[Number(name)];
  return SIGNALS.includes(name) || UNHEARD.includes(name) ? name : undefined;
}

const shown = (name: string): string => (name === 'EXIT' || UNHEARD.includes(name) ? name : `SIG${name}`);

/** EXIT traps run at the end of the call; other signals cannot reach this shell, so their traps are only remembered. */
const trap: CommandBody = async (args, _ctx, { state }) => {
  const table = state.traps.at(-1)!;
  const rest = args[0] === '--' ? args.slice(1) : args;
  if (rest[0] === '-l')
    return result(
      `${SIGNALS.slice(1)
        .map((name, at) => `${at + 1}) SIG${name}`)
        .join('\n')}\n`,
    );
  if (rest.length === 0 || rest[0] === '-p') {
    const wanted = rest.slice(1).map(signalName);
    const rows = [...table]
      .filter(([name]) => wanted.length === 0 || wanted.includes(name))
      .sort(([a], [b]) => SIGNALS.indexOf(a) - SIGNALS.indexOf(b));
    return result(rows.map(([name, body]) => `trap -- '${body.replaceAll("'", "'\\''")}' ${shown(name)}\n`).join(''));
  }
  const [body = '', ...names] = rest.length === 1 ? ['-', rest[0]!] : rest;
  let errors = '';
  for (const text of names) {
    const name = signalName(text);
    if (name === undefined) errors += `bash: trap: ${text}: invalid signal specification\n`;
    else if (UNHEARD.includes(name) && body !== '-') errors += `bash: trap: ${name}: not supported in this shell\n`;
    else if (body === '-') table.delete(name);
    else table.set(name, body);
  }
  return result('', errors, errors ? 1 : 0);
};

/** Background jobs of this shell have ended by the time the next command runs. */
const kill: CommandBody = async (args) => {
  if (args[0] === '-l' || args[0] === '-L')
    return args[1] === undefined
      ? result(
          `${SIGNALS.slice(1)
            .map((name, at) => `${at + 1}) SIG${name}`)
            .join('\n')}\n`,
        )
      : result(
          `${/^\d+$/.test(args[1]) ? SIGNALS[Number(args[1]) % 128] : SIGNALS.indexOf(signalName(args[1]) ?? '')}\n`,
        );
  const targets = [...args];
  if (targets[0] === '-s' || targets[0] === '-n') targets.splice(0, 2);
  else if (/^-\w/.test(targets[0] ?? '')) {
    const name = targets.shift()!.slice(1);
    if (name !== '0' && signalName(name) === undefined)
      return result('', `bash: kill: ${name}: invalid signal specification\n`, 1);
  }
  if (targets.length === 0)
    return result(
      '',
      'kill: usage: kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]\n',
      2,
    );
  const errors = targets.map((target) => {
    if (target.startsWith('%')) return `bash: kill: ${target}: no such job\n`;
    if (!/^-?\d+$/.test(target)) return `bash: kill: ${target}: arguments must be process or job IDs\n`;
    return `bash: kill: (${target}) - No such process\n`;
  });
  return result('', errors.join(''), 1);
};

const umask: CommandBody = async (args) => {
  if (args.length === 0) return result('0022\n');
  if (args[0] === '-S') return result('u=rwx,g=rx,o=rx\n');
  return result('', 'bash: umask: the file mode mask is fixed in this shell\n', 1);
};

const ulimit: CommandBody = async (args) => {
  if (args.length === 0 || args[0] === '-f') return result('unlimited\n');
  if (args.length === 1 && args[0] === '-n') return result('1024\n');
  return result('', `bash: ulimit: ${args.join(' ')}: not supported in this shell\n`, 2);
};

function noJob(name: string): CommandBody {
  return async (args) => result('', `bash: ${name}: ${args[0] ?? 'current'}: no such job\n`, 1);
}

export const jobCommands: Record<string, CommandBody> = {
  trap,
  kill,
  umask,
  ulimit,
  jobs: async () => result(''),
  fg: noJob('fg'),
  bg: noJob('bg'),
  disown: noJob('disown'),
};
