import { type CustomCommand, defineCommand, type ExecResult, type ResolvedCommandContext } from 'just-bash';
import type { Cluster } from '../../../cluster/cluster.ts';
import { UserError } from '../../../core/errors.ts';
import { noNetwork, type ShellNetwork } from '../../network.ts';
import { FailedWithOutput, install, rollback, test, uninstall, upgrade } from './changes.ts';
import { checkArity, findCommand, isGroup } from './commands.ts';
import { type HelmContext, helmContext } from './context.ts';
import { create } from './create.ts';
import { dependencyList, dependencyUpdate } from './dependency.ts';
import { HelmUsageError, type Parsed, parseFlags } from './flags.ts';
import { help } from './help.ts';
import { lint } from './lint.ts';
import { show, version } from './local.ts';
import { packageChart } from './package.ts';
import { pull } from './pull.ts';
import { get, history, list, showStatus } from './queries.ts';
import { push, registryLogin } from './registry.ts';
import { repoAdd, repoIndex, repoList, repoRemove, repoUpdate, searchRepo } from './repo.ts';
import { settings } from './settings.ts';
import { template } from './template.ts';
import { verify } from './verify.ts';

export interface HelmCommandOptions {
  cluster: Cluster;
  /** Where chart repositories are reached; without it no one answers. */
  network?: ShellNetwork;
  /** Namespace of the current kubectl context; `default` when not given. */
  currentNamespace?: (ctx: ResolvedCommandContext) => Promise<string>;
}

/** The agent's `helm`, for the shell's `extraCommands`. Prints what helm 4.1 prints. */
export function defineHelmCommand(options: HelmCommandOptions): CustomCommand {
  return defineCommand('helm', (args, ctx) => runHelm(options, args, ctx), { trusted: true });
}

function failure(message: string, stdout = '', warnings = ''): ExecResult {
  return { stdout, stderr: `${warnings}Error: ${message}\n`, exitCode: 1 };
}

async function runHelm(
  options: HelmCommandOptions,
  argv: string[],
  shell: ResolvedCommandContext,
): Promise<ExecResult> {
  const warnings: string[] = [];
  const home = shell.env.get('HOME') ?? '/home/agent';
  const shown = (command: string): ExecResult => ({
    stdout: help(command, home),
    stderr: warnings.join(''),
    exitCode: 0,
  });
  try {
    const { command, rest } = findCommand(argv);
    if (command === 'help') return helpOf(rest, shown);
    const flags = parseFlags(command, rest, (line) => void warnings.push(`${line}\n`));
    if (flags.bool('help') || isGroup(command)) return shown(command);
    checkArity(command, flags);
    const current = (await options.currentNamespace?.(shell)) ?? 'default';
    const namespace = flags.text('namespace') ?? (shell.env.get('HELM_NAMESPACE') || current);
    const ctx = helmContext(options.cluster, shell, namespace, warnings, options.network ?? noNetwork);
    const done = await dispatch(ctx, command, flags);
    if (typeof done === 'string') return { stdout: done, stderr: warnings.join(''), exitCode: 0 };
    return done.error === undefined
      ? { stdout: done.stdout, stderr: warnings.join(''), exitCode: 0 }
      : failure(done.error, done.stdout, warnings.join(''));
  } catch (error) {
    if (error instanceof FailedWithOutput) return failure(error.message, error.stdout, warnings.join(''));
    if (error instanceof HelmUsageError || error instanceof UserError || isHelmError(error)) {
      return failure((error as Error).message, '', warnings.join(''));
    }
    throw error;
  }
}

/** `helm help X`: of what is no command, that of helm itself after a complaint. */
function helpOf(rest: readonly string[], shown: (command: string) => ExecResult): ExecResult {
  const words = rest.filter((word) => !word.startsWith('-'));
  if (words.length === 0) return shown('');
  try {
    const { command } = findCommand(words);
    return shown(command === 'help' ? '' : command);
  } catch {
    const complaint = `Unknown help topic ${JSON.stringify(words)
      .replace(/^\["/, '[`')
      .replace(/"\]$/, '`]')
      .replaceAll('","', '` `')}\n`;
    return { ...shown(''), stderr: complaint };
  }
}

/** Errors of the engine that no action has wrapped. */
function isHelmError(error: unknown): boolean {
  return error instanceof Error && ['FunctionError', 'ParseError', 'ExecError'].includes(error.name);
}

/** What a command printed; with `error` it failed after that. */
type Outcome = string | { stdout: string; error?: string };

const COMMANDS: Record<string, (ctx: HelmContext, flags: Parsed) => Outcome | Promise<Outcome>> = {
  create,
  'dependency build': (ctx, flags) => dependencyUpdate(ctx, flags, true),
  'dependency list': dependencyList,
  'dependency update': (ctx, flags) => dependencyUpdate(ctx, flags, false),
  env: (ctx, flags) => {
    const all = settings(ctx.env, ctx.namespace);
    const [name] = flags.args;
    if (name !== undefined) return `${all[name] ?? ''}\n`;
    return Object.entries(all)
      .map(([key, value]) => `${key}="${value}"\n`)
      .join('');
  },
  history,
  install,
  lint: async (ctx, flags) => {
    const { stdout, summary, failed } = await lint(ctx, flags);
    return failed > 0 ? { stdout, error: summary } : stdout;
  },
  list,
  package: packageChart,
  'plugin list': () => 'NAME\tVERSION\tTYPE\tAPIVERSION\tPROVENANCE\tSOURCE\n',
  pull,
  push,
  'registry login': registryLogin,
  'registry logout': (ctx, flags) => {
    ctx.warn(`Removing login credentials for ${flags.args[0] ?? ''}`);
    return '';
  },
  'repo add': repoAdd,
  'repo index': repoIndex,
  'repo list': repoList,
  'repo remove': repoRemove,
  'repo update': repoUpdate,
  rollback,
  'search hub': () => {
    throw new UserError('UNSUPPORTED', 'unable to perform search against "https://hub.helm.sh"');
  },
  'search repo': searchRepo,
  status: showStatus,
  template,
  test,
  uninstall,
  upgrade,
  verify,
  version: (_, flags) => version(flags),
};

async function dispatch(ctx: HelmContext, command: string, flags: Parsed): Promise<Outcome> {
  if (command.startsWith('get ')) return get(ctx, command.slice(4), flags);
  if (command.startsWith('show ')) return show(ctx, command.slice(5), flags);
  const run = COMMANDS[command];
  if (!run) throw new HelmUsageError(`helm ${command} is not supported in this shell`);
  return run(ctx, flags);
}
