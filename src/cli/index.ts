import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { UserError } from '../core/errors.ts';
import { TASK_TYPES } from '../tasks/task.ts';
import type { CliEnv } from './env.ts';

/**
 * Parses the command line and runs it. Each command's code is loaded when it is the one: a server must answer at once, and none of
 * the others' code helps it.
 * The exit code: 0 fine, 1 a run that was not, 2 wrong usage.
 */
export async function main(env: CliEnv, argv: string[]): Promise<number> {
  let code = 0;
  const program = buildProgram(env, (result) => {
    code = result;
  });
  try {
    const [first = 'serve'] = argv;
    const known = program.commands.some((command) => command.name() === first);
    // commander would take it for an argument of the default command.
    if (!known && first !== 'help' && !first.startsWith('-')) program.error(`error: unknown command '${first}'`);
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof UserError) {
      env.error(`error: ${error.message}${error.hint ? `\n${error.hint}` : ''}\n`);
      return 2;
    }
    throw error;
  }
}

function buildProgram(env: CliEnv, done: (code: number) => void): Command {
  const program = new Command('aiopslab-mcp');
  program
    .description(
      'Operations incidents for AI agents, over the Model Context Protocol, on a simulated Kubernetes cluster.',
    )
    .version(env.version)
    .exitOverride()
    .configureOutput({ writeOut: env.out, writeErr: env.error })
    .showHelpAfterError('(--help shows the usage)');
  addServe(program, env);
  addLists(program, env);
  addRuns(program, env, done);
  addCluster(program, env, done);
  return program;
}

function addServe(program: Command, env: CliEnv): void {
  program
    .command('serve', { isDefault: true })
    .description('MCP server on stdio (the default command)')
    .option('--problem <id>', 'offer one session of this problem, started at the first call; its id is never shown')
    .addOption(new Option('--task <type>', 'list only the tools of this task type').choices([...TASK_TYPES]))
    .option('--seed <seed>', 'seed of the session of --problem')
    .addOption(clusterOption())
    .addOption(new Option('--kubeconfig <file>').hideHelp())
    .addOption(new Option('--context <name>').hideHelp())
    .addOption(
      new Option(
        '--clock <clock>',
        'how simulated time passes: stepped (the default) moves only with the agent’s actions',
      ).choices(['stepped', 'wall']),
    )
    .action(async (options) => (await import('./serve.ts')).serve(env, options));
}

function addLists(program: Command, env: CliEnv): void {
  program
    .command('problems')
    .description('list the problems')
    .option('--json', 'as JSON')
    .action(async ({ json }) => {
      const { problems } = await import('../problems/index.ts');
      const rows = problems.map(({ id, application, task, family, twinOf }) => ({
        id,
        application,
        task,
        family,
        twin_of: twinOf,
      }));
      env.out(
        json
          ? `${JSON.stringify(rows, null, 2)}\n`
          : table(rows.map(({ id, task, family, twin_of }) => [id, task, family, twin_of ? `twin of ${twin_of}` : ''])),
      );
    });
  program
    .command('agents')
    .description('list the built-in agents')
    .option('--json', 'as JSON')
    .action(async ({ json }) => {
      const { agents } = await import('../agents/index.ts');
      const rows = agents.map(({ name, kind, about }) => ({ name, kind, about }));
      env.out(json ? `${JSON.stringify(rows, null, 2)}\n` : table(rows.map((row) => [row.name, row.kind, row.about])));
    });
  program
    .command('results')
    .description('results of finished sessions')
    .option('--out <dir>', 'directory of the sessions')
    .option('--json', 'one line of JSON each')
    .action(({ out, json }) => {
      const store = env.diskStore(out);
      store.recover();
      const results = store.results();
      if (json) for (const result of results) env.out(`${JSON.stringify(result)}\n`);
      else
        env.out(
          table(
            results.map((item) => [
              item.session_id,
              item.problem_id,
              item.agent,
              item.outcome,
              item.verdict.success ? 'success' : 'failure',
            ]),
          ),
        );
    });
}

