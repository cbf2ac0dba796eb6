import type { Task } from '../../../process/task.ts';
import type { Document, MongoReply } from '../wire.ts';
import type { ShellClient } from './client.ts';
import { fromWire, HostFunction, type HostObject, throwError, tojson, toWire } from './values.ts';

/** What the objects of a shell share. */
export interface ShellContext {
  client: ShellClient;
  print(text: string): void;
  apply(fn: unknown, args: unknown[]): Task<unknown>;
}

export type Method = (args: unknown[]) => Task<unknown>;

export const fn = (name: string, call: Method): HostFunction => new HostFunction(name, (args) => call(args));
export const doc = (value: unknown): Document => toWire(value ?? {}) as Document;

/** Command failed: the text that the shell's helpers throw. */
export function check(reply: MongoReply, what: string): MongoReply {
  if (reply.ok === 1) return reply;
  return throwError(`${what}: ${tojson(fromWire({ ...reply }))} `, reply.code, reply.codeName);
}

/** A query under construction; it is sent when the first result is needed. */
export class Cursor implements HostObject {
  #docs: unknown[] | undefined;
  #at = 0;
  pretty = false;

  constructor(
    readonly context: ShellContext,
    readonly db: string,
    readonly command: Document,
  ) {}

  display(): string {
    return `DBQuery: ${this.db}.${this.command['find']} -> ${tojson(this.command['filter'], true)}`;
  }

  *load(): Task<unknown[]> {
    if (!this.#docs) {
      const reply = yield* this.context.client.run(this.db, this.command);
      check(reply, 'error');
      this.#docs = ((reply['cursor'] as Document)['firstBatch'] as unknown[]).map(fromWire);
    }
    return this.#docs;
  }

  /** The next page as the prompt shows it. */
  *show(): Task<void> {
    const docs = yield* this.load();
    const page = docs.slice(this.#at, this.#at + 20);
    this.#at += page.length;
    for (const d of page) this.context.print(this.pretty ? tojson(d) : tojson(d, true));
    if (this.#at < docs.length) this.context.print('Type "it" for more');
  }

  member(name: string): unknown {
    const set = (field: string, value: unknown): this => {
      this.command[field] = value;
      return this;
    };
    const methods: Record<string, Method> = {
      *limit([n]) {
        return set('limit', Number(n));
      },
      *skip([n]) {
        return set('skip', Number(n));
      },
      *sort([spec]) {
        return set('sort', doc(spec));
      },
      *projection([spec]) {
        return set('projection', doc(spec));
      },
    };
    const load = (): Task<unknown[]> => this.load();
    const { context, db, command } = this;
    const self = this;
    Object.assign(methods, {
      *pretty() {
        self.pretty = true;
        return self;
      },
      *toArray() {
        return yield* load();
      },
      *count() {
        return check(
          yield* context.client.run(db, { count: command['find'], query: command['filter'] }),
          'count failed',
        )['n'];
      },
      *itcount() {
        return (yield* load()).length;
      },
      *size() {
        return (yield* load()).length;
      },
      *hasNext() {
        return self.#at < (yield* load()).length;
      },
      *next() {
        const docs = yield* load();
        if (self.#at >= docs.length) throwError('error hasNext: false');
        return docs[self.#at++];
      },
      *forEach([callback]: unknown[]) {
        for (const d of yield* load()) yield* context.apply(callback, [d]);
      },
      *map([callback]: unknown[]) {
        const out: unknown[] = [];
        for (const d of yield* load()) out.push(yield* context.apply(callback, [d]));
        return out;
      },
    } satisfies Record<string, Method>);
    const method = methods[name];
    return method ? fn(name, method) : undefined;
  }
}
