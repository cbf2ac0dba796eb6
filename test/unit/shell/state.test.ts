import { defineCommand } from 'just-bash';
import { describe, expect, it } from 'vitest';
import { createShell } from '../../../src/shell/shell.ts';
import { fakeCluster } from '../../support/fake-cluster.ts';

/** Runs calls one after the other in one shell; the answer of the last. */
async function calls(...commands: string[]) {
  const shell = createShell({ cluster: fakeCluster(), seed: 7 });
  let last = { stdout: '', stderr: '', exitCode: 0 };
  for (const command of commands) {
    const { stdout, stderr, exitCode } = await shell.exec(command);
    last = { stdout, stderr, exitCode };
  }
  return last;
}

describe('one shell from call to call', () => {
  it.each<[string, string[], string]>([
    ['variables', ['V=1; W="a  b"', 'echo "$V|$W"'], '1|a  b\n'],
    ['exports', ['A=1; export B=2', 'bash -c \'echo "[$A][$B]"\''], '[][2]\n'],
    ['unset', ['V=1', 'unset V', 'echo "[$V]"'], '[]\n'],
    ['functions', ['f() { echo "f $1 $V"; }; V=x', 'f y'], 'f y x\n'],
    ['functions made by eval', ["eval 'g() { echo G; }'", 'g'], 'G\n'],
    ['functions that are gone', ['f() { :; }', 'unset -f f', 'type -t f; echo $?'], '1\n'],
    ['arrays', ['a=(1 "x y"); declare -A m=([k]=v ["a b"]="c d")', 'echo "${a[1]}|${m[a b]}|${#m[@]}"'], 'x y|c d|2\n'],
    ['the directory', ['cd /tmp', 'pwd; cd - >/dev/null; cd /; exit 3', 'pwd'], '/\n'],
    ['options', ['set -o pipefail; shopt -s nullglob', 'false | true; echo $? *.nope'], '1\n'],
    ['aliases', ['alias hi="echo hello"', 'hi you'], 'hello you\n'],
    ['positional parameters', ['set -- a "b c"', 'echo "$#:$2"'], '2:b c\n'],
    ['what was set before exit', ['V=5; exit 3', 'echo $V'], '5\n'],
    ['special characters', ["V=$'a\\n\\'b\\' \"$x` \\\\'", 'printf %s "$V"'], "a\n'b' \"$x` \\"],
    ['not errexit', ['set -e', 'false; echo on'], 'on\n'],
  ])('keeps %s', async (_what, commands, stdout) => {
    expect(await calls(...commands)).toEqual({ stdout, stderr: '', exitCode: 0 });
  });
  it('does not show its own work under set -x', async () => {
    expect(await calls('set -x; echo a')).toEqual({ stdout: 'a\n', stderr: '+ echo a\n', exitCode: 0 });
    expect(await calls('set -x', 'echo b')).toEqual({ stdout: 'b\n', stderr: '+ echo b\n', exitCode: 0 });
  });
});

describe('clock and chance', () => {
  it('counts SECONDS on the cluster clock over calls', async () => {
    expect((await calls('SECONDS=0; sleep 3', 'sleep 2; echo $SECONDS $((SECONDS * 2))')).stdout).toBe('5 10\n');
  });
  it('gives EPOCHSECONDS of the cluster', async () => {
    expect((await calls('echo $EPOCHSECONDS ${EPOCHREALTIME%.*}; date +%s')).stdout).toBe(
      '1768467600 1768467600\n1768467600\n',
    );
  });
  it('draws the same numbers for the same seed', async () => {
    const script = "echo $RANDOM $((RANDOM % 100)) $SRANDOM ${RANDOM:0:2}; bash -c 'echo $RANDOM'";
    expect(await calls(script)).toEqual(await calls(script));
  });
});

describe('deadlines', () => {
  it('keeps what timeout let run, and goes on', async () => {
    const script =
      "timeout 3 bash -c 'echo a; sleep 2; echo b; sleep 5; echo c'; echo $?; for i in 1 2; do echo $i; done";
    expect(await calls(script)).toEqual({ stdout: 'a\nb\n124\n1\n2\n', stderr: '', exitCode: 0 });
  });
  it('keeps $? and set -e as they are inside timeout', async () => {
    expect(
      (await calls("timeout 9 bash -c 'false; echo $?; set -e; false || echo f; (exit 4); echo no'; echo $?")).stdout,
    ).toBe('1\nf\n4\n');
  });
  it('gives further commands no start after the deadline', async () => {
    let ran = 0;
    const extra = defineCommand('tool', async () => {
      ran++;
      return { stdout: 'tool\n', stderr: '', exitCode: 0 };
    });
    const shell = createShell({ cluster: fakeCluster(), extraCommands: [extra] });
    const { stdout, exitCode } = await shell.exec('tool; timeout 1 bash -c "sleep 2; tool"; sleep 9; tool', {
      timeoutMs: 5000,
    });
    expect({ stdout, exitCode, ran }).toEqual({ stdout: 'tool\n', exitCode: 124, ran: 1 });
  });
});
