import type { Os, Program, SpawnError } from '../../process/os.ts';
import type { Task } from '../../process/task.ts';
import { FsError } from '../../process/vfs.ts';
import { mongodMain, parseOptions, startMongod } from './mongod.ts';
import { Storage } from './storage.ts';

const INIT_DIR = '/docker-entrypoint-initdb.d';

/** docker-entrypoint.sh of the official image: initialises an empty data directory, then becomes mongod. */
export const entrypoint: Program = function* main(os) {
  let argv = os.argv.slice(1);
  if (argv[0]?.startsWith('-')) argv = ['mongod', ...argv];
  if (argv[0] !== 'mongod') {
    const child = os.spawn(argv);
    while (!child.status) yield* os.main.wait(child.exited);
    return child.status.code;
  }
  const args = argv.slice(1);
  const options = parseOptions(os, args);
  if (typeof options !== 'string' && os.fs.exists(options.dbPath) && !Storage.used(os.fs, options.dbPath)) {
    const root = os.env['MONGO_INITDB_ROOT_USERNAME'];
    const password = os.env['MONGO_INITDB_ROOT_PASSWORD'];
    if ((root === undefined) !== (password === undefined)) {
      os.stderr.write(
        "error: missing 'MONGO_INITDB_ROOT_USERNAME' or 'MONGO_INITDB_ROOT_PASSWORD'\n       both must be specified for a user to be created\n",
      );
      return 1;
    }
    const scripts = initScripts(os);
    if (root !== undefined || scripts.length > 0) {
      const code = yield* initialise(os, options, root, password, scripts);
      if (code !== 0) return code;
    }
  }
  return yield* mongodMain(os, root(args, os));
};

/** A root user turns authentication on. */
function root(args: readonly string[], os: Os): readonly string[] {
  return os.env['MONGO_INITDB_ROOT_USERNAME'] === undefined || args.includes('--auth') ? args : ['--auth', ...args];
}

function initScripts(os: Os): string[] {
  try {
    return os.fs.list(INIT_DIR).filter((f) => f.endsWith('.sh') || f.endsWith('.js'));
  } catch (error) {
    if (error instanceof FsError) return [];
    throw error;
  }
}

function* initialise(
  os: Os,
  options: Exclude<ReturnType<typeof parseOptions>, string>,
  user: string | undefined,
  password: string | undefined,
  scripts: readonly string[],
): Task<number> {
  os.stdout.write(
    'about to fork child process, waiting until server is ready for connections.\nforked process: 29\n\n',
  );
  const temporary = yield* startMongod(os, os.main, { ...options, bindIp: '127.0.0.1', auth: false }, [
    'mongod',
    '--bind_ip',
    '127.0.0.1',
  ]);
  if (typeof temporary === 'number') return temporary;
  os.stdout.write('child process started successfully, parent exiting\n');
  yield* os.main.sync();
  if (user !== undefined) {
    const script = `db.createUser({user: ${JSON.stringify(user)}, pwd: ${JSON.stringify(password)}, roles: [{role: 'root', db: 'admin'}]})`;
    const code = yield* run(os, [
      'mongo',
      '--host',
      '127.0.0.1',
      '--port',
      '27017',
      '--quiet',
      'admin',
      '--eval',
      script,
    ]);
    if (code !== 0) return code;
  }
  for (const name of scripts) {
    const path = `${INIT_DIR}/${name}`;
    os.stdout.write(`\n/usr/local/bin/docker-entrypoint.sh: running ${path}\n`);
    const database = os.env['MONGO_INITDB_DATABASE'] ?? 'test';
    const code = yield* run(
      os,
      name.endsWith('.sh')
        ? ['bash', path]
        : ['mongo', '--host', '127.0.0.1', '--port', '27017', '--quiet', database, path],
    );
    // Only a script of the shell is sourced under `set -e`; both end the start when they fail.
    if (code !== 0) return code;
  }
  temporary.stop(os.main);
  os.stdout.write('\nMongoDB init process complete; ready for start up.\n\n');
  yield* os.main.sleep(300);
  return 0;
}

function* run(os: Os, argv: readonly string[]): Task<number> {
  try {
    const child = os.spawn(argv);
    while (!child.status) yield* os.main.wait(child.exited);
    return child.status.code;
  } catch (error) {
    if ((error as SpawnError).name !== 'SpawnError') throw error;
    os.stderr.write(`/usr/local/bin/docker-entrypoint.sh: line 1: ${argv[0]}: command not found\n`);
    return 127;
  }
}
