import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type Served, serveProgram, tempHome } from '../support/program.ts';

const NAMESPACE = 'test-hotel-reservation';
const home = tempHome();
let served: Served;
const open = { mitigation: '', spare: '' };

beforeAll(async () => {
  served = await serveProgram(home.path);
  open.mitigation = await served.begin('misconfig_app_hotel_res-mitigation-1');
}, 120_000);
afterAll(async () => {
  await served.close();
  home.remove();
});

/** Longest wall time that any one answer may take, on a busy machine. */
const WALL_MS = 25_000;
/** What JavaScript says when a program of ours is wrong; the agent must never read it. */
const OUR_MISTAKES =
  /Cannot read prop|is not a function|is not iterable|native code|node:internal|\bat \S+ \(|Internal error|internal error;|session had to be given up/;

async function call(tool: string, args: unknown): Promise<Answer> {
  const startMs = Date.now();
  const answer = await served.call(tool, args as Record<string, unknown>);
  expect(Date.now() - startMs).toBeLessThan(WALL_MS);
  expect(answer.text.length).toBeLessThanOrEqual(60_000);
  expect(answer.text, JSON.stringify([tool, args])?.slice(0, 2_000)).not.toMatch(OUR_MISTAKES);
  if (answer.isError) expect(answer.text.trim()).not.toBe('');
  return answer;
}

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constantFrom(
    '',
    ' ',
    '\0',
    '\u001b[2J',
    '\ud800',
    '\udfff\ud800',
    '../../etc/passwd',
    '__proto__',
    'constructor',
    "';rm -rf /;'",
  ),
  fc.constantFrom(
    '$(id)',
    '`id`',
    '-o',
    '--help',
    '-n',
    '%s%n',
    '{{.}}',
    'geo',
    NAMESPACE,
    'deployment',
    'x'.repeat(300),
  ),
);
const anything = fc.oneof(
  text,
  fc.anything({ maxDepth: 3, withBigInt: false }).map((value) => JSON.parse(JSON.stringify(value) ?? 'null')),
  fc.constantFrom(0, -1, 1e308, 1.5, 2 ** 53, true, null, [], {}),
);
/** The agent's tools with arguments of the right names, so that wrong ones get past the first check. */
const FIELDS: Record<string, string[]> = {
  exec_shell: ['command', 'timeout_s'],
  get_logs: ['namespace', 'service'],
  get_metrics: ['namespace', 'duration'],
  get_traces: ['namespace', 'duration'],
  read_metrics: ['file_path'],
  read_traces: ['file_path'],
  scale_deployment: ['namespace', 'name', 'replicas'],
  restart_deployment: ['namespace', 'name'],
  rollback_deployment: ['namespace', 'name', 'revision'],
  patch_resource: ['namespace', 'kind', 'name', 'patch'],
  list_problems: ['filter'],
  start_problem: ['problem_id', 'seed'],
  get_session: ['session_id', 'wait_s'],
  end_session: ['session_id'],
};
const STEPS_LEFT = () => served.call('get_session', { session_id: open.mitigation });

/** Sessions have a limited number of steps; a fresh one is taken in time. */
async function keepOpen(): Promise<string> {
  const { structured } = await STEPS_LEFT();
  if (structured?.['state'] !== 'running') throw new Error(`the session is ${structured?.['state']}`);
  if ((structured['steps_left'] as number) < 20) {
    await served.call('end_session', { session_id: open.mitigation });
    open.mitigation = await served.begin('misconfig_app_hotel_res-mitigation-1');
  }
  return open.mitigation;
}

