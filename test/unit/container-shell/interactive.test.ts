import { describe, expect, it } from 'vitest';
import { Terminal } from '../../../src/sim/process/terminal.ts';
import { machine } from './lab.ts';

/** Types keys one after the other, as a person does, and tells what each made appear. */
function session(flavor: 'busybox' | 'debian', argv: string[]) {
  const { world, container } = machine(flavor);
  const terminal = new Terminal();
  let screen = '';
  terminal.show((text) => {
    screen += text;
  });
  const { input, output } = terminal;
  const child = container.exec(argv, { stdin: input, stdout: output, stderr: output });
  const shown = (): string => {
    world.advance(1_500);
    const text = screen;
    screen = '';
    return text;
  };
  const start = shown();
  const type = (keys: string): string => {
    terminal.receive(keys);
    return shown();
  };
  return { start, type, terminal, code: () => child.status?.code };
}

const UP = '\x1b[A';
const LEFT = '\x1b[D';

/** What each shell did in a real terminal (busybox 1.35 in a pod of Kubernetes 1.35, dash 0.5.12, bash 5.2 without bracketed paste). */
describe('ash at a terminal', () => {
  const { start, type, code } = session('busybox', ['sh']);
  it.each([
    ['ls /\r', 'ls /\r\nbin   dev   etc   proc  root  sys   tmp   var\r\n/ # '],
    ['tty; stty size\r', 'tty; stty size\r\n/dev/pts/0\r\n24 80\r\n/ # '],
    ['[ -t 0 ] && echo yes; ls / | head -1\r', '[ -t 0 ] && echo yes; ls / | head -1\r\nyes\r\nbin\r\n/ # '],
    ['sleep 50\r', 'sleep 50\r\n'],
    ['\x03', '^C\r\n/ # '],
    ['echo $?\r', 'echo $?\r\n130\r\n/ # '],
    ['false &\r', 'false &\r\n/ # '],
    ['\r', '\r\n[1]+  Done(1)                    false\r\n/ # '],
    ['fo\x7f\x7fecho hi\r', 'fo\b\x1b[J\b\x1b[Jecho hi\r\nhi\r\n/ # '],
    ['nope\r', 'nope\r\nsh: nope: not found\r\n/ # '],
    ['echo "a\r', 'echo "a\r\n> '],
    ['b"\r', 'b"\r\na\r\nb\r\n/ # '],
    ['if true\r', 'if true\r\n> '],
    ['then echo y; fi\r', 'then echo y; fi\r\ny\r\n/ # '],
    ['for i in 1 2\r', 'for i in 1 2\r\n> '],
    ['\x03', '^C\r\n/ # '],
    ['cat\r', 'cat\r\n'],
    ['abc\r', 'abc\r\nabc\r\n'],
    ['\x04', '/ # '],
    [`abcdef${LEFT}${LEFT}X\x03`, 'abcdef\b\bXef\b\b^C\r\n/ # '],
    [`${UP}\x03`, '\r/ # cat\x1b[J^C\r\n/ # '],
    ['while true; do sleep 1; done\r', 'while true; do sleep 1; done\r\n'],
    ['\x03', '^C\r\n/ # '],
    ['sleep 999 &\r', 'sleep 999 &\r\n/ # '],
    ['sh\r', 'sh\r\n/ # '],
    ['sleep 9\r', 'sleep 9\r\n'],
    ['\x03', '^C\r\n/ # '],
    ['exit\r', 'exit\r\n/ # '],
    ['jobs\r', 'jobs\r\n[1]+  Running                 sleep 999 &\r\n/ # '],
    ['cd /root\r', 'cd /root\r\n~ # '],
    ['(exit 3)\r', '(exit 3)\r\n~ # '],
    ['\x04', '\r\n'],
  ])('%j', (keys, screen) => {
    expect(type(keys)).toBe(screen);
  });

  it('begins with its prompt and ends with the status of the last command', () => {
    expect(start).toBe('/ # ');
    expect(code()).toBe(3);
  });
});

describe('bash at a terminal', () => {
  const { start, type, code } = session('debian', ['bash']);
  it.each([
    ['sleep 50\r', 'sleep 50\r\n'],
    ['\x03', '^C\r\nroot@box:/# '],
    ['nope\r', 'nope\r\nbash: nope: command not found\r\nroot@box:/# '],
    ['echo )\r', "echo )\r\nbash: syntax error near unexpected token `)'\r\nroot@box:/# "],
    ['f() { sleep 5; echo f; }; f\r', 'f() { sleep 5; echo f; }; f\r\n'],
    ['\x03', '^C\r\nroot@box:/# '],
    [
      'mkdir d; cd d; touch a bb ccc dddd eeeee; ls; stty cols 16; ls\r',
      'mkdir d; cd d; touch a bb ccc dddd eeeee; ls; stty cols 16; ls\r\na  bb  ccc  dddd  eeeee\r\na   ccc   eeeee\r\nbb  dddd\r\nroot@box:/d# ',
    ],
    ['case $- in *i*) echo i;; esac\r', 'case $- in *i*) echo i;; esac\r\ni\r\nroot@box:/d# '],
    ['exit 4\r', 'exit 4\r\nexit\r\n'],
  ])('%j', (keys, screen) => {
    expect(type(keys)).toBe(screen);
  });

  it('begins with its prompt and ends as it was told', () => {
    expect(start).toBe('root@box:/# ');
    expect(code()).toBe(4);
  });
});

describe('dash at a terminal', () => {
  const { start, type } = session('debian', ['sh']);
  it.each([
    ['sleep 0.2 &\r', 'sleep 0.2 &\r\n# '],
    ['\r', '\r\n[1] + Done                       sleep 0.2\r\n# '],
    ['nope\r', 'nope\r\nsh: 3: nope: not found\r\n# '],
    ['echo )\r', 'echo )\r\nsh: 4: Syntax error: ")" unexpected\r\n# '],
    ['exec bash\r', 'exec bash\r\nroot@box:/# '],
    ['\x04', 'exit\r\n'],
  ])('%j', (keys, screen) => {
    expect(type(keys)).toBe(screen);
  });

  it('begins with its prompt', () => {
    expect(start).toBe('# ');
  });
});

describe('a terminal', () => {
  it('hands on all lines that come at once, one to each prompt', () => {
    const { type, code } = session('busybox', ['sh']);
    expect(type('echo a\recho b\rexit 5\r')).toBe('echo a\r\na\r\n/ # echo b\r\nb\r\n/ # exit 5\r\n');
    expect(code()).toBe(5);
  });

  it('shows the line again when the window changes', () => {
    const { type, terminal } = session('busybox', ['sh']);
    type('ec');
    terminal.resize(120, 40);
    expect(type('ho $(stty size)\r')).toBe('\r/ # ec\x1b[Jho $(stty size)\r\n40 120\r\n/ # ');
  });

  it('does not show what is typed while echo is off', () => {
    const { type } = session('busybox', ['sh', '-c', 'stty -echo; read word; stty echo; echo got $word']);
    expect(type('secret\r')).toBe('got secret\r\n');
  });

  it('ends a reader when the keyboard is gone', () => {
    const { terminal, type, code } = session('busybox', ['cat']);
    expect(type('half')).toBe('half');
    terminal.hangUp();
    type('');
    expect(code()).toBe(0);
  });
});
