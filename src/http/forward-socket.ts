import type { WebSocket } from 'ws';
import type { ApiHandler } from '../sim/api/api.ts';
import type { World } from '../sim/world.ts';
import { Forward } from './forward.ts';
import { bytesOfMessage } from './streams.ts';

/** Port-forward over plain WebSocket (`v4.channel.k8s.io`): per port a data and an error channel, each opened with the port. */
export function serveForward(
  socket: WebSocket,
  handler: ApiHandler,
  world: World,
  target: { namespace: string; pod: string; ports: number[] },
  onOver: () => void,
): void {
  const send = (channel: number, bytes: Buffer): void => {
    if (socket.readyState === socket.OPEN) socket.send(Buffer.concat([Buffer.from([channel]), bytes]));
  };
  let left = target.ports.length;
  const forwards = target.ports.map((port, i) => {
    const preamble = Buffer.alloc(2);
    preamble.writeUInt16LE(port);
    send(i * 2, preamble);
    send(i * 2 + 1, preamble);
    return new Forward(
      handler,
      world,
      { ...target, port },
      {
        data: (bytes) => send(i * 2, bytes),
        error: (text) => send(i * 2 + 1, Buffer.from(text, 'utf8')),
        end: () => {
          left--;
          if (left === 0) socket.close(1000);
        },
      },
    );
  });
  socket.on('message', (data) => {
    const bytes = bytesOfMessage(data);
    const channel = bytes[0] ?? 1;
    if (channel % 2 === 0) forwards[channel / 2]?.push(bytes.subarray(1));
  });
  socket.on('close', () => {
    for (const forward of forwards) forward.cancel();
    onOver();
  });
}
