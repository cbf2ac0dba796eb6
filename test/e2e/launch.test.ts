import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { cli, type Served, serveProgram, tempHome } from '../support/program.ts';

const home = tempHome();
let served: Served | undefined;
afterEach(async () => {
  await served?.close();
  served = undefined;
});
afterAll(() => home.remove());

describe('serve --problem', () => {
  it('starts its session at the first call and shows the id nowhere', async () => {
    served = await serveProgram(home.path, ['--problem', 'wrong_bin_usage-mitigation-1', '--seed', '7']);
    const { client } = served;
    const seen: unknown[] = [client.getInstructions()];
    const { tools } = await client.listTools();
    seen.push(tools, await client.listResources(), await client.listResourceTemplates(), await client.listPrompts());
    expect(tools.map(({ name }) => name)).toEqual([
      'exec_shell',
      'get_logs',
      'get_metrics',
      'get_session',
      'get_traces',
      'patch_resource',
      'read_metrics',
      'read_traces',
      'restart_deployment',
      'rollback_deployment',
      'scale_deployment',
      'submit',
    ]);
    expect(tools.filter(({ inputSchema }) => Object.hasOwn(inputSchema.properties ?? {}, 'session_id'))).toEqual(
      tools.filter(({ name }) => name === 'get_session'),
    );
    seen.push(await served.call('exec_shell', { command: 'kubectl get pods -n test-hotel-reservation' }));
    seen.push(await served.call('get_session', {}));
    for (const item of ['description', 'instructions', 'transcript']) {
      seen.push(await client.readResource({ uri: `aiopslab://session/${item}` }));
    }
    seen.push((await client.listResources()).resources, await client.getPrompt({ name: 'mitigation' }));
    for (const [tool, args] of [
      ['list_problems', {}],
      ['start_problem', { problem_id: 'wrong_bin_usage-mitigation-1' }],
      ['end_session', {}],
    ] as const) {
      const refused = await served.call(tool, args);
      expect(refused.text).toContain(`there is no tool "${tool}"; the tools are exec_shell, get_logs, `);
      seen.push(refused);
    }
    await expect(client.readResource({ uri: 'aiopslab://problems' })).rejects.toThrow(/not found/);
    seen.push(await served.call('submit', {}));
    seen.push(await served.call('get_session'), await served.call('exec_shell', { command: 'ls' }));
    seen.push(await client.readResource({ uri: 'aiopslab://session/result' }));
    expect(JSON.stringify(seen)).not.toMatch(/wrong_bin|mitigation-1/);
  });

  it('is refused for an unknown problem and for a task type that it has not', () => {
    expect(cli(['serve', '--problem', 'nope'], { home: home.path })).toMatchObject({ status: 2, stdout: '' });
    const args = ['serve', '--problem', 'wrong_bin_usage-mitigation-1', '--task', 'detection'];
    expect(cli(args, { home: home.path })).toMatchObject({
      status: 2,
      stdout: '',
      stderr: 'error: wrong_bin_usage-mitigation-1 is of task type mitigation\nleave --task out\n',
    });
  });
});

describe('serve --task', () => {
  it('offers only the tools and problems of that task type', async () => {
    served = await serveProgram(home.path, ['--task', 'detection']);
    const { tools } = await served.client.listTools();
    expect(tools.map(({ name }) => name)).toEqual([
      'end_session',
      'exec_shell',
      'get_logs',
      'get_metrics',
      'get_session',
      'get_traces',
      'list_problems',
      'read_metrics',
      'read_traces',
      'start_problem',
      'submit',
    ]);
    const listed = await served.call('list_problems');
    const { problems } = listed.structured as { problems: { task: string }[] };
    expect(new Set(problems.map(({ task }) => task))).toEqual(new Set(['detection']));
    expect((await served.call('start_problem', { problem_id: 'wrong_bin_usage-mitigation-1' })).text).toBe(
      'wrong_bin_usage-mitigation-1 is of task type mitigation; this server offers detection only. list_problems has the ids that it offers',
    );
    expect((await served.call('scale_deployment', { namespace: 'x', name: 'y', replicas: 1 })).isError).toBe(true);
    expect((await served.client.listPrompts()).prompts.map(({ name }) => name)).toEqual(['detection']);
  });
});

describe('serve --clock', () => {
  it('wall lets the cluster follow the wall clock', async () => {
    served = await serveProgram(home.path, ['--clock', 'wall', '--problem', 'noop_detection_hotel_reservation-1']);
    const now = async () => Number((await served?.call('exec_shell', { command: 'date +%s%3N' }))?.text);
    const firstMs = await now();
    const startMs = Date.now();
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    const waitedMs = (await now()) - firstMs;
    expect(Math.abs(waitedMs - (Date.now() - startMs))).toBeLessThan(1_000);
    const sleepMs = Date.now();
    await served.call('exec_shell', { command: 'sleep 2' });
    expect(Date.now() - sleepMs).toBeGreaterThanOrEqual(1_900);
  });

  it('knows no other clocks', () => {
    const refused = cli(['serve', '--clock', 'sundial'], { home: home.path });
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain("argument 'sundial' is invalid. Allowed choices are stepped, wall.");
  });
});
