import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { cli, type Served, serveProgram, tempHome } from '../support/program.ts';

const PROBLEM = 'misconfig_app_hotel_res-mitigation-1';
const homes: { remove(): void }[] = [];
afterAll(() => {
  for (const home of homes) home.remove();
});

function freshHome(): { path: string; sessions: string } {
  const home = tempHome();
  homes.push(home);
  return { path: home.path, sessions: join(home.path, 'sessions') };
}

interface Entry {
  event: string;
  state?: string;
}

function journalOf(sessions: string): Entry[] {
  if (!existsSync(sessions)) return [];
  const [id] = readdirSync(sessions);
  const path = join(sessions, String(id), 'journal.jsonl');
  if (id === undefined || !existsSync(path)) return [];
  const whole = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return whole.map((line) => JSON.parse(line) as Entry);
}

/** Kills the server the moment that the journal says it has entered a state. */
async function killIn(state: string, sessions: string, served: Served): Promise<void> {
  for (;;) {
    if (journalOf(sessions).some((entry) => entry.state === state)) break;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  process.kill(served.pid, 'SIGKILL');
  while (isThere(served.pid)) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** Also true of a killed child that nobody has taken note of yet. */
function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Results as a new process finds them; twice, because recovery must not happen twice. */
function results(path: string): Record<string, unknown>[] {
  const read = () => cli(['results', '--json'], { home: path }).stdout;
  const first = read();
  expect(read()).toBe(first);
  return first === ''
    ? []
    : first
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
}

describe('kill -9', () => {
  it.each(['deploying', 'baseline', 'injecting', 'running', 'evaluating'])(
    'while %s: the session is aborted, once',
    async (state) => {
      const home = freshHome();
      const served = await serveProgram(home.path);
      const work = served
        .begin(PROBLEM)
        .then(async (session_id) => {
          await served.call('exec_shell', { session_id, command: 'echo hello' });
          if (state === 'evaluating') await served.call('submit', { session_id });
        })
        .catch(() => {});
      await killIn(state, home.sessions, served);
      await work;
      const [result, ...more] = results(home.path);
      expect(more).toEqual([]);
      const [id] = readdirSync(home.sessions);
      const written = readdirSync(join(home.sessions, String(id))).sort();
      const saidSomething = written.includes('transcript.jsonl');
      expect(written).toEqual(['journal.jsonl', 'result.json', ...(saidSomething ? ['transcript.jsonl'] : [])]);
      const last = journalOf(home.sessions).at(-1)?.state ?? 'injecting';
      expect(result).toMatchObject({
        agent: 'mcp-client',
        session_id: id,
        problem_id: PROBLEM,
        task: 'mitigation',
        seed: '1',
        results: {},
        outcome: 'aborted',
        verdict: { success: false, evidence: [`the process ended while the session was ${last}`] },
        versions: { 'aiopslab-mcp': '0.1.0', node: process.versions.node },
      });
      expect(readdirSync(home.path)).toEqual(['sessions']);
    },
    60_000,
  );

  it('after the end: the result stays as it was', async () => {
    const home = freshHome();
    const served = await serveProgram(home.path);
    const session_id = await served.begin('wrong_bin_usage-detection-1');
    await served.call('submit', { session_id, solution: 'Yes' });
    const file = join(home.sessions, session_id, 'result.json');
    const before = readFileSync(file, 'utf8');
    process.kill(served.pid, 'SIGKILL');
    expect(results(home.path)).toEqual([JSON.parse(before)]);
    expect(readFileSync(file, 'utf8')).toBe(before);
  }, 60_000);
});

describe('two servers on one home', () => {
  it('leave each other’s sessions alone, and take over what a killed one left', async () => {
    const home = freshHome();
    const [first, second] = await Promise.all([serveProgram(home.path), serveProgram(home.path)]);
    const mine = await first.begin('noop_detection_hotel_reservation-1', 'a');
    const theirs = await second.begin('noop_detection_hotel_reservation-1', 'b');
    expect(results(home.path)).toEqual([]);
    process.kill(first.pid, 'SIGKILL');
    await expect.poll(() => results(home.path).map(({ session_id }) => session_id)).toEqual([mine]);
    expect((await second.call('exec_shell', { session_id: theirs, command: 'echo alive' })).text).toBe('alive\n');
    await second.call('submit', { session_id: theirs, solution: 'No' });
    const outcomes = results(home.path).map(({ session_id, outcome }) => [session_id, outcome]);
    expect(outcomes).toEqual([
      [mine, 'aborted'],
      [theirs, 'scored'],
    ]);
    await second.close();
  }, 60_000);
});

describe('the journal', () => {
  it('announces each effect before it is made, and an orderly end of the server closes its sessions', async () => {
    const home = freshHome();
    const served = await serveProgram(home.path);
    await served.begin('misconfig_app_hotel_res-detection-1');
    await served.close();
    await expect
      .poll(() => journalOf(home.sessions).map(({ event, state }) => state ?? event))
      .toEqual(['created', 'deploying', 'baseline', 'injecting', 'injected', 'running', 'aborted']);
    expect(results(home.path)).toMatchObject([
      { outcome: 'aborted', verdict: { success: false, evidence: ['the server ended'] } },
    ]);
  }, 60_000);
});
