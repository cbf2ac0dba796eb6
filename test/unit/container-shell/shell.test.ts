import { describe, expect, it } from 'vitest';
import { machine } from './lab.ts';

/** Recorded with busybox 1.35 (`busybox sh -c`), dash 0.5.12 as `sh` and bash 5.2: output and exit code. */
const RECORDED: [command: string, ash: [string, number], dash: [string, number], bash: [string, number]][] = [
  [
    'foo',
    ['sh: foo: not found\n', 127],
    ['sh: 1: foo: not found\n', 127],
    ['bash: line 1: foo: command not found\n', 127],
  ],
  [
    'cd /nope',
    ["sh: cd: line 0: can't cd to /nope: No such file or directory\n", 2],
    ["sh: 1: cd: can't cd to /nope\n", 2],
    ['bash: line 1: cd: /nope: No such file or directory\n', 1],
  ],
  [
    'cat < /nope',
    ["sh: can't open /nope: no such file\n", 1],
    ['sh: 1: cannot open /nope: No such file\n', 2],
    ['bash: line 1: /nope: No such file or directory\n', 1],
  ],
  [
    'set -u; echo $X',
    ['sh: X: parameter not set\n', 2],
    ['sh: 1: X: parameter not set\n', 2],
    ['bash: line 1: X: unbound variable\n', 127],
  ],
  [
    'test 1 -eq x',
    ['sh: x: bad number\n', 2],
    ['sh: 1: test: Illegal number: x\n', 2],
    ['bash: line 1: test: x: integer expression expected\n', 2],
  ],
  [
    'echo $((1/0))',
    ['sh: divide by zero\n', 2],
    ['sh: 1: arithmetic expression: division by zero: "1/0"\n', 2],
    ['bash: line 1: 1/0: division by 0 (error token is "0")\n', 1],
  ],
  [
    'echo )',
    ['sh: syntax error: unexpected ")"\n', 2],
    ['sh: 1: Syntax error: ")" unexpected\n', 2],
    ["bash: -c: line 1: syntax error near unexpected token `)'\n", 2],
  ],
  [
    'exec nosuch',
    ['sh: exec: line 0: nosuch: not found\n', 127],
    ['sh: 1: exec: nosuch: not found\n', 127],
    ['bash: line 1: exec: nosuch: not found\n', 127],
  ],
  ['echo -e "a\\tb"', ['a\tb\n', 0], ['-e a\tb\n', 0], ['a\tb\n', 0]],
  [
    '{ echo a',
    ['sh: syntax error: unexpected end of file (expecting "}")\n', 2],
    ['sh: 1: Syntax error: end of file unexpected (expecting "}")\n', 2],
    ['bash: -c: line 2: syntax error: unexpected end of file\n', 2],
  ],
  ['echo {1..3}', ['{1..3}\n', 0], ['{1..3}\n', 0], ['1 2 3\n', 0]],
  ['trap "echo bye" EXIT; exit 3', ['bye\n', 3], ['bye\n', 3], ['bye\n', 3]],
  ['f() { return 7; }; f; echo $?', ['7\n', 0], ['7\n', 0], ['7\n', 0]],
  [
    'set -x; a=1; echo $a "b c"',
    ["+ a=1\n+ echo 1 'b c'\n1 b c\n", 0],
    ['+ a=1\n+ echo 1 b c\n1 b c\n', 0],
    ["+ a=1\n+ echo 1 'b c'\n1 b c\n", 0],
  ],
];

describe('the shell says what the real one says', () => {
  it.each(RECORDED)('%s', (command, ash, dash, bash) => {
    const outcome = (flavor: 'busybox' | 'debian', shell: string): [string, number | undefined] => {
      const { out, code } = machine(flavor).run([shell, '-c', command]);
      return [out, code];
    };
    expect([outcome('busybox', 'sh'), outcome('debian', 'sh'), outcome('debian', 'bash')]).toEqual([ash, dash, bash]);
  });
});

