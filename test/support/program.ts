import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { sourceFiles } from '../../scripts/source-files.ts';

export const ROOT = resolve(import.meta.dirname, '../..');
/** The built program; built anew when a source is younger. */
export const PROGRAM = join(ROOT, 'dist/main.js');
buildIfStale();

function buildIfStale(): void {
  const builtMs = statSync(PROGRAM, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const stale = sourceFiles('src', 'tools').some(({ path }) => statSync(path).mtimeMs > builtMs);
  if (!stale) return;
  const done = spawnSync(process.execPath, ['scripts/build.mjs'], { cwd: ROOT, encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`the build failed:\n${done.stderr}`);
}

/** A home of its own for a test's sessions, removed with {@link Disposable}. */
export function tempHome(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'aiopslab-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export function environment(home: string): Record<string, string> {
  return { ...(process.env as Record<string, string>), AIOPSLAB_HOME: home };
}

/** Runs a command of the program to its end. */
export function cli(
  args: string[],
  options: { home: string; input?: string; timeoutMs?: number },
): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [PROGRAM, ...args], {
    cwd: ROOT,
    env: environment(options.home),
    input: options.input ?? '',
    encoding: 'utf8',
    timeout: options.timeoutMs ?? 60_000,
    maxBuffer: 64 * 1024 * 1024,
  });
}

/** The program as a child with open pipes. */
export function spawnProgram(args: string[], home: string) {
  return spawn(process.execPath, [PROGRAM, ...args], { cwd: ROOT, env: environment(home), stdio: 'pipe' });
}

export interface Answer {
  text: string;
  isError: boolean;
  structured: Record<string, unknown> | undefined;
}

export interface Served {
  client: Client;
  pid: number;
  call(tool: string, args?: Record<string, unknown>, signal?: AbortSignal): Promise<Answer>;
  /** Starts a problem and gives the session's id. */
  begin(problemId: string, seed?: string): Promise<string>;
  close(): Promise<void>;
}

/** A server process and the SDK's client on its stdio. */
export async function serveProgram(home: string, args: string[] = []): Promise<Served> {
  const command = { command: process.execPath, args: [PROGRAM, 'serve', ...args] };
  const transport = new StdioClientTransport({ ...command, env: environment(home), cwd: ROOT, stderr: 'inherit' });
  const client = new Client({ name: 'test', version: '1.0.0' });
  await client.connect(transport);
  const call: Served['call'] = async (tool, toolArgs = {}, signal) => {
    const options = { timeout: 120_000, signal };
    const result = await client.callTool({ name: tool, arguments: toolArgs }, undefined, options);
    const content = result.content as { text: string }[];
    return {
      text: content.map((item) => item.text).join(''),
      isError: result.isError === true,
      structured: result.structuredContent as Answer['structured'],
    };
  };
  return {
    client,
    pid: transport.pid as number,
    call,
    async begin(problemId, seed = '1') {
      const started = await call('start_problem', { problem_id: problemId, seed });
      if (started.isError) throw new Error(started.text);
      const session_id = started.structured?.['session_id'] as string;
      // A busy machine may answer before the session is ready.
      for (let state = started.structured?.['state']; state !== 'running'; ) {
        const answer = await call('get_session', { session_id, wait_s: 20 });
        state = answer.structured?.['state'];
        if (state === 'void' || state === 'aborted') throw new Error(answer.text);
      }
      return session_id;
    },
    close: () => client.close(),
  };
}
