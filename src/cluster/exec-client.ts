import type { IncomingMessage, RequestOptions } from 'node:http';
import WebSocket from 'ws';
import { bytesOf, TextStream } from '../core/bytes.ts';
import { type ClusterExec, type ClusterExecResult, ClusterUnreachable } from './cluster.ts';

/** v5 can close standard input (channel 255); v4 is what servers before 1.30 speak. */
const PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];
const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const STATUS = 3;
const CLOSE = 255;
const DEFAULT_LIMIT_MS = 60_000;

interface Timer {
  after(ms: number, run: () => void): () => void;
}

/** Runs a command in a container over a WebSocket of the remote command protocol. */
export function execOverWebSocket(
  url: URL,
  options: RequestOptions,
  { command, container, stdin, timeoutMs = DEFAULT_LIMIT_MS, signal }: ClusterExec,
  timer: Timer,
): Promise<ClusterExecResult> {
  for (const part of command) url.searchParams.append('command', part);
  if (container !== undefined) url.searchParams.set('container', container);
  for (const name of ['stdout', 'stderr', ...(stdin === undefined ? [] : ['stdin'])])
    url.searchParams.set(name, 'true');
  const out: ClusterExecResult = { stdout: '', stderr: '' };
  const decoders = { stdout: new TextStream(), stderr: new TextStream() };
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, PROTOCOLS, options as WebSocket.ClientOptions);
    const cut = (): void => {
      out.timedOut = true;
      socket.terminate();
    };
    const forget = timer.after(timeoutMs, cut);
    signal?.addEventListener('abort', cut, { once: true });
    const done = (): void => {
      forget();
      signal?.removeEventListener('abort', cut);
      out.stdout += decoders.stdout.end();
      out.stderr += decoders.stderr.end();
      resolve(out);
    };
    socket.on('open', () => {
      if (stdin === undefined) return;
      socket.send(Buffer.concat([Buffer.from([STDIN]), bytesOf(stdin)]));
      if (socket.protocol === PROTOCOLS[0]) socket.send(Buffer.from([CLOSE, STDIN]));
    });
    socket.on('message', (data: Buffer) => {
      const content = data.subarray(1);
      if (data[0] === STDOUT) out.stdout += decoders.stdout.push(content);
      else if (data[0] === STDERR) out.stderr += decoders.stderr.push(content);
      else if (data[0] === STATUS) readStatus(content.toString('utf8'), out);
    });
    socket.on('unexpected-response', (_request, answer: IncomingMessage) => {
      void readRefusal(answer).then((error) => {
        out.error = error;
        socket.terminate();
        done();
      });
    });
    socket.on('close', done);
    socket.on('error', (error) => {
      if (out.error || out.timedOut) return;
      forget();
      reject(new ClusterUnreachable(error.message));
    });
  });
}

function readStatus(text: string, out: ClusterExecResult): void {
  const status = JSON.parse(text);
  const cause = status.details?.causes?.find((one: { reason: string }) => one.reason === 'ExitCode');
  if (status.status === 'Success') out.exitCode = 0;
  else if (cause) out.exitCode = Number(cause.message);
  else
    out.error = {
      code: status.code ?? 500,
      message: String(status.message).replace(/^Internal error occurred: /, ''),
      reason: status.reason,
    };
}

/** What the API server said instead of opening the socket: a Status, or plain text. */
async function readRefusal(answer: IncomingMessage): Promise<NonNullable<ClusterExecResult['error']>> {
  let body = '';
  answer.setEncoding('utf8');
  for await (const chunk of answer) body += chunk;
  try {
    const { code, message, reason, details } = JSON.parse(body);
    return { code: code ?? answer.statusCode ?? 500, message, reason, details };
  } catch {
    return { code: answer.statusCode ?? 500, message: body.trim() || (answer.statusMessage ?? 'no answer') };
  }
}