describe('scripts', () => {
  it.each([
    ['loops and arithmetic', 'i=0; while [ $i -lt 3 ]; do echo n$i; i=$((i+1)); done', 'n0\nn1\nn2\n'],
    ['pipes', 'printf "b\\na\\nb\\n" | sort | uniq -c | sed "s/^ *//"', '1 a\n2 b\n'],
    ['here-documents', 'x=1; cat <<EOF\nv=$x\nEOF', 'v=1\n'],
    ['case and functions', 'f() { case $1 in a*) echo A;; *) echo other;; esac; }; f abc; f x', 'A\nother\n'],
    ['redirections', 'echo one > /tmp/f; echo two >> /tmp/f; wc -l < /tmp/f; cat /tmp/f 2>&1', '2\none\ntwo\n'],
    ['substitution and subshells', 'x=$(echo a b); (x=c; echo $x); echo "$x"', 'c\na b\n'],
    ['read', 'printf "k v w\\nq\\n" | while read a b; do echo "$a=$b"; done', 'k=v w\nq=\n'],
    ['parameter expansion', 'p=/a/b.txt; echo ${p##*/} ${p%.*} ${z:-d} ${#p}', 'b.txt /a/b d 8\n'],
    ['a pipe whose reader leaves', 'yes | head -n 2', 'y\ny\n'],
    [
      'awk',
      'printf "a 1\\nb 2\\n" | awk \'NR>1 && /b/ {print $2, NF; s+=$2} END {printf "%d-%s\\n", s, length("abc")}\'',
      '2 2\n2-3\n',
    ],
    ['command lists', 'false || echo or; true && echo and; ! false && echo not', 'or\nand\nnot\n'],
  ])('%s', (_, script, out) => {
    expect(machine().run(['sh', '-c', script])).toMatchObject({ out, code: 0 });
  });

  it('tells with -v what it does to files, as busybox 1.35 does', () => {
    const run = (text: string) => machine().run(['sh', '-c', text]);
    const line = 'cd /tmp; mkdir -pv m/n; mkdir -p s/t; touch s/a s/t/b; cp -v s/a m; cp -rv s z | sort; mv -v s/ m/';
    expect(run(`${line}; ln -sv m/a l; rm -rv z/t; rm -v z/a`).out).toBe(
      "created directory: 'm/'\ncreated directory: 'm/n'\n's/a' -> 'm/a'\n" +
        "'s' -> 'z'\n's/a' -> 'z/a'\n's/t' -> 'z/t'\n's/t/b' -> 'z/t/b'\n's' -> 'm/s'\n" +
        "'l' -> 'm/a'\nremoved 'z/t/b'\nremoved directory: 'z/t'\nremoved 'z/a'\n",
    );
  });

  it('sleeps in virtual time and waits for background work', () => {
    const { run } = machine();
    expect(run(['sh', '-c', 'sleep 30 & sleep 5; wait; echo done'])).toMatchObject({
      out: 'done\n',
      code: 0,
      ms: 30_000,
    });
  });

  it('keeps a runaway loop from hanging the world', () => {
    const { run } = machine();
    expect(run(['sh', '-c', 'while true; do :; done'], 60_000)).toMatchObject({ out: '', code: undefined, ms: 60_000 });
  });

  it('ends on a trapped signal as PID 1 would', () => {
    const { run } = machine();
    const out = run([
      'sh',
      '-c',
      'trap "echo got; exit 4" TERM; (sleep 3; kill -TERM $$) & while true; do sleep 1; done',
    ]);
    expect(out).toMatchObject({ out: 'got\n', code: 4 });
  });
});

describe('network commands', () => {
  it('serve and fetch over the simulated network', () => {
    const { run } = machine();
    const script =
      'mkdir /w; echo hello > /w/index.html; httpd -f -p 8080 -h /w & sleep 1; wget -qO- http://127.0.0.1:8080/; wget -qO- http://127.0.0.1:8080/x; nc 127.0.0.1 9 </dev/null';
    expect(run(['sh', '-c', script])).toMatchObject({
      out: "hello\nwget: server returned error: HTTP/1.1 404 Not Found\nnc: can't connect to remote host (127.0.0.1): Connection refused\n",
      code: 1,
    });
  });
});

describe('processes', () => {
  it('becomes the command of exec and the last command of -c, under the same pid', () => {
    expect(machine().run(['sh', '-c', 'echo $$; exec sh -c "echo \\$\\$"']).out).toMatch(/^(\d+)\n\1\n$/);
    const { container, world } = machine();
    container.exec(['sh', '-c', 'echo x; sleep 50']);
    world.advance(1_000);
    expect(container.processes().map(({ argv }) => argv.join(' '))).toEqual(['sleep 1000000', 'sleep 50']);
  });

  it('keeps the shell while it has an EXIT trap', () => {
    expect(machine().run(['sh', '-c', 'trap "echo bye" EXIT; ls /nope'])).toMatchObject({
      out: 'ls: /nope: No such file or directory\nbye\n',
      code: 1,
    });
  });

  it.each([
    ['sleep 100 & kill $!; wait $!; echo $?', 'Terminated\n143\n'],
    ['sh -c "kill -9 \\$\\$"; echo $?', 'Killed\n137\n'],
  ])('tells of a child that died of a signal: %s', (script, out) => {
    expect([machine().run(['sh', '-c', script]).out, machine('debian').run(['sh', '-c', script]).out]).toEqual([
      out,
      out,
    ]);
  });
});

describe('awk', () => {
  it('runs a loop without end as a busy process', () => {
    expect(machine().run(['awk', 'BEGIN { while (1) i++ }'], 60_000)).toMatchObject({ out: '', code: undefined });
    expect(machine().run(['sh', '-c', 'awk \'BEGIN { while (1) print "y" }\' | head -n 2'])).toMatchObject({
      out: 'y\ny\n',
      code: 0,
    });
  });

  it('runs END after exit and refuses to divide by zero', () => {
    const awk = (text: string) => machine().run(['sh', '-c', `seq 3 | awk '${text}'; echo $?`]).out;
    expect(awk('{ s += $1; if ($1 == 2) exit 4 } END { print s }')).toBe('3\n4\n');
    expect(awk('{ print 1 / 0 }')).toBe('awk: cmd. line:1: Division by zero\n1\n');
  });
});
