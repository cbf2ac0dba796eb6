import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';

export interface Answer {
  status: number;
  body: string;
  /** By lower-case name; several of one name are joined by `, `. */
  headers: Record<string, string | undefined>;
}

export interface KubectlAnswer {
  stdout: string;
  stderr: string;
  exitCode: number;
}

/** A cluster that scenarios can be played on: the real one, or ours. */
export interface Target {
  request(method: string, path: string, body?: string, headers?: Record<string, string>): Promise<Answer>;
  /** kubectl with the scenario's namespace as default. The line is split like a shell would. */
  kubectl(namespace: string, line: string, stdin?: string): Promise<KubectlAnswer>;
  now(): number;
  sleep(ms: number): Promise<void>;
  /** How often a timeline looks, ms. */
  readonly pollMs: number;
  close(): Promise<void>;
}

/** A real cluster by its kubeconfig, with a real kubectl. Only the recorder uses it. */
export function realTarget(kubeconfigPath: string, kubectlPath: string): Target {
  const config = parse(readFileSync(kubeconfigPath, 'utf8'));
  const server = new URL(config.clusters[0].cluster.server);
  const token: string = config.users[0].user.token;
  const home = mkdtempSync(join(tmpdir(), 'fidelity-'));
  return {
    pollMs: 100,
    now: () => Date.now(),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    request: (method, path, body, headers) =>
      new Promise((resolve, reject) => {
        const options = {
          host: server.hostname,
          port: server.port,
          method,
          path,
          rejectUnauthorized: false,
          headers: {
            authorization: `Bearer ${token}`,
            accept: 'application/json',
            // Node sends the body of a DELETE without its length otherwise.
            ...(body ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } : {}),
            ...headers,
          },
        };
        const request = httpsRequest(options, (response) => {
          let text = '';
          response.setEncoding('utf8');
          response.on('data', (chunk) => (text += chunk));
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, body: text, headers: joined(response.headers) }),
          );
        });
        request.on('error', reject);
        request.end(body);
      }),
    kubectl: (namespace, line, stdin) =>
      new Promise((resolve) => {
        const env = { PATH: process.env['PATH'], HOME: home, KUBECONFIG: kubeconfigPath };
        const child = execFile(
          'bash',
          ['-c', `kubectl() { '${kubectlPath}' --namespace='${namespace}' "$@"; }; kubectl ${line}`],
          { env, maxBuffer: 1 << 26 },
          (error, stdout, stderr) => resolve({ stdout, stderr, exitCode: error ? Number(error.code ?? 1) : 0 }),
        );
        child.stdin?.end(stdin ?? '');
      }),
    close: async () => {},
  };
}

function joined(headers: IncomingHttpHeaders): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value].flat().join(', ')]));
}
