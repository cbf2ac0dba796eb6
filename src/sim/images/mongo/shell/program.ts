import * as acorn from 'acorn';
import { NetError } from '../../../net/net.ts';
import type { Os, Program } from '../../../process/os.ts';
import type { Task } from '../../../process/task.ts';
import { FsError } from '../../../process/vfs.ts';
import { VERSION } from '../mongod.ts';
import type { Document } from '../wire.ts';
import { type Arguments, parseArguments } from './arguments.ts';
import { ShellClient } from './client.ts';
import { Cursor, type ShellContext } from './cursor.ts';
import { Database, newObjectId } from './database.ts';
import { Interpreter, Scope } from './interpreter.ts';
import {
  errorText,
  fromWire,
  HostFunction,
  isHostObject,
  NumberLong,
  ObjectId,
  ScriptError,
  ShellErrorValue,
  tojson,
} from './values.ts';

const EXIT_EVAL = 252;
const EXIT_LOAD = 253;
const CONNECT_STACK =
  'connect@src/mongo/shell/mongo.js:374:17\n@(connect):2:6\nexception: connect failed\nexiting with code 1\n';

/** The legacy `mongo` shell 4.4. */
export const mongo: Program = function* main(os) {
  const args = parseArguments(os.argv.slice(1));
  if (typeof args === 'string') {
    os.stderr.write(`${args}\ntry 'mongo --help' for more information\n`);
    return 1;
  }
  if (args.version) {
    os.stdout.write(`MongoDB shell version v${VERSION}\nBuild Info: {\n    "version": "${VERSION}"\n}\n`);
    return 0;
  }
  if (!args.quiet) os.stdout.write(`MongoDB shell version v${VERSION}\n`);
  let client: ShellClient | undefined;
  if (!args.nodb) {
    if (!args.quiet) os.stdout.write(`connecting to: ${args.url}\n`);
    client = yield* connect(os, args);
    if (!client) return 1;
    if (!args.quiet) {
      os.stdout.write(
        `Implicit session: session { "id" : UUID("${uuidText(os)}") }\nMongoDB server version: ${VERSION}\n`,
      );
    }
  }
  return yield* new Session(os, args, client as ShellClient).run();
};

function uuidText(os: Os): string {
  const h = os.rng.hex(32);
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-4${h.slice(13, 16)}-a${h.slice(17, 20)}-${h.slice(20)}`;
}

function* connect(os: Os, args: Arguments): Task<ShellClient | undefined> {
  const address = `${args.host}:${args.port}`;
  try {
    const conn = yield* os.dial(os.main, args.host, args.port);
    const client = new ShellClient(os, conn, address, args.tls);
    if (args.user !== undefined) {
      const command: Document = {
        saslStart: 1,
        mechanism: 'SCRAM-SHA-256',
        user: args.user,
        password: args.password ?? '',
      };
      const reply = yield* client.run(args.authDb, command);
      if (reply.ok !== 1) {
        os.stdout.write(`Error: ${reply.errmsg} :\n${CONNECT_STACK}`);
        return undefined;
      }
    } else yield* client.run('admin', { ismaster: 1 });
    return client;
  } catch (error) {
    if (!(error instanceof NetError) && !(error instanceof ScriptError)) throw error;
    const why =
      error instanceof NetError && error.code === 'ENOTFOUND'
        ? `HostUnreachable: Could not find address for ${address}: SocketException: Host not found (authoritative)`
        : `SocketException: Error connecting to ${address} :: caused by :: ${error instanceof NetError && error.code === 'ETIMEDOUT' ? 'Connection timed out' : 'Connection refused'}`;
    os.stdout.write(
      `Error: couldn't connect to server ${address}, connection attempt failed: ${why} :\n${CONNECT_STACK}`,
    );
    return undefined;
  }
}

class Session {
  #scope = new Scope();
  #interpreter = new Interpreter(this.#scope);
  #context: ShellContext;
  #cursor: Cursor | undefined;
  #quit: number | undefined;

