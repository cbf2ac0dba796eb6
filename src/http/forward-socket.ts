import type { WebSocket } from 'ws';
import { ApiError } from '../kube/status.ts';
import type { ApiHandler } from '../sim/api/api.ts';
import type { Conn } from '../sim/net/net.ts';
import type { HttpResponse, Message, RawMessage } from '../sim/net/protocols.ts';
import type { Task } from '../sim/process/task.ts';
import { Thread } from '../sim/process/task.ts';
import type { World } from '../sim/world.ts';
import { formatHttpResponse, HttpBuffer } from './http-bytes.ts';

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
  const buffers = target.ports.map(() => new HttpBuffer());
  const conns: (Conn | undefined)[] = target.ports.map(() => undefined);
  const threads = new Set<Thread>();
  target.ports.forEach((port, i) => {
    const preamble = Buffer.alloc(2);
    preamble.writeUInt16LE(port);
    send(i * 2, preamble);
    send(i * 2 + 1, preamble);
  });
  function* exchange(th: Thread, i: number, message: Message): Task<void> {
    const port = target.ports[i] as number;
    try {
      let conn = conns[i];
      if (!conn?.isOpen) {
        conn = yield* handler.dialPod(target.namespace, target.pod, port, th);
        conns[i] = conn;
      }
      const answer = yield* conn.request<HttpResponse | RawMessage>(th, message);
      yield* th.sync();
      if (answer.proto === 'http') send(i * 2, formatHttpResponse(answer));
      else send(i * 2, Buffer.from(answer.data, 'utf8'));
    } catch (error) {
      const text =
        error instanceof ApiError
          ? error.message
          : `error forwarding port ${port} to pod ${target.pod}: ${(error as Error).message}`;
      send(i * 2 + 1, Buffer.from(text, 'utf8'));
    }
  }
  socket.on('message', (data: Buffer) => {
    const bytes = Buffer.isBuffer(data) ? data : Buffer.from(data as unknown as ArrayBuffer);
    const channel = bytes[0] ?? 1;
    const buffer = channel % 2 === 0 ? buffers[channel / 2] : undefined;
    if (!buffer) return;
    for (const message of buffer.push(bytes.subarray(1))) {
      const th = new Thread(world);
      threads.add(th);
      th.start(exchange(th, channel / 2, message));
      if (th.finished) threads.delete(th);
    }
  });
  socket.on('close', () => {
    for (const th of threads) th.cancel();
    for (const conn of conns) conn?.close();
    onOver();
  });
}
