import type { Conn } from '../../net/net.ts';
import type { Thread } from '../../process/task.ts';

/**
 * Idle sockets of a client library. Threads run ahead of the world by what their short work costs, so that a socket is free
 * again only at the time at which its last user's clock stood: who asks earlier by its own clock needs another one.
 */
export class SocketPool {
  readonly #idle: { conn: Conn; freeUs: number }[] = [];

  /** The socket used last that is free at the thread's time; it may have been closed meanwhile. */
  take(th: Thread): Conn | undefined {
    for (let i = this.#idle.length - 1; i >= 0; i--) {
      const entry = this.#idle[i] as { conn: Conn; freeUs: number };
      if (entry.freeUs > th.nowUs) continue;
      this.#idle.splice(i, 1);
      return entry.conn;
    }
    return undefined;
  }

  put(th: Thread, conn: Conn): void {
    this.#idle.push({ conn, freeUs: th.nowUs });
  }
}
