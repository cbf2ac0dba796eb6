import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Served, serveProgram, tempHome } from '../support/program.ts';

const NAMESPACE = 'test-hotel-reservation';
const home = tempHome();
let served: Served;
let detection: string;
let mitigation: string;

/** The session as the operator sees it. */
async function summary(session_id: string): Promise<Record<string, unknown>> {
  return (await served.call('get_session', { session_id })).structured ?? {};
}

async function shell(session_id: string, command: string, more: Record<string, unknown> = {}): Promise<string> {
  return (await served.call('exec_shell', { session_id, command, ...more })).text;
}

beforeAll(async () => {
  served = await serveProgram(home.path);
  detection = await served.begin('noop_detection_hotel_reservation-1');
  mitigation = await served.begin('wrong_bin_usage-mitigation-1');
}, 120_000);
afterAll(async () => {
  await served.close();
  home.remove();
});

describe('session_id', () => {
  it('must be said while several sessions are open', async () => {
    expect(await served.call('exec_shell', { command: 'ls' })).toEqual({
      text: '2 sessions are open. say which one with session_id',
      isError: true,
      structured: undefined,
    });
  });

  it('must exist', async () => {
    expect(await served.call('get_logs', { session_id: 'x', namespace: NAMESPACE, service: 'geo' })).toEqual({
      text: 'no session has this session_id. start_problem returns one; sessions end with this server',
      isError: true,
      structured: undefined,
    });
  });

  it('keeps sessions apart: files, variables and clusters', async () => {
    await shell(detection, 'echo mine > note; export WHO=detection; kubectl create namespace apart');
    expect(await shell(mitigation, 'cat note; echo "[$WHO]"; kubectl get namespace apart')).toBe(
      '[]\ncat: note: No such file or directory\nError from server (NotFound): namespaces "apart" not found\n[exit code 1]\n',
    );
    expect(await shell(detection, 'cat note; echo "[$WHO]"')).toBe('mine\n[detection]\n');
  });
});

describe('gating', () => {
  it('refuses what the task type does not allow, says what it allows, and counts the step', async () => {
    const before = (await summary(detection))['steps'] as number;
    const refused = await served.call('restart_deployment', {
      session_id: detection,
      namespace: NAMESPACE,
      name: 'geo',
    });
    expect(refused).toEqual({
      text: 'restart_deployment is not available in this session: task type detection allows exec_shell, get_logs, get_metrics, get_traces, read_metrics, read_traces, submit. Call submit when you have an answer.',
      isError: true,
      structured: undefined,
    });
    expect((await summary(detection))['steps']).toBe(before + 1);
  });

  it('allows the mitigation tools in mitigation, and answers as kubectl does', async () => {
    const session_id = mitigation;
    const name = 'search';
    expect((await served.call('scale_deployment', { session_id, namespace: NAMESPACE, name, replicas: 2 })).text).toBe(
      'deployment.apps/search scaled\n',
    );
    expect((await served.call('restart_deployment', { session_id, namespace: NAMESPACE, name })).text).toBe(
      'deployment.apps/search restarted\n',
    );
    const patch = { spec: { replicas: 1 } };
    expect(
      (await served.call('patch_resource', { session_id, namespace: NAMESPACE, kind: 'deployment', name, patch })).text,
    ).toBe('deployment.apps/search patched\n');
    expect((await served.call('rollback_deployment', { session_id, namespace: NAMESPACE, name })).text).toBe(
      'deployment.apps/search rolled back\n',
    );
    expect(
      (await served.call('scale_deployment', { session_id, namespace: NAMESPACE, name: 'none', replicas: 2 })).text,
    ).toBe('Error from server (NotFound): deployments.apps "none" not found\n');
  });
});

describe('output', () => {
  it('keeps head and tail of a long answer and says how to get the rest', async () => {
    const text = await shell(detection, 'seq 1 10000');
    expect(text.length).toBeLessThanOrEqual(20_000);
    expect(text).toMatch(/^1\n2\n3\n/);
    expect(text).toMatch(/\n9999\n10000\n$/);
    expect(text).toMatch(
      /\n\[… \d+ characters in \d+ of 10001 lines left out\. Narrow it down with grep, head, tail, or kubectl’s --tail, --since, -l, -o …\]\n/,
    );
  });

  it('cuts a command at its time, in the cluster’s time, and keeps what it printed', async () => {
    const startMs = Date.now();
    expect(await shell(detection, 'echo before; sleep 1000; echo after', { timeout_s: 50 })).toBe(
      'before\n[timed out after 50 s; partial output above]\n',
    );
    expect(Date.now() - startMs).toBeLessThan(20_000);
  });

  it('gives exit codes and errors of commands as text, which is no error of the tool', async () => {
    const answer = await served.call('exec_shell', {
      session_id: detection,
      command: 'echo out; echo err >&2; exit 3',
    });
    expect(answer).toEqual({ text: 'out\nerr\n[exit code 3]\n', isError: false, structured: undefined });
  });

  it('shows control characters that would break clients', async () => {
    expect(await shell(detection, `printf 'a\\000b\\007c\\033[0m\\n'`)).toBe('a\\x00b\\x07c\x1b[0m\n');
  });
});