  constructor(
    readonly os: Os,
    readonly args: Arguments,
    client: ShellClient,
  ) {
    this.#context = {
      client,
      print: (text) => this.print(text),
      apply: (f, list) => this.#interpreter.apply(f, list, undefined, 'callback'),
    };
    const { vars } = this.#scope;
    if (client) vars.set('db', new Database(this.#context, args.db));
    for (const [name, value] of Object.entries(this.#globals())) vars.set(name, value);
  }

  print(text: string): void {
    this.os.stdout.write(`${text}\n`);
  }

  *run(): Task<number> {
    const { args, os } = this;
    if (args.evaluate !== undefined) {
      if (!(yield* this.#source(args.evaluate, true))) {
        os.stdout.write('exiting with code -4\n');
        return EXIT_EVAL;
      }
      if (this.#quit !== undefined) return this.#quit;
    }
    for (const file of args.files) {
      if (!(yield* this.#load(file))) {
        os.stdout.write(`failed to load: ${file}\nexiting with code -3\n`);
        return EXIT_LOAD;
      }
      if (this.#quit !== undefined) return this.#quit;
    }
    if (args.evaluate !== undefined || (args.files.length > 0 && !args.shell)) return 0;
    return yield* this.#standardInput();
  }

  *#load(file: string): Task<boolean> {
    try {
      return yield* this.#source(this.os.fs.read(file.startsWith('/') ? file : `${this.os.cwd}/${file}`), false);
    } catch (error) {
      if (!(error instanceof FsError)) throw error;
      this.os.stderr.write(`couldn't open file: ${file}\n`);
      return false;
    }
  }

  /** Statements one by one, from a pipe or typed: an error ends only its own statement. */
  *#standardInput(): Task<number> {
    const lines = yield* this.#lines();
    let pending = '';
    for (;;) {
      const line = yield* lines(pending === '' ? '> ' : '... ');
      if (line === undefined) break;
      pending = pending === '' ? line : `${pending}\n${line}`;
      if (pending.trim() === '') {
        pending = '';
        continue;
      }
      if (!isCommand(pending) && !isComplete(pending)) continue;
      if (pending.trim() === 'exit' || pending.trim() === 'quit') {
        pending = '';
        break;
      }
      yield* this.#source(pending, true);
      pending = '';
      if (this.#quit !== undefined) return this.#quit;
    }
    if (pending.trim() !== '') yield* this.#source(pending, true);
    if (!this.args.quiet) this.print('bye');
    return 0;
  }

  /** Where the next line comes from: typed at a prompt, or read to the end at once. */
  *#lines(): Task<(prompt: string) => Task<string | undefined>> {
    const { stdin, main } = this.os;
    const { terminal } = stdin;
    if (!terminal) {
      const parts: string[] = [];
      for (let part = yield* stdin.read(main); part !== undefined; part = yield* stdin.read(main)) parts.push(part);
      const left = parts.join('').split('\n');
      return function* () {
        return left.shift();
      };
    }
    const history: string[] = [];
    return function* (prompt) {
      const typed = yield* terminal.readLine(main, prompt, history);
      if (typed.kind !== 'line') return undefined;
      history.push(typed.text);
      return typed.text;
    };
  }

  /** Runs source text; false when it failed. Errors are printed as the shell does. */
  *#source(text: string, show: boolean): Task<boolean> {
    try {
      if (show && isCommand(text)) {
        yield* this.#command(text.trim().replace(/;$/, ''));
        return true;
      }
      const program = acorn.parse(text, { ecmaVersion: 2022, sourceType: 'script', allowReturnOutsideFunction: true });
      const value = yield* this.#interpreter.program(program.body as acorn.AnyNode[]);
      if (show) yield* this.#show(value);
      return true;
    } catch (error) {
      if (error instanceof ScriptError) {
        const inScript = error.value instanceof ShellErrorValue ? ' :' : '';
        this.print(
          `uncaught exception: ${errorText(error.value)}${inScript}\n@(shell${this.args.evaluate === undefined ? '' : ' eval'}):1:1`,
        );
      } else if (error instanceof SyntaxError) {
        this.print(`uncaught exception: SyntaxError: ${error.message.replace(/ \(\d+:\d+\)$/, '')} :\n@(shell):1:1`);
      } else throw error;
      return false;
    }
  }

  *#show(value: unknown): Task<void> {
    if (value === undefined) return;
    if (value instanceof Cursor) {
      this.#cursor = value;
      yield* value.show();
    } else if (typeof value === 'string') this.print(value);
    else if (value instanceof HostFunction) this.print(`function ${value.name}() {\n    [native code]\n}`);
    else this.print(isHostObject(value) ? value.display() : tojson(value));
  }

  *#command(text: string): Task<void> {
    const [word = '', ...rest] = text.split(/\s+/);
    const { client } = this.#context;
    if (word === 'it') {
      if (this.#cursor) yield* this.#cursor.show();
      return;
    }
    if (word === 'use') {
      this.#scope.vars.set('db', new Database(this.#context, rest[0] ?? 'test'));
      return this.print(`switched to db ${rest[0]}`);
    }
    const db = (this.#scope.vars.get('db') as Database).name;
    if (rest[0] === 'dbs' || rest[0] === 'databases') {
      const reply = yield* client.run('admin', { listDatabases: 1 });
      if (reply.ok !== 1) throw listError('listDatabases', reply);
      for (const d of reply['databases'] as { name: string; sizeOnDisk: number }[]) {
        this.print(`${d.name.padEnd(Math.max(6, d.name.length))}  ${(d.sizeOnDisk / 1024 / 1024 / 1024).toFixed(3)}GB`);
      }
    } else if (rest[0] === 'collections' || rest[0] === 'tables') {
      const reply = yield* client.run(db, { listCollections: 1, nameOnly: true });
      if (reply.ok !== 1) throw listError('listCollections', reply);
      for (const c of (reply['cursor'] as Document)['firstBatch'] as Document[]) this.print(String(c['name']));
    } else if (rest[0] === 'users' || rest[0] === 'roles') {
      const reply = yield* client.run(
        db,
        rest[0] === 'users' ? { usersInfo: 1 } : { rolesInfo: 1, showBuiltinRoles: true },
      );
      if (reply.ok !== 1) throw new ScriptError(new ShellErrorValue('Error', String(reply.errmsg), reply.code));
      for (const u of fromWire(reply[rest[0]]) as unknown[]) this.print(tojson(u));
    } else throw new ScriptError(new ShellErrorValue('Error', `don't know how to show [${rest.join(' ')}]`));
  }

  #globals(): Record<string, unknown> {
    const { os } = this;
    const host = (name: string, call: (args: unknown[]) => unknown): HostFunction =>
      new HostFunction(name, function* (args) {
        return call(args);
      });
    const text = (v: unknown): string =>
      typeof v === 'string'
        ? v
        : isHostObject(v)
          ? v.display()
          : typeof v === 'object' && v !== null && !(v instanceof ObjectId)
            ? '[object Object]'
            : v instanceof ObjectId
              ? tojson(v)
              : String(v);
    const error = host('Error', ([message]) => new ShellErrorValue('Error', String(message ?? '')));
    return {
      print: host('print', (args) => this.print(args.map(text).join(' '))),
      printjson: host('printjson', ([v]) => this.print(tojson(v))),
      printjsononeline: host('printjsononeline', ([v]) => this.print(tojson(v, true))),
      tojson: host('tojson', ([v]) => tojson(v)),
      ObjectId: host('ObjectId', ([hex]) => new ObjectId(typeof hex === 'string' ? hex : newObjectId(this.#context))),
      ISODate: host('ISODate', ([t]) => new Date(t === undefined ? os.main.nowMs : Date.parse(String(t)))),
      Date: host(
        'Date',
        ([t]) => new Date(t === undefined ? os.main.nowMs : typeof t === 'number' ? t : Date.parse(String(t))),
      ),
      NumberLong: host('NumberLong', ([n]) => new NumberLong(Number(n))),
      NumberInt: host('NumberInt', ([n]) => Math.trunc(Number(n))),
      NumberDecimal: host('NumberDecimal', ([n]) => Number(n)),
      Number: host('Number', ([n]) => Number(n)),
      String: host('String', ([v]) => text(v)),
      Array: host('Array', (args) => args),
      parseInt: host('parseInt', ([t, radix]) => Number.parseInt(String(t), Number(radix ?? 10))),
      parseFloat: host('parseFloat', ([t]) => Number.parseFloat(String(t))),
      isNaN: host('isNaN', ([v]) => Number.isNaN(Number(v))),
      Error: error,
      quit: host('quit', ([code]) => {
        this.#quit = Number(code ?? 0);
        os.exit(this.#quit);
      }),
      Math: table({
        floor: Math.floor,
        ceil: Math.ceil,
        round: Math.round,
        max: Math.max,
        min: Math.min,
        abs: Math.abs,
        pow: Math.pow,
        sqrt: Math.sqrt,
        random: () => os.rng.float(),
      }),
      JSON: table({
        stringify: (v, _r, indent) => JSON.stringify(v, undefined, indent as number | undefined),
        parse: (t) => JSON.parse(String(t)),
      }),
      Object: table({
        keys: (o) => Object.keys(o as object),
        values: (o) => Object.values(o as object),
        entries: (o) => Object.entries(o as object),
      }),
      sleep: new HostFunction('sleep', function* ([ms]) {
        yield* os.main.sleep(Number(ms));
      }),
      rs: table({
        status: new HostFunction(
          'status',
          function* (this: Session): Task<unknown> {
            return fromWire(yield* this.#context.client.run('admin', { replSetGetStatus: 1 }));
          }.bind(this),
        ),
      }),
      load: new HostFunction(
        'load',
        function* (this: Session, [file]: unknown[]): Task<unknown> {
          return yield* this.#load(String(file));
        }.bind(this),
      ),
    };
  }
}

/** A namespace of plain functions, such as `Math`. */
function table(functions: Record<string, HostFunction | ((...args: never[]) => unknown)>): unknown {
  const made: Record<string, HostFunction> = {};
  for (const [name, call] of Object.entries(functions)) {
    made[name] =
      call instanceof HostFunction
        ? call
        : new HostFunction(name, function* (args) {
            return (call as (...a: unknown[]) => unknown)(...args);
          });
  }
  return { member: (name: string) => made[name], display: () => '[object Object]' };
}

function listError(command: string, reply: Document): ScriptError {
  const text = `${command} failed:${tojson(fromWire({ ...reply }))}`;
  return new ScriptError(new ShellErrorValue('Error', text, Number(reply['code'])));
}

const isCommand = (text: string): boolean => /^\s*(show\s+\w+|use\s+\S+|it)\s*;?\s*$/.test(text);

function isComplete(text: string): boolean {
  try {
    acorn.parse(text, { ecmaVersion: 2022, allowReturnOutsideFunction: true });
    return true;
  } catch (error) {
    // An error at the very end means that the statement goes on in the next line.
    return (error as { pos?: number }).pos !== text.length && !/Unterminated (template|comment)/.test(String(error));
  }
}