function addRuns(program: Command, env: CliEnv, done: (code: number) => void): void {
  program
    .command('start <problem-id>')
    .description('work on a problem yourself, in the terminal')
    .option('--seed <seed>', 'the same seed gives the same run')
    .addOption(clusterOption())
    .action(async (id, options) => done(await (await import('./start.ts')).start(env, id, options)));
  program
    .command('run')
    .description('let a built-in agent work on problems')
    .requiredOption('--problems <globs>', "ids, comma-separated, with * and ?: '*', 'misconfig*'")
    .option('--agent <name>', 'one of `aiopslab-mcp agents`', 'reference')
    .option('--seed <seed>', 'seed of the first repetition', '1')
    .option('--repeat <n>', 'sessions per problem', positive, 1)
    .option('--parallel <n>', 'worker processes', positive, 1)
    .option('--out <dir>', 'directory for journals, transcripts and results')
    .addOption(clusterOption())
    .addOption(new Option('--kubeconfig <file>').hideHelp())
    .addOption(new Option('--context <name>').hideHelp())
    .option('--json', 'one line of JSON per session', false)
    .action(async (options) => done(await (await import('./run.ts')).run(env, options)));
  program
    .command('prove')
    .description('prove that problems are sound: healthy passes, fault fails, repairs pass, cheats fail')
    .option('--problems <globs>', 'which problems', '*')
    .option('--seed <seed>', 'seed of the proofs', '1')
    .option('--parallel <n>', 'worker processes', positive, 1)
    .option('--json', 'one line of JSON per problem', false)
    .action(async (options) => done(await (await import('./prove.ts')).prove(env, options)));
  program
    .command('demo')
    .description('walk through one incident with a scripted agent')
    .action(async () => done(await (await import('./demo.ts')).demo(env)));
  program
    .command('run-worker', { hidden: true })
    .requiredOption('--agent <name>')
    .option('--out <dir>')
    .action(async (options) => env.serveLines((await import('./run.ts')).runWorker(env, options)));
  program
    .command('prove-worker', { hidden: true })
    .action(async () => env.serveLines((await import('./prove.ts')).proveWorker(env)));
}

/** Faster than this no machine simulates a cluster with load. */
const SPEED_MAX = 1_000;

function addCluster(program: Command, env: CliEnv, done: (code: number) => void): void {
  program
    .command('doctor')
    .description('check that everything works here, or that a cluster has what sessions need')
    .addOption(clusterOption())
    .option('--json', 'as JSON')
    .action(async (options) => done(await (await import('./doctor.ts')).doctor(env, options)));
  const cluster = program
    .command('cluster')
    .description('the simulated cluster for other clients (kubectl, helm, k9s)');
  cluster
    .command('up')
    .description('serve the simulated Kubernetes API on loopback until interrupted')
    .option('--app <name>', 'install this application, e.g. hotel-reservation')
    .option('--port <n>', 'port; 0 takes a free one', port, 0)
    .option('--kubeconfig <file>', 'where to write the kubeconfig')
    .addOption(
      new Option('--clock <clock>', 'wall follows the wall clock; stepped moves while a client waits')
        .choices(['wall', 'stepped'])
        .default('wall'),
    )
    .option('--speed <n>', 'with --clock wall: virtual seconds per second, e.g. 10', speed)
    .addOption(
      new Option('--with <extra...>', 'install this as well')
        .choices(['chaos-mesh', 'metrics-server'])
        .default([], 'nothing'),
    )
    .option('--seed <seed>', 'seed of the cluster', '1')
    .action(async (options) => (await import('./cluster-up.ts')).clusterUp(env, options));
}

function clusterOption(): Option {
  return new Option(
    '--cluster <kubeconfig[:context]>',
    'work on this cluster instead of simulated ones, one session at a time',
  );
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('must be a whole number of at least 1.');
  return value;
}

function speed(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= SPEED_MAX))
    throw new InvalidArgumentError(`must be a number above 0, at most ${SPEED_MAX}.`);
  return value;
}

function port(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65535) throw new InvalidArgumentError('must be a port number.');
  return value;
}

/** Columns aligned with three blanks between, as kubectl prints. */
function table(rows: string[][]): string {
  const widths: number[] = [];
  for (const row of rows) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, i) => cell.padEnd((widths[i] ?? 0) + 3))
          .join('')
          .trimEnd()}\n`,
    )
    .join('');
}
