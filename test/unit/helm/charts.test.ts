import { describe, expect, it } from 'vitest';
import { createShell, defineHelmCommand } from '../../../src/shell/index.ts';
import { fakeCluster } from '../../support/fake-cluster.ts';
import { CHART_CASES } from './chart-cases.ts';
import { readFile, readFolder } from './read-folder.ts';

interface Case {
  command: string;
  stdout: string;
  stderr: string;
  exitCode: number;
}

const { cases } = JSON.parse(readFile('test/unit/helm/recordings/charts.json')) as { cases: Case[] };

const cluster = fakeCluster();
const shell = createShell({ cluster, extraCommands: [defineHelmCommand({ cluster })] });
const files = readFolder('test/unit/helm/fixtures');

describe('a chart with helpers, sub-charts, a library, hooks and tests prints as with the real helm', () => {
  it('has a recording of each case', () => {
    expect(cases.map(({ command }) => command)).toEqual(CHART_CASES);
  });

  it.each(cases.map((one) => [one.command, one] as const))('%s', async (command, { stdout, stderr, exitCode }) => {
    for (const [path, text] of Object.entries(files)) {
      const full = `/home/agent/${path}`;
      await shell.fs.mkdir(full.slice(0, full.lastIndexOf('/')), { recursive: true });
      await shell.fs.writeFile(full, text);
    }
    const quoted = command.split(' ').map((word) => `'${word}'`);
    const done = await shell.exec(quoted.join(' '));
    // helm lists what breaks a schema in random order
    const stable = (text: string): string =>
      text.includes('specifications of the schema') ? text.split('\n').sort().join('\n') : text;
    expect({ stdout: done.stdout, stderr: stable(done.stderr), exitCode: done.exitCode }).toEqual({
      stdout,
      stderr: stable(stderr),
      exitCode,
    });
  });
});
