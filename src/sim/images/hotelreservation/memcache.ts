import type { Conn } from '../../net/net.ts';
import { NetError } from '../../net/net.ts';
import type { DataMessage } from '../../net/protocols.ts';
import type { Os } from '../../process/os.ts';
import type { Task, Thread } from '../../process/task.ts';
import type { MemcachedCommand, MemcachedReply } from '../memcached/protocol.ts';
import { goDialError, goLookupError, goPanic, type Log } from './go.ts';
import { SocketPool } from './socket-pool.ts';

/** An error of the client library, in Go's words: `EOF` or `dial tcp …`. */
export class MemcacheError extends Error {
  override readonly name = 'MemcacheError';
}

/**
 * gomemcache: the host name is resolved once at start and the address kept. Idle connections are pooled; that one was
 * closed by the server shows only at its next use, as `EOF`.
 */
export class MemcacheClient {
  #pool = new SocketPool();

  private constructor(
    readonly os: Os,
    readonly address: string,
    readonly port: number,
  ) {}

  /** Prints the start-up lines and resolves the address; a name that does not exist is a panic without log line. */
  static *connect(
    os: Os,
    th: Thread,
    log: Log,
    lines: readonly [number, number, number],
    service: string,
    address: string,
  ): Task<MemcacheClient> {
    const main = `cmd/${service}/main.go`;
    log.info(`${main}:${lines[0]}`, `Read profile memcashed address: ${address}`);
    log.info(`${main}:${lines[1]}`, 'Initializing Memcashed client...');
    log.info('tune/setting.go:61', 'Tune: GetMemCTimeout 2');
    const [host = '', port = '11211'] = address.split(':');
    try {
      const [ip] = yield* os.resolve(th, host);
      log.info(`${main}:${lines[2]}`, 'Successfull');
      return new MemcacheClient(os, ip ?? host, Number(port));
    } catch (error) {
      if (!(error instanceof NetError)) throw error;
      return goPanic(os, goLookupError(error, host), [
        {
          call: `${'github.com/harlow/go-micro-services/tune'}.NewMemCClient2({0xc00009a040, 0x1, 0x1})`,
          at: 'tune/setting.go:98 +0x1c5',
        },
        { call: 'main.main()', at: `cmd/${service}/main.go:${lines[1] + 1} +0x9f1` },
      ]);
    }
  }

  /** One command; throws {@link MemcacheError}. Keys that are missing are no error, and for no keys nobody is asked. */
  *run(th: Thread, command: MemcachedCommand): Task<MemcachedReply> {
    if (command.cmd === 'get' && command.keys.length === 0) return { status: 'END', values: new Map() };
    const conn = this.#pool.take(th) ?? (yield* this.#dial(th));
    if (!conn.isOpen) throw new MemcacheError('EOF');
    try {
      const reply = yield* conn.request<DataMessage>(th, {
        proto: 'memcached',
        kind: 'request',
        op: 'command',
        data: command,
      });
      this.#pool.put(th, conn);
      return reply.data as MemcachedReply;
    } catch (error) {
      if (!(error instanceof NetError)) throw error;
      conn.close();
      throw new MemcacheError('EOF');
    }
  }

  *#dial(th: Thread): Task<Conn> {
    try {
      return yield* this.os.dial(th, this.address, this.port, { timeoutMs: 2_000 });
    } catch (error) {
      if (!(error instanceof NetError)) throw error;
      throw new MemcacheError(goDialError(error, this.address, this.port));
    }
  }
}
