import type { WebSocket } from 'ws';
import type { Json } from '../kube/object.ts';
import type { UserInfo } from '../sim/api/admission.ts';
import type { ApiHandler, ExecSession } from '../sim/api/api.ts';
import { queryBool } from '../sim/api/path.ts';
import { InputPipe } from './streams.ts';

const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const ERROR = 3;
/** v5 only: the next byte names the channel that is closed. */
const CLOSE = 255;

export interface ExecTarget {
  namespace: string;
  pod: string;
  subresource: 'exec' | 'attach';
  query: URLSearchParams;
  user: UserInfo;
}

/** What the query of an exec or attach asks for. */
export function execRequest({ namespace, pod, subresource, query, user }: ExecTarget) {
  const container = query.get('container') || undefined;
  return { namespace, pod, container, command: query.getAll('command'), attach: subresource === 'attach', user };
}

/** Runs exec or attach (that `assertExec` has let pass) over a WebSocket of `v5.channel.k8s.io` or `v4.channel.k8s.io`. */
export function serveExec(socket: WebSocket, handler: ApiHandler, target: ExecTarget, onOver: () => void): void {
  const send = (channel: number, text: string): void => {
    if (socket.readyState === socket.OPEN && text !== '')
      socket.send(Buffer.concat([Buffer.from([channel]), Buffer.from(text, 'utf8')]));
  };
  const finish = (status: Json): void => {
    send(ERROR, JSON.stringify(status));
    socket.close(1000);
    onOver();
  };
  const input = queryBool(target.query, 'stdin') ? new InputPipe() : undefined;
  const sink = (channel: number) => ({ write: (text: string) => send(channel, text), close: () => {} });
  const session = handler.exec({
    ...execRequest(target),
    stdin: input,
    stdout: sink(STDOUT),
    stderr: sink(STDERR),
    tty: queryBool(target.query, 'tty'),
  });
  // a character's bytes may come in two messages
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  socket.on('message', (data: Buffer) => {
    const bytes = Buffer.isBuffer(data) ? data : Buffer.from(data as unknown as ArrayBuffer);
    if (bytes[0] === STDIN) input?.push(decoder.decode(bytes.subarray(1), { stream: true }));
    else if (bytes[0] === CLOSE && bytes[1] === STDIN) input?.end();
  });
  socket.on('close', () => {
    input?.end();
    session.cancel();
    onOver();
  });
  if (session.result) finish(statusOf(session));
  else session.finished.subscribe(() => finish(statusOf(session)));
}

function statusOf(session: ExecSession): Json {
  const { exit, error } = session.result ?? {};
  if (error !== undefined)
    return {
      metadata: {},
      status: 'Failure',
      message: `Internal error occurred: ${error}`,
      reason: 'InternalError',
      code: 500,
    };
  if (!exit || exit.code === 0) return { metadata: {}, status: 'Success' };
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: command terminated with exit code ${exit.code}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(exit.code) }] },
  };
}
