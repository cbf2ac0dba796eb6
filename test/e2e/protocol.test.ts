import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Served, serveProgram, spawnProgram, tempHome } from '../support/program.ts';

const home = tempHome();
let served: Served;
beforeAll(async () => {
  served = await serveProgram(home.path);
});
afterAll(async () => {
  await served.close();
  home.remove();
});

/** Sends lines to a fresh server, ends its stdin, and gives all that it printed. */
async function speak(lines: unknown[], at = home.path): Promise<{ stdout: string; stderr: string; code: number }> {
  const child = spawnProgram(['serve'], at);
  const out = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    out.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    out.stderr += chunk;
  });
  for (const line of lines) child.stdin.write(typeof line === 'string' ? `${line}\n` : `${JSON.stringify(line)}\n`);
  child.stdin.end();
  const code = await new Promise<number>((resolve) => child.on('exit', (value) => resolve(value ?? -1)));
  return { ...out, code };
}

function initialize(protocolVersion: string) {
  const params = { protocolVersion, capabilities: {}, clientInfo: { name: 'raw', version: '1' } };
  return { jsonrpc: '2.0', id: 1, method: 'initialize', params };
}

describe('the handshake', () => {
  it('tells name, version, capabilities and how to work in at most ten lines', () => {
    expect(served.client.getServerVersion()).toEqual({ name: 'aiopslab-mcp', title: 'AIOpsLab', version: '0.1.0' });
    expect(Object.keys(served.client.getServerCapabilities() ?? {}).sort()).toEqual([
      'completions',
      'prompts',
      'resources',
      'tools',
    ]);
    const instructions = served.client.getInstructions() ?? '';
    expect(instructions.split('\n').length).toBeLessThanOrEqual(10);
    expect(instructions).toContain('start_problem');
    expect(instructions).toContain('submit');
  });

  it.each([
    ['2025-11-25', '2025-11-25'],
    ['2025-06-18', '2025-06-18'],
    ['2025-03-26', '2025-03-26'],
    ['2024-11-05', '2024-11-05'],
    ['2026-07-28', '2025-11-25'],
    ['nonsense', '2025-11-25'],
  ])('answers a client of %s with %s', async (asked, answered) => {
    const { stdout, code } = await speak([initialize(asked)]);
    expect(JSON.parse(stdout).result.protocolVersion).toBe(answered);
    expect(code).toBe(0);
  });

  it('prints nothing but protocol on stdout, even on garbage, and ends with its stdin', async () => {
    const { stdout, code } = await speak([
      'not json',
      initialize('2025-11-25'),
      { jsonrpc: '2.0', method: 'notifications/initialized' },
      { jsonrpc: '2.0', id: 2, method: 'no/such' },
      { jsonrpc: '2.0', id: 3, method: 'tools/call', params: { name: 'exec_shell', arguments: 'text' } },
      { jsonrpc: '2.0', id: 4, method: 'server/discover', params: {} },
      { jsonrpc: '2.0', id: 5, method: 'tools/list' },
    ]);
    const answers = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
      .sort((a, b) => a.id - b.id);
    expect(answers.map(({ jsonrpc, id, error }) => [jsonrpc, id, error?.code])).toEqual([
      ['2.0', 1, undefined],
      ['2.0', 2, -32601],
      ['2.0', 3, -32603],
      ['2.0', 4, -32601],
      ['2.0', 5, undefined],
    ]);
    expect(code).toBe(0);
  });

  it('starts twice at once without side effects', async () => {
    const fresh = join(home.path, 'never');
    const handshake = [initialize('2025-11-25'), { jsonrpc: '2.0', id: 2, method: 'tools/list' }];
    const both = await Promise.all([speak(handshake, fresh), speak(handshake, fresh)]);
    expect(both.map(({ code, stderr }) => [code, stderr])).toEqual([
      [0, ''],
      [0, ''],
    ]);
    expect(both[0]?.stdout).toBe(both[1]?.stdout);
    expect(existsSync(fresh)).toBe(false);
    expect(existsSync(join(home.path, 'sessions'))).toBe(false);
  });
});

