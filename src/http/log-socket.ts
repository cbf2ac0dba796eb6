import type { WebSocket } from 'ws';
import { bytesOf } from '../core/bytes.ts';
import type { ApiResponse } from '../sim/api/api.ts';

/** What a log may be called over WebSockets; without a name it is binary. */
export const LOG_PROTOCOLS = ['binary.k8s.io', 'base64.binary.k8s.io'];

/** A pod's log, as the API server answered with it, over a WebSocket: one empty message to begin with, then the text in pieces. */
export function serveLog(socket: WebSocket, { body, stream }: ApiResponse, onOver: () => void): void {
  const isText = socket.protocol === 'base64.binary.k8s.io';
  const send = (text: string): void => {
    if (socket.readyState !== socket.OPEN) return;
    if (isText) socket.send(bytesOf(text).toString('base64'), { binary: false });
    else socket.send(bytesOf(text));
  };
  const end = (): void => {
    socket.close(1000);
    onOver();
  };
  send('');
  if (body !== '') send(body);
  if (!stream) {
    end();
    return;
  }
  socket.on('close', () => {
    stream.cancel();
    onOver();
  });
  stream.start(send, end);
}
