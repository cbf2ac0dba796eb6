import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { cli as run, spawnProgram, tempHome } from '../support/program.ts';

const home = tempHome();
afterAll(() => home.remove());
const cli = (args: string[], input?: string) => run(args, { home: home.path, input });
const jsonLines = (text: string): Record<string, unknown>[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('usage', () => {
  it.each([
    [['--help'], 'Usage: aiopslab-mcp [options] [command]'],
    [['serve', '--help'], 'Usage: aiopslab-mcp serve [options]'],
    [['problems', '--help'], 'Usage: aiopslab-mcp problems [options]'],
    [['agents', '--help'], 'Usage: aiopslab-mcp agents [options]'],
    [['results', '--help'], 'Usage: aiopslab-mcp results [options]'],
    [['start', '--help'], 'Usage: aiopslab-mcp start [options] <problem-id>'],
    [['run', '--help'], 'Usage: aiopslab-mcp run [options]'],
    [['prove', '--help'], 'Usage: aiopslab-mcp prove [options]'],
    [['demo', '--help'], 'Usage: aiopslab-mcp demo [options]'],
    [['doctor', '--help'], 'Usage: aiopslab-mcp doctor [options]'],
    [['cluster', 'up', '--help'], 'Usage: aiopslab-mcp cluster up [options]'],
    [['--version'], '0.1.0'],
  ])('%j', (args, beginning) => {
    const { status, stdout, stderr } = cli(args);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout.startsWith(beginning)).toBe(true);
  });

  it.each([
    [['no-such-command'], "error: unknown command 'no-such-command'"],
    [['problems', '--yaml'], "error: unknown option '--yaml'"],
    [['run'], "error: required option '--problems <globs>' not specified"],
    [['run', '--problems', 'nope*'], 'error: no problem matches "nope*"'],
    [['run', '--problems', '*', '--agent', 'nobody'], 'error: '],
    [['run', '--problems', '*', '--parallel', '0'], "error: option '--parallel <n>' argument '0' is invalid."],
    [['run', '--problems', '*', '--repeat', 'x'], "error: option '--repeat <n>' argument 'x' is invalid."],
    [['start'], "error: missing required argument 'problem-id'"],
    [['start', 'nope'], 'error: '],
    [['prove', '--problems', 'nope'], 'error: no problem matches "nope"'],
    [['serve', '--task', 'cooking'], "error: option '--task <type>' argument 'cooking' is invalid."],
    [['cluster', 'up', '--port', '70000'], "error: option '--port <n>' argument '70000' is invalid."],
    [['cluster', 'up', '--app', 'nope'], 'error: no application "nope"'],
  ])('%j is wrong usage', (args, message) => {
    const { status, stdout, stderr } = cli(args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr.slice(0, message.length)).toBe(message);
  });
});

describe('lists', () => {
  it('prints problems and agents as tables and as JSON', () => {
    const problems = JSON.parse(cli(['problems', '--json']).stdout) as { id: string }[];
    expect(problems.length).toBeGreaterThanOrEqual(60);
    const rows = cli(['problems']).stdout.trimEnd().split('\n');
    expect(rows.map((row) => row.split(/\s/)[0])).toEqual(problems.map(({ id }) => id));
    const agents = JSON.parse(cli(['agents', '--json']).stdout) as { name: string }[];
    expect(agents.map(({ name }) => name)).toContain('reference');
    expect(cli(['agents']).stdout.split('\n').length).toBe(agents.length + 1);
  });
});

