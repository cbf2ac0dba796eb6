import { Bash, defineCommand } from 'just-bash';
import { expect, it } from 'vitest';
import { stop, stopInner } from '../../../src/shell/interpreter.ts';

/** A script that stops itself with its command `halt`. */
async function run(script: string, halt: (bash: Bash) => void) {
  const quiet = { stdout: '', stderr: '', exitCode: 0 };
  const bash: Bash = new Bash({
    customCommands: [
      defineCommand('halt', async () => {
        halt(bash);
        return quiet;
      }),
    ],
  });
  const { stdout, exitCode } = await bash.exec(script);
  return { stdout, exitCode };
}

// the ceilings are private to just-bash: these fail when a new version keeps them elsewhere
it('stops a script between two commands and keeps its output', async () => {
  expect(await run('echo a; halt; echo b', stop)).toEqual({ stdout: 'a\n', exitCode: 126 });
});
it('stops a loop between two rounds and keeps its output', async () => {
  expect(await run('for i in 1 2; do echo $i; halt; done', stop)).toEqual({ stdout: '1\n', exitCode: 126 });
});
it('ends an inner script at its next loop, and the outer one goes on', async () => {
  let goOn = () => {};
  const script = 'echo a; halt; for i in 1; do echo b; done';
  const halt = (bash: Bash) => {
    goOn = stopInner(bash);
  };
  const inner: Bash = new Bash({
    customCommands: [
      defineCommand('halt', async () => {
        halt(inner);
        return { stdout: '', stderr: '', exitCode: 0 };
      }),
      defineCommand('limited', async (_args, ctx) => {
        const { stdout } = await ctx.exec!(script, { cwd: ctx.cwd });
        goOn();
        return { stdout, stderr: '', exitCode: 124 };
      }),
    ],
  });
  const { stdout, exitCode } = await inner.exec('limited; echo $?; for i in 1; do echo c; done');
  expect({ stdout, exitCode }).toEqual({ stdout: 'a\n124\nc\n', exitCode: 0 });
});
