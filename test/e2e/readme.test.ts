import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { environment, PROGRAM, ROOT, tempHome } from '../support/program.ts';

const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
const home = tempHome();
/** Stands for what `npx` finds in an installed package: the program as it is built here. */
const bin = join(home.path, 'bin');
mkdirSync(bin);
writeFileSync(join(bin, 'npx'), `#!/bin/sh\n[ "$1" = -y ] && shift\nshift\nexec node ${PROGRAM} "$@"\n`, {
  mode: 0o755,
});
const env = { ...environment(home.path), PATH: `${bin}${delimiter}${process.env['PATH']}`, NO_COLOR: '1' };
const script = join(ROOT, 'test/e2e/.readme-example.ts');
afterAll(() => {
  home.remove();
  rmSync(script, { force: true });
});

function blocks(language: string): string[] {
  return [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(
    (match) => match[1] as string,
  );
}

const commands = blocks('console')
  .flatMap((block) => block.trimEnd().split('\n'))
  .map((line) => line.replace(/ {2,}#.*$/, ''));
const inline = [...readme.matchAll(/`(npx aiopslab-mcp [^`]+)`/g)].map((match) => match[1] as string);

/** Commands that install, test or serve are proven otherwise; the rest runs here as it stands. */
const ELSEWHERE = new Set(['npm ci && npm run demo', 'npm test', 'npm run fidelity']);

describe('README', () => {
  it('has commands', () => {
    expect(commands.length).toBeGreaterThanOrEqual(9);
  });

  const finite = [...commands, ...inline].filter(
    (line) => !ELSEWHERE.has(line) && !/ (serve|start|cluster) /.test(line),
  );
  it.each(finite)('%s', { timeout: 120_000 }, (line) => {
    const done = spawnSync('sh', ['-c', line], { cwd: ROOT, env, encoding: 'utf8', input: '' });
    expect(done.status, done.stderr).toBe(0);
    expect(done.stdout).not.toBe('');
  });

  it.each([...commands, ...inline].filter((line) => / start /.test(line)))('%s', (line) => {
    const done = spawnSync('sh', ['-c', line], { cwd: ROOT, env, encoding: 'utf8', input: ':quit\n' });
    expect(done.status, done.stderr).toBe(1);
    expect(done.stdout).toContain('You are the engineer on call');
  });

  it.each([...commands, ...inline].filter((line) => / serve /.test(line)))('%s', (line) => {
    const list = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}\n';
    const done = spawnSync('sh', ['-c', line], { cwd: ROOT, env, encoding: 'utf8', input: list });
    expect(done.status, done.stderr).toBe(0);
    expect(JSON.parse(done.stdout).result.tools.length).toBeGreaterThan(5);
  });

  it.each([...commands, ...inline].filter((line) => / cluster up /.test(line)))('%s', async (line) => {
    const child = spawn('sh', ['-c', `exec ${line}`], { cwd: ROOT, env });
    const printed = await new Promise<string>((resolve) => {
      let text = '';
      child.stdout.on('data', (chunk) => {
        text += chunk;
        if (/^ready /m.test(text)) resolve(text);
      });
    });
    child.kill('SIGINT');
    expect(printed).toMatch(/^export KUBECONFIG=\S+\nready https?:\/\/127\.0\.0\.1:\d+\n$/);
    expect(await new Promise((resolve) => child.on('exit', resolve))).toBe(0);
  });

  it('has a client that runs as it stands', () => {
    const [client] = blocks('ts');
    writeFileSync(script, client as string);
    const done = spawnSync('node', ['--import', 'tsx', script], { cwd: ROOT, env, encoding: 'utf8' });
    expect(done.status, done.stderr).toBe(0);
    expect(done.stdout).toContain('You are the engineer on call');
    expect(done.stdout).toMatch(/^frontend-\S+ +1\/1 +Running/m);
    expect(done.stdout).toContain("outcome: 'scored'");
    expect(done.stdout).toContain("'Detection Accuracy': 'Correct'");
  });

  it('has configurations that name the command', () => {
    for (const text of [...blocks('json'), readFileSync(join(ROOT, 'mcp.json'), 'utf8')]) {
      expect(JSON.parse(text)).toEqual({
        mcpServers: { aiopslab: { command: 'npx', args: ['-y', 'aiopslab-mcp', 'serve'] } },
      });
    }
  });

  it('names every tool', () => {
    const list = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}\n';
    const done = spawnSync('node', [PROGRAM, 'serve'], { env, encoding: 'utf8', input: list });
    const names = (JSON.parse(done.stdout).result.tools as { name: string }[]).map(({ name }) => name);
    expect(names.filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
  });
});
