import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cli, serveProgram, tempHome } from '../support/program.ts';

const home = tempHome();
afterAll(() => home.remove());

interface Line {
  problem_id: string;
  outcome: string;
  success: boolean;
  transcript_sha256: string;
}

/** One problem of each way of bringing an incident about. `npm run test:determinism` takes all. */
const PROBLEMS =
  process.env['DETERMINISM_PROBLEMS'] ??
  [
    'misconfig_app_hotel_res-mitigation-1',
    'network_loss_hotel_res-detection-1',
    'container_kill-detection',
    'redeploy_without_PV-mitigation-1',
  ].join(',');
const TIMEOUT_MS = process.env['DETERMINISM_PROBLEMS'] === undefined ? 240_000 : 1_800_000;

let runs = 0;
function run(...args: string[]): { lines: Line[]; transcripts: Map<string, string> } {
  const out = join(home.path, `run-${runs++}`);
  const done = cli(['run', '--problems', PROBLEMS, '--json', '--out', out, ...args], {
    home: home.path,
    timeoutMs: TIMEOUT_MS,
  });
  expect(done.status, done.stderr).toBe(0);
  const lines = done.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
  const transcripts = new Map<string, string>();
  for (const id of readdirSync(out)) {
    const { problem_id } = JSON.parse(readFileSync(join(out, id, 'result.json'), 'utf8')) as Line;
    transcripts.set(problem_id, readFileSync(join(out, id, 'transcript.jsonl'), 'utf8'));
  }
  return { lines, transcripts };
}

const hashes = (lines: Line[]) => lines.map(({ problem_id, transcript_sha256 }) => [problem_id, transcript_sha256]);
const verdicts = (lines: Line[]) => lines.map(({ problem_id, outcome, success }) => [problem_id, outcome, success]);

describe('the same seed and the same actions', () => {
  let first: ReturnType<typeof run>;
  beforeAll(() => {
    first = run('--seed', 'a');
  }, TIMEOUT_MS);

  it('give the same bytes in another process', { timeout: TIMEOUT_MS }, () => {
    const again = run('--seed', 'a');
    expect([...again.transcripts].sort()).toEqual([...first.transcripts].sort());
    expect(hashes(again.lines)).toEqual(hashes(first.lines));
  });

  it('give the same bytes in four processes at once', { timeout: TIMEOUT_MS }, () => {
    expect(hashes(run('--seed', 'a', '--parallel', '4').lines)).toEqual(hashes(first.lines));
  });

  it('with another seed give other pods and telemetry, and the same verdicts', { timeout: TIMEOUT_MS }, () => {
    const other = run('--seed', 'b');
    expect(verdicts(other.lines)).toEqual(verdicts(first.lines));
    for (const [id, text] of other.transcripts) expect(text, id).not.toBe(first.transcripts.get(id));
  });
});

describe('in one process', () => {
  it('sessions that run one after another, and beside others, do not disturb each other', {
    timeout: 120_000,
  }, async () => {
    const served = await serveProgram(home.path);
    const commands = [
      'ls -la --time-style=full-iso / /tmp; stat /etc/hostname; touch /tmp/x; date; date +%N; echo $RANDOM $RANDOM $SECONDS',
      "printf '%(%F %T)T\\n'; jq -n now; yq -n now; awk 'BEGIN { srand(); print rand(), systime() }'; time sleep 1",
      'seq 20 | shuf; sort -R /etc/passwd; mktemp; mktemp -d; head -c 8 /dev/urandom | od -An -tx1; cat /proc/sys/kernel/random/uuid',
      'tar czf /tmp/x.tgz /etc; md5sum /tmp/x.tgz; find / -newer /etc/hostname | head; uptime; ps aux; history',
      'kubectl get all -A -o yaml | md5sum; kubectl get events -A | md5sum; helm list -A; kubectl create token default',
      'kubectl run x --image=busybox --restart=Never -- sh -c "date; echo $RANDOM; cat /proc/uptime"; sleep 5; kubectl logs x',
    ];
    const play = async (seed: string): Promise<string> => {
      const session_id = await served.begin('wrong_bin_usage-detection-1', seed);
      const said: string[] = [];
      for (const command of commands) said.push((await served.call('exec_shell', { session_id, command })).text);
      await served.call('get_metrics', { session_id, namespace: 'test-hotel-reservation', duration: 2 });
      const sums = 'find ~/metrics_output ~/trace_output -type f | sort | xargs md5sum';
      said.push((await served.call('exec_shell', { session_id, command: sums })).text);
      await served.call('end_session', { session_id });
      return said.join('\n');
    };
    const alone = await play('same');
    const [beside, other] = await Promise.all([play('same'), play('different')]);
    await served.close();
    expect(beside).toBe(alone);
    expect(other).not.toBe(alone);
  });
});
