import type { Shell } from './shell.ts';

/** What the shells' prompts are when nobody has set them; bash's is Debian's (/etc/bash.bashrc). */
const DEFAULTS = { ash: '\\w \\$ ', bash: '\\u@\\h:\\w\\$ ' };

export function defaultPrompt(sh: Shell): string {
  return sh.flavor === 'dash' ? `${sign(sh)} ` : DEFAULTS[sh.flavor];
}

const sign = (sh: Shell): string => (sh.os.uid === 0 ? '#' : '$');

/** `PS1` or `PS2` as it is shown: backslash sequences, which dash has none of. */
export function promptText(sh: Shell, name: 'PS1' | 'PS2'): string {
  const text = sh.get(name) ?? '';
  if (sh.flavor === 'dash') return text;
  return text.replace(/\\(0[0-7]{2}|[\s\S])/g, (whole, code: string) => {
    if (/^0\d/.test(code)) return String.fromCharCode(Number.parseInt(code, 8));
    return SEQUENCES[code]?.(sh) ?? whole;
  });
}

const SEQUENCES: Record<string, (sh: Shell) => string> = {
  u: userName,
  h: (sh) => sh.os.hostname.split('.')[0] as string,
  H: (sh) => sh.os.hostname,
  w: directory,
  W: (sh) => (directory(sh) === '~' ? '~' : sh.cwd.split('/').pop() || '/'),
  $: sign,
  s: (sh) => sh.zero.split('/').pop() as string,
  t: (sh) => new Date(sh.th.nowMs).toISOString().slice(11, 19),
  n: () => '\n',
  r: () => '\r',
  e: () => '\x1b',
  a: () => '\x07',
  '\\': () => '\\',
  // What they enclose does not count towards the prompt's width.
  '[': () => '',
  ']': () => '',
};

function directory(sh: Shell): string {
  const home = sh.get('HOME');
  if (!home || home === '/') return sh.cwd;
  if (sh.cwd === home) return '~';
  return sh.cwd.startsWith(`${home}/`) ? `~${sh.cwd.slice(home.length)}` : sh.cwd;
}

function userName({ os }: Shell): string {
  const passwd = os.fs.exists('/etc/passwd') ? os.fs.read('/etc/passwd') : '';
  const row = passwd.split('\n').find((line) => line.split(':')[2] === String(os.uid));
  return row?.split(':')[0] ?? 'I have no name!';
}