describe('what is offered', () => {
  it('lists the tools with schemas and annotations, in the same order each time', async () => {
    const { tools } = await served.client.listTools();
    expect((await served.client.listTools()).tools).toEqual(tools);
    await expect(`${JSON.stringify(tools, null, 2)}\n`).toMatchFileSnapshot('./tools-list.snap');
  });

  it('lists each problem as a resource', async () => {
    const { resources } = await served.client.listResources();
    const problems = resources.filter(({ uri }) => uri.startsWith('aiopslab://problems/'));
    const listed = await served.call('list_problems');
    const ids = (listed.structured as { problems: { id: string }[] }).problems.map(({ id }) => id);
    expect(problems.map(({ uri }) => uri)).toEqual(ids.map((id) => `aiopslab://problems/${id}`));
    expect(listed.structured?.['total']).toBe(ids.length);
    expect(ids.length).toBeGreaterThanOrEqual(60);
    expect(resources.map(({ uri }) => uri).filter((uri) => !uri.startsWith('aiopslab://problems/'))).toEqual([
      'aiopslab://problems',
      'aiopslab://session/description',
      'aiopslab://session/instructions',
      'aiopslab://session/transcript',
      'aiopslab://session/result',
    ]);
  });

  it('reads a problem, and says which ids there are when there is none', async () => {
    const { contents } = await served.client.readResource({ uri: 'aiopslab://problems/wrong_bin_usage-detection-1' });
    expect(JSON.parse((contents[0] as { text: string }).text)).toEqual({
      id: 'wrong_bin_usage-detection-1',
      application: 'hotel-reservation',
      task: 'detection',
      family: 'wrong_bin_usage',
    });
    await expect(served.client.readResource({ uri: 'aiopslab://problems/nope' })).rejects.toThrow(
      'no problem has the id nope. aiopslab://problems lists them',
    );
  });

  it('has a prompt for each task type, and completes ids of that type', async () => {
    const { prompts } = await served.client.listPrompts();
    expect(prompts.map(({ name }) => name)).toEqual([
      'detection',
      'localization',
      'analysis',
      'mitigation',
      'incident',
    ]);
    const { messages } = await served.client.getPrompt({
      name: 'mitigation',
      arguments: { problem_id: 'wrong_bin_usage-mitigation-1' },
    });
    expect(messages).toEqual([
      {
        role: 'user',
        content: {
          type: 'text',
          text: 'Call start_problem with problem_id wrong_bin_usage-mitigation-1. Then follow the description and instructions that it returns, and submit your answer.',
        },
      },
    ]);
    const completed = await served.client.complete({
      ref: { type: 'ref/prompt', name: 'mitigation' },
      argument: { name: 'problem_id', value: 'w' },
    });
    expect(completed.completion.values).toEqual(['wrong_bin_usage-mitigation-1']);
    const byTemplate = await served.client.complete({
      ref: { type: 'ref/resource', uri: 'aiopslab://problems/{id}' },
      argument: { name: 'id', value: 'wrong_bin_usage-m' },
    });
    expect(byTemplate.completion.values).toEqual(['wrong_bin_usage-mitigation-1']);
  });

  it('refuses what needs a session, and says how to get one', async () => {
    const none = 'no session is open. start_problem opens one';
    expect(await served.call('exec_shell', { command: 'ls' })).toEqual({
      text: none,
      isError: true,
      structured: undefined,
    });
    expect(await served.call('get_session')).toEqual({ text: none, isError: true, structured: undefined });
    await expect(served.client.readResource({ uri: 'aiopslab://session/transcript' })).rejects.toThrow(none);
    expect((await served.call('no_such_tool')).text).toMatch(
      /^there is no tool "no_such_tool"; the tools are end_session, /,
    );
  });
});
