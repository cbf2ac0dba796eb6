import { request as httpsRequest } from 'node:https';
import WebSocket from 'ws';
import type {
  Cluster,
  ClusterExec,
  ClusterExecResult,
  ClusterRequest,
  ClusterResponse,
} from '../../src/cluster/cluster.ts';

/** A cluster over HTTPS with a bearer token: enough to compare the shell's kubectl with the real one on a real API server. */
export function httpCluster(server: string, token: string): Cluster {
  const send = (
    { method, path, headers, body }: ClusterRequest,
    onChunk?: (text: string) => void,
  ): Promise<ClusterResponse & { destroy(): void; ended: { value: boolean } }> =>
    new Promise((resolve, reject) => {
      const ended = { value: false };
      const url = new URL(path, server);
      const call = httpsRequest(
        url,
        { method, headers: { ...headers, authorization: `Bearer ${token}` }, rejectUnauthorized: false },
        (answer) => {
          const flat = Object.fromEntries(
            Object.entries(answer.headers).map(([name, value]) => [
              name,
              Array.isArray(value) ? value.join(', ') : String(value ?? ''),
            ]),
          );
          const base = { status: answer.statusCode ?? 0, headers: flat, destroy: () => call.destroy(), ended };
          answer.setEncoding('utf8');
          let text = '';
          answer.on('data', (chunk: string) => {
            if (onChunk) onChunk(chunk);
            else text += chunk;
          });
          answer.on('error', () => (ended.value = true));
          answer.on('end', () => {
            ended.value = true;
            if (!onChunk) resolve({ ...base, body: text });
          });
          if (onChunk) resolve({ ...base, body: '' });
        },
      );
      call.on('error', (error) => (onChunk ? undefined : reject(error)));
      call.end(body);
    });
  return {
    kind: 'kubernetes',
    request: (request) => send(request),
    stream: async (request, onChunk) => {
      const response = await send(request, onChunk);
      return {
        response,
        get ended() {
          return response.ended.value;
        },
        close: () => response.destroy(),
      };
    },
    exec: (request) => execute(server, token, request),
    clock: { now: () => Date.now(), sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)) },
    disturbances: undefined as never,
    close: async () => {},
  };
}

/** exec over the v5 channel protocol. */
function execute(
  server: string,
  token: string,
  { namespace, pod, container, command, stdin }: ClusterExec,
): Promise<ClusterExecResult> {
  const url = new URL(`/api/v1/namespaces/${namespace}/pods/${pod}/exec`, server.replace(/^http/, 'ws'));
  for (const part of command) url.searchParams.append('command', part);
  for (const [name, value] of Object.entries({
    container,
    stdout: 'true',
    stderr: 'true',
    stdin: stdin === undefined ? undefined : 'true',
  }))
    if (value) url.searchParams.set(name, value);
  return new Promise((resolve) => {
    const out: ClusterExecResult = { stdout: '', stderr: '' };
    const socket = new WebSocket(url, 'v5.channel.k8s.io', {
      rejectUnauthorized: false,
      headers: { authorization: `Bearer ${token}` },
    });
    socket.on('open', () => {
      if (stdin === undefined) return;
      socket.send(Buffer.concat([Buffer.from([0]), Buffer.from(stdin)]));
      socket.send(Buffer.from([255, 0]));
    });
    socket.on('message', (data: Buffer) => {
      const text = data.subarray(1).toString('utf8');
      if (data[0] === 1) out.stdout += text;
      if (data[0] === 2) out.stderr += text;
      if (data[0] !== 3) return;
      const status = JSON.parse(text);
      const cause = status.details?.causes?.find((one: { reason: string }) => one.reason === 'ExitCode');
      if (status.status === 'Success') out.exitCode = 0;
      else if (cause) out.exitCode = Number(cause.message);
      else out.error = { code: status.code, message: status.message, reason: status.reason };
    });
    socket.on('close', () => resolve(out));
    socket.on('error', (error) => resolve({ ...out, error: { code: 500, message: error.message } }));
  });
}
