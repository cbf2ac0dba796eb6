import { type CommandBody, result } from './command.ts';

/** `split -l N FILE PREFIX`, `-b SIZE`, `-n CHUNKS` by lines. */
const split: CommandBody = async (args, ctx) => {
  const words: string[] = [];
  let lines = 1000;
  let size: number | undefined;
  let numeric = false;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    const [, letter = '', rest = ''] = /^-([lbda])(.*)$/.exec(arg) ?? [];
    if (letter === 'd') numeric = true;
    else if (letter === 'a') args[++i] ??= '';
    else if (letter === 'l') lines = Number(rest || args[++i]);
    else if (letter === 'b') {
      const [, count = '0', unit = ''] = /^(\d+)([KMG]?)/i.exec(rest || (args[++i] ?? '')) ?? [];
      size = Number(count) * 1024 ** (unit === '' ? 0 : 'KMG'.indexOf(unit.toUpperCase()) + 1);
    } else if (arg.startsWith('-') && arg !== '-') return result('', `split: invalid option -- '${arg[1]}'\n`, 1);
    else words.push(arg);
  }
  const [file = '-', prefix = 'x'] = words;
  const path = ctx.fs.resolvePath(ctx.cwd, file);
  if (file !== '-' && !(await ctx.fs.exists(path)))
    return result('', `split: cannot open '${file}' for reading: No such file or directory\n`, 1);
  const bytes =
    file === '-' ? Buffer.from(String(ctx.stdin), 'latin1') : Buffer.from(await ctx.fs.readFileBuffer(path));
  const parts: Buffer[] = [];
  if (size) for (let at = 0; at < bytes.length; at += size) parts.push(bytes.subarray(at, at + size));
  else {
    const rows = bytes.toString('latin1').split(/(?<=\n)/);
    for (let at = 0; at < rows.length; at += lines)
      parts.push(Buffer.from(rows.slice(at, at + lines).join(''), 'latin1'));
  }
  for (const [i, part] of parts.entries()) {
    const name = numeric
      ? String(i).padStart(2, '0')
      : String.fromCharCode(97 + Math.floor(i / 26)) + String.fromCharCode(97 + (i % 26));
    await ctx.fs.writeFile(ctx.fs.resolvePath(ctx.cwd, prefix + name), part);
  }
  return result('');
};

export const archiveCommands: Record<string, CommandBody> = { split };
