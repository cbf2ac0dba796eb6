import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { median, ms, type Row, timed } from './row.ts';

const PROGRAM = 'dist/main.js';

/** How long a client waits for a server that it has just started. */
export async function spawnToInitialize(): Promise<Row[]> {
  const took = await timed(9, oneSpawn);
  const bare = await timed(9, () => execFileSync(process.execPath, ['-e', '0']));
  return [
    { what: 'server spawn to initialize answer, p50 of 9', value: ms(median(took)), target: '≤ 300 ms' },
    { what: 'yardstick: node -e 0, p50 of 9', value: ms(median(bare)), target: '' },
  ];
}

function oneSpawn(): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [PROGRAM, 'serve'], { stdio: ['pipe', 'pipe', 'ignore'] });
    child.on('error', reject);
    child.on('exit', () => reject(new Error('the server ended without an answer')));
    child.stdout.once('data', () => {
      resolve();
      child.stdin.end();
    });
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'bench', version: '1' } };
    child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params })}\n`);
  });
}

/** Memory of a server with `count` open sessions, each prepared and asked something. Where there is a /proc. */
export async function openSessions(count: number): Promise<Row[]> {
  const what = `resident memory of one server with ${count} open sessions`;
  const target = count === 100 ? '≤ 1536 MiB' : '';
  if (process.platform !== 'linux') return [{ what, value: 'measured on Linux only', target }];
  const home = mkdtempSync(join(tmpdir(), 'aiopslab-bench-'));
  const env = { ...(process.env as Record<string, string>), AIOPSLAB_HOME: home };
  const transport = new StdioClientTransport({ command: process.execPath, args: [PROGRAM, 'serve'], env });
  const client = new Client({ name: 'bench', version: '1' });
  try {
    await client.connect(transport);
    const pid = transport.pid as number;
    const empty = resident(pid);
    const call = async (name: string, args: Record<string, unknown>): Promise<Record<string, unknown> | undefined> => {
      const answer = await client.callTool({ name, arguments: args }, undefined, { timeout: 600_000 });
      if (answer.isError) throw new Error(JSON.stringify(answer.content));
      return answer.structuredContent as Record<string, unknown> | undefined;
    };
    for (let i = 0; i < count; i++) {
      const request = { problem_id: 'misconfig_app_hotel_res-mitigation-1', seed: String(i) };
      let session = await call('start_problem', request);
      const session_id = session?.['session_id'];
      while (session?.['state'] !== 'running') {
        if (session?.['state'] === 'void') throw new Error('a session could not be prepared');
        session = await call('get_session', { session_id, wait_s: 20 });
      }
      await call('exec_shell', { session_id, command: 'kubectl get pods -A' });
    }
    const full = resident(pid);
    const value = `${full} MiB (${((full - empty) / count).toFixed(1)} MiB a session)`;
    return [{ what, value, target }];
  } finally {
    await client.close();
    rmSync(home, { recursive: true, force: true });
  }
}

/** Resident set of a process, MiB. */
function resident(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB/m.exec(execFileSync('cat', [`/proc/${pid}/status`]).toString())?.[1];
  return Math.round(Number(kib) / 1024);
}