describe('run and results', () => {
  const out = join(home.path, 'out');
  const problems = 'wrong_bin_usage-detection-1,wrong_bin_usage-healthy-1,misconfig*localization*';
  const args = ['run', '--problems', problems, '--agent', 'reference', '--seed', '5', '--json'];
  /** What two runs of the same seed have in common. */
  const stable = (line: Record<string, unknown>) => ({ ...line, wall_ms: 0 });

  it('gives a line per session, the same in one process and in several', () => {
    const here = cli([...args, '--out', out]);
    expect(here.status).toBe(0);
    const lines = jsonLines(here.stdout);
    expect(lines.map(({ problem_id, outcome, success }) => [problem_id, outcome, success])).toEqual([
      ['misconfig_app_hotel_res-localization-1', 'scored', true],
      ['wrong_bin_usage-detection-1', 'scored', true],
      ['wrong_bin_usage-healthy-1', 'scored', true],
    ]);
    const parallel = cli([...args, '--parallel', '2', '--out', join(home.path, 'out2')]);
    expect(jsonLines(parallel.stdout).map(stable)).toEqual(lines.map(stable));
  });

  it('leaves journal, transcript and result of each, and lists them', () => {
    const sessions = readdirSync(out);
    expect(sessions).toHaveLength(3);
    for (const id of sessions) {
      expect(readdirSync(join(out, id)).sort()).toEqual(['journal.jsonl', 'result.json', 'transcript.jsonl']);
      const journal = jsonLines(readFileSync(join(out, id, 'journal.jsonl'), 'utf8'));
      expect(journal.map(({ event, state }) => state ?? event)).toEqual([
        'created',
        'deploying',
        'baseline',
        'injecting',
        'injected',
        'running',
        'evaluating',
        'done',
      ]);
    }
    const listed = jsonLines(cli(['results', '--out', out, '--json']).stdout);
    expect(listed.map(({ session_id }) => session_id).sort()).toEqual(sessions);
    const table = cli(['results', '--out', out]).stdout.trimEnd().split('\n');
    expect(table).toHaveLength(3);
    expect(table[0]).toMatch(/^[0-9a-f]{32} {3}\S+ +reference +scored +success$/);
    expect(cli(['results', '--out', join(home.path, 'none')])).toMatchObject({ status: 0, stdout: '' });
    expect(existsSync(join(home.path, 'none'))).toBe(false);
  });

  it('repeats with seeds of their own, and says so when a reader leaves early', async () => {
    const repeated = cli(['run', '--problems', 'noop*', '--repeat', '2', '--json']);
    expect(jsonLines(repeated.stdout).map(({ seed }) => seed)).toEqual(['1', '1.1']);
    const child = spawnProgram(['problems'], home.path);
    child.stdout.destroy();
    expect(await new Promise((resolve) => child.on('exit', resolve))).toBe(0);
  });
});

describe('the others', () => {
  it('doctor finds everything in order', () => {
    const { status, stdout } = cli(['doctor', '--json']);
    expect(status).toBe(0);
    expect((JSON.parse(stdout) as { ok: boolean }[]).map(({ ok }) => ok)).toEqual([true, true, true]);
    expect(
      cli(['doctor'])
        .stdout.split('\n')
        .filter((line) => line.startsWith('ok')).length,
    ).toBe(3);
  });

  it('prove proves a problem', () => {
    const { status, stdout } = run(['prove', '--problems', 'wrong_bin_usage-detection-1', '--json'], {
      home: home.path,
      timeoutMs: 110_000,
    });
    expect(jsonLines(stdout)).toMatchObject([{ problem_id: 'wrong_bin_usage-detection-1', ok: true, failed: [] }]);
    expect(status).toBe(0);
  }, 120_000);

  it('start is driven by a pipe', () => {
    const input = 'echo $((6*7))\n\n:logs test-hotel-reservation geo\n:task\n:submit No\n';
    const { status, stdout } = cli(['start', 'wrong_bin_usage-healthy-1', '--seed', '1'], input);
    expect(status).toBe(0);
    expect(stdout).toContain('\n42\n');
    expect(stdout.match(/You are the engineer on call/g)).toHaveLength(2);
    expect(JSON.parse(stdout.slice(stdout.lastIndexOf('\n{\n')))).toMatchObject({
      outcome: 'scored',
      'Detection Accuracy': 'Correct',
      steps: 3,
    });
    const left = cli(['start', 'wrong_bin_usage-healthy-1'], 'ls\n');
    expect(left.status).toBe(1);
    expect(left.stdout).toContain('"outcome": "aborted"');
  });

  it('demo walks through an incident and ends well', () => {
    const { status, stdout } = cli(['demo']);
    expect(stdout).toMatch(/\nScore: \{"success":true,.*\} \(scored\)\n$/);
    expect(status).toBe(0);
  });

  it('cluster up serves until it is interrupted', async () => {
    const kubeconfig = join(home.path, 'kubeconfig');
    const child = spawnProgram(['cluster', 'up', '--kubeconfig', kubeconfig], home.path);
    const url = await new Promise<string>((resolve) =>
      child.stdout.on('data', (chunk) => {
        const ready = /^ready (\S+)$/m.exec(String(chunk));
        if (ready) resolve(ready[1] as string);
      }),
    );
    const token = /token"?: "?([^"\s]+)/.exec(readFileSync(kubeconfig, 'utf8'))?.[1];
    const answer = await fetch(`${url}/api/v1/namespaces`, { headers: { authorization: `Bearer ${token}` } });
    expect(answer.status).toBe(200);
    expect((await fetch(`${url}/api/v1/namespaces`)).status).not.toBe(200);
    child.kill('SIGTERM');
    expect(await new Promise((resolve) => child.on('exit', resolve))).toBe(0);
  });
});