describe('resources of a session', () => {
  it('says the same as the tools', async () => {
    const { description, instructions } = await summary(mitigation);
    const read = async (uri: string): Promise<string> => {
      const { contents } = await served.client.readResource({ uri });
      return (contents[0] as { text: string }).text;
    };
    expect(await read(`aiopslab://sessions/${mitigation}/description`)).toBe(description);
    expect(await read(`aiopslab://sessions/${mitigation}/instructions`)).toBe(instructions);
    const lines = (await read(`aiopslab://sessions/${mitigation}/transcript`)).trimEnd().split('\n');
    expect(JSON.parse(lines[0] as string)).toEqual({
      step: 1,
      at: expect.any(String),
      role: 'assistant',
      tool: 'exec_shell',
      content: '{"command":"cat note; echo \\"[$WHO]\\"; kubectl get namespace apart","timeout_s":25}',
    });
    await expect(read(`aiopslab://sessions/${mitigation}/result`)).rejects.toThrow('the session has not ended');
    await expect(read(`aiopslab://sessions/${mitigation}/answer`)).rejects.toThrow('a session has no answer');
    await expect(read('aiopslab://session/transcript')).rejects.toThrow('2 sessions are open');
  });

  it('offers exported telemetry as files, as the tools read them', async () => {
    const session_id = detection;
    const exported = await served.call('get_traces', { session_id, namespace: NAMESPACE, duration: 1 });
    const path = /\S+\.csv/.exec(exported.text)?.[0] as string;
    await served.call('get_metrics', { session_id, namespace: NAMESPACE, duration: 1 });
    const { resources } = await served.client.listResources();
    const files = resources.map(({ uri }) => uri).filter((uri) => uri.includes('/files/'));
    expect(files).toHaveLength(27);
    expect(files).toContain(`aiopslab://sessions/${session_id}/files${path}`);
    const { contents } = await served.client.readResource({ uri: `aiopslab://sessions/${session_id}/files${path}` });
    const [resource] = contents as { text: string; mimeType: string }[];
    expect(resource?.mimeType).toBe('text/csv');
    expect(resource?.text.split('\n')[0]).toBe((await shell(session_id, `head -1 ${path}`)).trimEnd());
    expect((await served.call('read_traces', { session_id, file_path: path })).isError).toBe(false);
    await expect(
      served.client.readResource({ uri: `aiopslab://sessions/${session_id}/files/etc/passwd` }),
    ).rejects.toThrow('no telemetry was exported to /etc/passwd');
  });
});

describe('cancellation', () => {
  it('ends exec_shell and leaves the session usable', async () => {
    const abort = new AbortController();
    const running = served.call(
      'exec_shell',
      { session_id: detection, command: 'sleep 49', timeout_s: 50 },
      abort.signal,
    );
    abort.abort('enough');
    await expect(running).rejects.toThrow('enough');
    expect(await shell(detection, 'echo still here')).toBe('still here\n');
  });

  it('ends start_problem after the first progress and leaves the server usable', async () => {
    const abort = new AbortController();
    const messages: string[] = [];
    const starting = served.client.callTool(
      { name: 'start_problem', arguments: { problem_id: 'wrong_bin_usage-detection-1' } },
      undefined,
      {
        signal: abort.signal,
        timeout: 60_000,
        onprogress: ({ message }) => {
          messages.push(message as string);
          abort.abort('changed my mind');
        },
      },
    );
    await expect(starting).rejects.toThrow('changed my mind');
    expect(messages[0]).toBe('deploying the application');
    expect(await shell(mitigation, 'echo still here')).toBe('still here\n');
    await expect
      .poll(async () => (await served.call('exec_shell', { command: 'ls' })).text, { timeout: 20_000 })
      .toBe('2 sessions are open. say which one with session_id');
  });
});

describe('the end', () => {
  it('refuses calls afterwards and keeps result and transcript readable', async () => {
    const ended = await served.call('end_session', { session_id: detection });
    expect(ended.structured).toEqual({ session_id: detection, outcome: 'aborted', results: {} });
    expect(JSON.parse(ended.text)).toEqual(ended.structured);
    expect(await served.call('exec_shell', { session_id: detection, command: 'ls' })).toEqual({
      text: 'this session is aborted; it takes no more calls. start_problem opens a new one',
      isError: true,
      structured: undefined,
    });
    expect((await served.call('end_session', { session_id: detection })).structured).toEqual(ended.structured);
    const { contents } = await served.client.readResource({ uri: `aiopslab://sessions/${detection}/result` });
    expect(JSON.parse((contents[0] as { text: string }).text)).toEqual(ended.structured);
    expect((await summary(detection))['state']).toBe('aborted');
  });

  it('lets the session_id be left out again', async () => {
    expect((await served.call('exec_shell', { command: 'echo one' })).text).toBe('one\n');
  });
});
