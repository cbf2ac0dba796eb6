import type { WebSocket } from 'ws';
import { bytesOf } from '../core/bytes.ts';
import type { ApiHandler } from '../sim/api/api.ts';
import { type ExecTarget, runExec } from './exec.ts';
import { bytesOfMessage } from './streams.ts';

const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const ERROR = 3;
const RESIZE = 4;
/** v5 only: the next byte names the channel that is closed. */
const CLOSE = 255;
const BASE64 = 'base64.channel.k8s.io';

/** The older protocols tell only of failures, and only their message. */
const HAS_STATUS = new Set(['v5.channel.k8s.io', 'v4.channel.k8s.io']);

/** exec or attach over a WebSocket of `v5.channel.k8s.io`, `v4.channel.k8s.io` or the older ones without a Status. */
export function serveExec(socket: WebSocket, handler: ApiHandler, target: ExecTarget, onOver: () => void): void {
  const isText = socket.protocol === BASE64;
  const send = (channel: number, text: string): void => {
    if (socket.readyState !== socket.OPEN || text === '') return;
    if (isText) socket.send(`${channel}${bytesOf(text).toString('base64')}`, { binary: false });
    else socket.send(Buffer.concat([Buffer.from([channel]), bytesOf(text)]));
  };
  const running = runExec(handler, target, {
    stdout: (text) => send(STDOUT, text),
    stderr: (text) => send(STDERR, text),
    finish(status) {
      if (HAS_STATUS.has(socket.protocol)) send(ERROR, JSON.stringify(status));
      else if (status.status !== 'Success') send(ERROR, status.message);
      socket.close(1000);
      onOver();
    },
  });
  socket.on('message', (data) => {
    const bytes = bytesOfMessage(data);
    if (isText) {
      const message = Buffer.from(bytes.toString('latin1', 1), 'base64');
      if (bytes[0] === 0x30 + STDIN) running.stdin(message);
      else if (bytes[0] === 0x30 + RESIZE) running.resize(message.toString());
    } else if (bytes[0] === RESIZE) running.resize(bytes.toString('utf8', 1));
    else if (bytes[0] === STDIN) running.stdin(bytes.subarray(1));
    else if (bytes[0] === CLOSE && bytes[1] === STDIN) running.endStdin();
  });
  socket.on('close', () => {
    running.cancel();
    onOver();
  });
}
