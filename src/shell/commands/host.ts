import { type CommandBody, result, utf8 } from './command.ts';

const HOST = 'control-plane';
const KERNEL = '6.1.0-18-amd64';

const uname: CommandBody = async (args) => {
  const fields: Record<string, string> = {
    s: 'Linux',
    n: HOST,
    r: KERNEL,
    v: '#1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1',
    m: 'x86_64',
    o: 'GNU/Linux',
  };
  const letters = args.flatMap((arg) =>
    arg === '-a' || arg === '--all' ? [...'snrvmo'] : [...arg.replace(/^-+/, '')],
  );
  const shown = (letters.length === 0 ? ['s'] : [...'snrvmo'].filter((letter) => letters.includes(letter))).map(
    (letter) => fields[letter],
  );
  return result(`${shown.join(' ')}\n`);
};

const id: CommandBody = async (args) => {
  if (args[0] === '-u') return result('1000\n');
  if (args[0] === '-un' || args[0] === '-gn') return result('agent\n');
  return result(args[0] === '-g' ? '1000\n' : 'uid=1000(agent) gid=1000(agent) groups=1000(agent)\n');
};

const mktemp: CommandBody = async (args, ctx, { rng }) => {
  const directory = args.includes('-d');
  const template = args.find((arg) => !arg.startsWith('-')) ?? '/tmp/tmp.XXXXXXXXXX';
  const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
  const path = template.replace(/X{3,}/, (run) => [...run].map(() => letters[rng.int(letters.length)]).join(''));
  if (path === template) return result('', `mktemp: too few X's in template ‘${template}’\n`, 1);
  const full = ctx.fs.resolvePath(ctx.cwd, path);
  if (directory) await ctx.fs.mkdir(full, { recursive: true });
  else await ctx.fs.writeFile(full, '');
  return result(`${path}\n`);
};

const shuf: CommandBody = async (args, ctx, { rng }) => {
  let lines: string[];
  const at = args.indexOf('-n');
  const count = at >= 0 ? Number(args[at + 1]) : Number.POSITIVE_INFINITY;
  const range = args
    .map((arg, i) => (arg === '-i' ? args[i + 1] : arg.startsWith('-i') ? arg.slice(2) : undefined))
    .find(Boolean);
  if (range) {
    const [low = 0, high = 0] = range.split('-').map(Number);
    lines = Array.from({ length: Math.min(100_000, high - low + 1) }, (_, i) => String(low + i));
  } else if (args.includes('-e')) lines = args.slice(args.indexOf('-e') + 1);
  else {
    const file = args.find((arg, i) => !arg.startsWith('-') && args[i - 1] !== '-n');
    const text = file ? await ctx.fs.readFile(ctx.fs.resolvePath(ctx.cwd, file)) : utf8(ctx.stdin);
    lines = text.replace(/\n$/, '').split('\n');
  }
  for (let i = lines.length - 1; i > 0; i--) {
    const j = rng.int(i + 1);
    [lines[i], lines[j]] = [lines[j]!, lines[i]!];
  }
  return result(
    lines
      .slice(0, count)
      .map((line) => `${line}\n`)
      .join(''),
  );
};

/** `VAR=… envsubst`: replaces $NAME and ${NAME}. */
const envsubst: CommandBody = async (_args, ctx) => {
  const env = ctx.exportedEnv ?? Object.fromEntries(ctx.env);
  return result(
    utf8(ctx.stdin).replace(/\$(?:\{(\w+)\}|([A-Za-z_]\w*))/g, (_, a?: string, b?: string) => env[a ?? b ?? ''] ?? ''),
  );
};

const nproc: CommandBody = async () => result('2\n');
export const hostCommands: Record<string, CommandBody> = {
  uname,
  id,
  mktemp,
  shuf,
  envsubst,
  nproc,
  whoami: async () => result('agent\n'),
  hostname: async (args) => result(args[0] === '-i' || args[0] === '-I' ? '172.18.0.2\n' : `${HOST}\n`),
};