describe('arguments', () => {
  const callOf = fc.constantFrom(...Object.keys(FIELDS)).chain((tool) => {
    const right = fc.record(Object.fromEntries((FIELDS[tool] as string[]).map((name) => [name, anything])), {
      requiredKeys: [],
    });
    return fc.tuple(fc.constant(tool), right, fc.option(fc.tuple(text, anything)));
  });

  it('of any kind get a typed answer, and the session goes on', async () => {
    await fc.assert(
      fc.asyncProperty(callOf, async ([tool, args, extra]) => {
        const session_id = await keepOpen();
        const own = Object.hasOwn(args, 'session_id') || tool === 'list_problems' || tool === 'start_problem';
        if (tool === 'end_session' && (args['session_id'] === undefined || args['session_id'] === session_id)) return;
        const given = { ...args, ...(extra ? { [extra[0]]: extra[1] } : {}), ...(own ? {} : { session_id }) };
        await call(tool, given);
      }),
      { seed: 20260115, numRuns: 250, endOnFailure: true },
    );
    expect((await call('exec_shell', { session_id: await keepOpen(), command: 'echo alive' })).text).toBe('alive\n');
  }, 120_000);

  it('say what is wrong and where', async () => {
    const session_id = await keepOpen();
    const say = async (tool: string, args: Record<string, unknown>) => (await call(tool, { session_id, ...args })).text;
    expect(await say('exec_shell', {})).toBe('exec_shell: command: Invalid input: expected string, received undefined');
    expect(await say('exec_shell', { command: 7 })).toBe(
      'exec_shell: command: Invalid input: expected string, received number',
    );
    expect(await say('exec_shell', { command: 'ls', timeout_s: 51 })).toBe(
      'exec_shell: timeout_s: Too big: expected number to be <=50',
    );
    expect(await say('exec_shell', { command: 'ls', cwd: '/' })).toBe('exec_shell: Unrecognized key: "cwd"');
    expect(await say('get_metrics', { namespace: NAMESPACE, duration: null })).toBe(
      'get_metrics: duration: Invalid input: expected number, received null',
    );
    expect(await say('scale_deployment', { namespace: NAMESPACE, name: 'geo', replicas: -1 })).toBe(
      'scale_deployment: replicas: Too small: expected number to be >=0',
    );
  });

  it('of a megabyte, and nested deeply, are refused or cut', async () => {
    const session_id = await keepOpen();
    const big = 'x'.repeat(1_000_000);
    let deep: unknown = 1;
    for (let i = 0; i < 2_000; i++) deep = i % 2 ? [deep] : { a: deep };
    for (const [tool, args] of [
      ['exec_shell', { command: `echo ${big}` }],
      ['exec_shell', { command: `echo ${'x'.repeat(90_000)}` }],
      ['exec_shell', { command: '('.repeat(5_000) }],
      ['exec_shell', { command: '{ '.repeat(5_000) }],
      ['exec_shell', { command: `echo ${'$('.repeat(2_000)}` }],
      ['exec_shell', { command: `if true; then ${'if true; then '.repeat(2_000)}` }],
      [
        'exec_shell',
        {
          command: `kubectl apply -f - <<'E'\n${JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, x: deep })}\nE`,
        },
      ],
      ['get_logs', { namespace: big, service: big }],
      [
        'patch_resource',
        { namespace: NAMESPACE, kind: 'deployment', name: 'geo', patch: { metadata: { annotations: { a: big } } } },
      ],
      ['patch_resource', { namespace: NAMESPACE, kind: 'deployment', name: 'geo', patch: { spec: deep } }],
      ['patch_resource', { namespace: NAMESPACE, kind: 'deployment', name: 'geo', patch: [deep, 1, null, 'x', {}] }],
      ['start_problem', { problem_id: big }],
      ['get_session', { session_id: big }],
    ] as const) {
      await call(tool, { ...(tool === 'start_problem' ? {} : { session_id }), ...args });
    }
    expect((await call('exec_shell', { session_id, command: 'echo alive' })).text).toBe('alive\n');
  }, 60_000);

  it('of submit that make no sense are answered or judged wrong, never a failure of ours', async () => {
    const odd: [string, unknown][] = [
      ['detection-1', [null]],
      ['localization-1', { a: 1 }],
      ['analysis-1', { system_level: 1 }],
      ['detection-1', 'x'.repeat(100_000)],
    ];
    for (const [kind, solution] of odd) {
      const session_id = await served.begin(`misconfig_app_hotel_res-${kind}`);
      await call('submit', { session_id, solution });
      const end = await call('end_session', { session_id });
      expect(end.structured?.['outcome']).toBe('scored');
    }
  }, 120_000);
});

