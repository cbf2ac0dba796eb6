import type { Conn } from '../../../net/net.ts';
import { NetError } from '../../../net/net.ts';
import type { DataMessage } from '../../../net/protocols.ts';
import type { Os } from '../../../process/os.ts';
import type { Task } from '../../../process/task.ts';
import type { Document, MongoReply } from '../wire.ts';
import { throwError } from './values.ts';

/** The shell's connection. */
export class ShellClient {
  constructor(
    readonly os: Os,
    readonly conn: Conn,
    readonly address: string,
    readonly tls: boolean,
  ) {}

  /** Runs a command; a broken connection is an error of the script. */
  *run(db: string, command: Document): Task<MongoReply> {
    try {
      const reply = yield* this.conn.request<DataMessage>(this.os.main, {
        proto: 'mongodb',
        kind: 'request',
        op: 'command',
        data: { db, command, tls: this.tls },
      });
      if (reply.proto === 'mongodb') return reply.data as MongoReply;
    } catch (error) {
      if (!(error instanceof NetError)) throw error;
    }
    return throwError(
      `network error while attempting to run command '${Object.keys(command)[0]}' on host '${this.address}' `,
    );
  }
}
