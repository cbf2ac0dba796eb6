import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { wallClock } from '../../../src/host/wall-clock.ts';
import { writeKubeconfig } from '../../../src/http/kubeconfig.ts';
import { serveCluster } from '../../../src/http/serve-cluster.ts';
import { clientFolder } from '../../real-clients/lib/binaries.ts';
import { recordingCluster } from './embedded-target.ts';
import type { Answer, Target } from './target.ts';

const TOKEN = 'operator';
/** One kubectl command may live through this much real time, in which the served world runs ten times as fast. */
const CALL_LIMIT_MS = 60_000;

/** The embedded cluster behind a loopback port, and the real kubectl. Time stands still unless something waits for it. */
export async function httpTarget(seed: string): Promise<Target> {
  const { simulation } = await recordingCluster(seed);
  const { world, api } = simulation;
  const faults: unknown[] = [];
  const served = await serveCluster({
    handler: api.handler,
    world,
    clock: 'stepped',
    token: TOKEN,
    port: 0,
    timers: wallClock,
    userOfToken: (text) => api.userOfToken(text),
    onError: (error) => faults.push(error),
  });
  const home = mkdtempSync(join(tmpdir(), 'fidelity-'));
  const kubeconfig = join(home, 'config');
  writeFileSync(kubeconfig, writeKubeconfig({ url: served.url, token: TOKEN }));
  const bound = join(clientFolder(), 'kubectl');
  const alright = (): void => {
    if (faults.length > 0) throw faults[0];
  };
  return {
    pollMs: 100,
    now: () => world.nowMs,
    sleep: async (ms) => {
      world.advance(ms);
      alright();
    },
    async request(method, path, body, headers) {
      const answer = await send(served.port, method, path, body, headers);
      alright();
      return answer;
    },
    kubectl: (namespace, line, stdin) =>
      new Promise((resolve) => {
        const env = { PATH: process.env['PATH'], HOME: home, KUBECONFIG: kubeconfig };
        const script = `kubectl() { '${bound}' --namespace='${namespace}' "$@"; }; kubectl ${line}`;
        const options = { env, maxBuffer: 1 << 26, timeout: CALL_LIMIT_MS };
        const child = execFile('bash', ['-c', script], options, (error, stdout, stderr) =>
          resolve({ stdout, stderr, exitCode: error ? Number(error.code ?? 1) : 0 }),
        );
        child.stdin?.end(stdin ?? '');
      }),
    close: async () => {
      await served.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

function send(
  port: number,
  method: string,
  path: string,
  body?: string,
  headers?: Record<string, string>,
): Promise<Answer> {
  const all = {
    authorization: `Bearer ${TOKEN}`,
    accept: 'application/json',
    ...(body ? { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) } : {}),
    ...headers,
  };
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, method, path, headers: all }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => (text += chunk));
      response.on('end', () => {
        const joined = Object.entries(response.headers).map(([name, value]) => [name, [value].flat().join(', ')]);
        resolve({ status: response.statusCode ?? 0, body: text, headers: Object.fromEntries(joined) });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}
