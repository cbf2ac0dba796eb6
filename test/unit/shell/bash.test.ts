import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createShell } from '../../../src/shell/shell.ts';
import { fakeCluster } from '../../support/fake-cluster.ts';
import { fixture } from './bash.commands.ts';

interface Recorded {
  command: string;
  stdout: string;
  stderr: string;
  exitCode: number;
}

const recorded: Recorded[] = JSON.parse(readFileSync(new URL('bash.recorded.json', import.meta.url), 'utf8'));

/** Answers that differ on purpose or by a known weakness of the interpreter: `{command: why}`. */
const differs: Record<string, string> = JSON.parse(readFileSync(new URL('bash.differs.json', import.meta.url), 'utf8'));

async function answer(command: string) {
  const shell = createShell({ cluster: fakeCluster(), seed: 1 });
  await shell.fs.mkdir('/tmp/fixture', { recursive: true });
  await shell.exec(fixture);
  const { stdout, stderr, exitCode } = await shell.exec(command);
  return { stdout, stderr, exitCode };
}

describe('commands answer as in bash', () => {
  it.each(recorded.filter(({ command }) => !(command in differs)))('$command', async (one) => {
    const { stdout, stderr, exitCode } = one;
    expect(await answer(one.command)).toEqual({ stdout, stderr, exitCode });
  });
});

describe('known differences', () => {
  it.each(recorded.filter(({ command }) => command in differs))('$command', async (one) => {
    // a difference that is gone must leave the list
    const { stdout, stderr, exitCode } = one;
    expect(await answer(one.command)).not.toEqual({ stdout, stderr, exitCode });
  });
});