describe('commands that do not end, or eat all there is', () => {
  it.each([
    'while true; do :; done',
    'for ((;;)); do echo x; done',
    'until false; do sleep 1; done',
    ':(){ :|:& };:',
    'f() { f; }; f',
    'yes',
    'yes | head -5',
    'seq 1 100000',
    'cat /dev/zero',
    'cat /dev/urandom | head -c 1000000',
    'head -c 1000000000 /dev/zero | wc -c',
    'sleep 1e9',
    'sleep infinity & wait',
    'tail -f /etc/hosts',
    'x=a; while true; do x=$x$x; done',
    'a=(); while true; do a+=(x); done',
    'echo {1..100000000}',
    'echo {a..z}{a..z}{a..z}{a..z}{a..z}{a..z}',
    "echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa! | grep -E '^(a+)+$'",
    "echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa! | grep -P '^(a+)+$'",
    "echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa! | sed -E 's/^(a|a?)+$/x/'",
    '[[ aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa! =~ ^(a+)+$ ]]',
    'jq -n \'"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!" | test("^(a+)+$")\'',
    "jq -n 'def f: f; f'",
    "jq -n '[range(1e9)] | length'",
    "jq -n 'last(repeat(1))'",
    "awk 'BEGIN { while (1) {} }'",
    'awk \'BEGIN { s = "a"; while (1) s = s s }\'',
    "sed ':a;ba' /etc/passwd",
    "printf '%1000000000d' 1",
    'echo $((2**63)) $((1/0)); echo $((9**999999999))',
    'eval "$(printf "%.0s(" {1..5000})"',
    'while true; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx >> /tmp/big; done',
    'ls /**/**/**/**/**; echo /*/*/*/*/*/*/*',
    'find / -exec find / -exec echo {} \\; \\;',
    'kubectl get pods -A -w',
    `kubectl logs -f deployment/frontend -n ${NAMESPACE}`,
    'watch -n 0.01 kubectl get pods -A',
    `while true; do kubectl get pods -A -o json; done`,
    `kubectl exec -n ${NAMESPACE} deployment/frontend -- sh -c 'while true; do :; done'`,
    `kubectl exec -n ${NAMESPACE} deployment/frontend -- sh -c 'while true; do echo x; done'`,
    `kubectl exec -n ${NAMESPACE} deployment/frontend -- sh -c 'x=a; while true; do x=$x$x; done'`,
    `kubectl exec -n ${NAMESPACE} deployment/frontend -- sh -c 'f() { f | f & }; f'`,
    `kubectl exec -n ${NAMESPACE} deployment/frontend -- cat /dev/zero`,
    'kubectl run bomb --image=busybox -- sh -c "while true; do echo x; done"; sleep 20; kubectl logs bomb | tail -2',
    'kubectl create deployment many --image=nginx --replicas=100000; sleep 5; kubectl delete deployment many',
    `curl --retry 1000 --retry-delay 1 http://nobody:1/; curl -m 1e9 http://10.0.0.1/`,
  ])('%s', { timeout: 60_000 }, async (command) => {
    const answer = await call('exec_shell', { session_id: await keepOpen(), command, timeout_s: 25 });
    expect(answer.isError).toBe(false);
  });

  it('leave a session that can still be solved', async () => {
    const session_id = await keepOpen();
    const command = `kubectl rollout undo deployment/geo -n ${NAMESPACE} && kubectl rollout status deployment/geo -n ${NAMESPACE} --timeout=45s`;
    expect((await call('exec_shell', { session_id, command, timeout_s: 50 })).text).toContain(
      'successfully rolled out',
    );
    await call('submit', { session_id });
    const end = await call('end_session', { session_id });
    expect(end.structured).toMatchObject({ outcome: 'scored', results: { success: true } });
  }, 60_000);
});
