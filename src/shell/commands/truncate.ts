import { type CommandBody, result } from './command.ts';

/** `truncate -s [+-]SIZE FILE`. */
export const truncate: CommandBody = async (args, ctx) => {
  const files: string[] = [];
  let size: string | undefined;
  const queue = [...args];
  while (queue.length > 0) {
    const arg = queue.shift()!;
    if (arg === '-s' || arg === '--size') size = queue.shift();
    else if (arg.startsWith('--size=')) size = arg.slice(7);
    else if (arg.startsWith('-s')) size = arg.slice(2);
    else if (arg.startsWith('-')) return result('', `truncate: invalid option -- '${arg[1]}'\n`, 1);
    else files.push(arg);
  }
  const match = /^([+-]?)(\d+)([KMG]?)$/.exec(size ?? '');
  if (size === undefined)
    return result(
      '',
      "truncate: you must specify either '--size' or '--reference'\nTry 'truncate --help' for more information.\n",
      1,
    );
  if (!match) return result('', `truncate: Invalid number: ‘${size}’\n`, 1);
  const count = Number(match[2]) * ({ K: 1024, M: 1024 ** 2, G: 1024 ** 3 }[match[3]!] ?? 1);
  if (count > 64 * 1024 ** 2) return result('', `truncate: failed to truncate: File too large\n`, 1);
  for (const file of files) {
    const path = ctx.fs.resolvePath(ctx.cwd, file);
    const old = (await ctx.fs.exists(path)) ? await ctx.fs.readFileBuffer(path) : new Uint8Array();
    const sign = match[1] === '+' ? 1 : -1;
    const length = match[1] ? Math.max(0, old.length + sign * count) : count;
    const next = new Uint8Array(length);
    next.set(old.subarray(0, length));
    await ctx.fs.writeFile(path, next);
  }
  return result('');
};
