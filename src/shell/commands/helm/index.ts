import { type CustomCommand, defineCommand, type ExecResult, type ResolvedCommandContext } from 'just-bash';
import type { Cluster } from '../../../cluster/cluster.ts';
import { UserError } from '../../../core/errors.ts';
import { own } from '../../../core/own.ts';
import { FailedWithOutput, install, rollback, test, uninstall, upgrade } from './changes.ts';
import { type HelmContext, helmContext } from './context.ts';
import { FLAGS, HelmUsageError, type Parsed, parseFlags } from './flags.ts';
import { help } from './help.ts';
import { lint, show, template, version } from './local.ts';
import { packageChart } from './package.ts';
import { get, history, list, showStatus } from './queries.ts';

export interface HelmCommandOptions {
  cluster: Cluster;
  /** Namespace of the current kubectl context; `default` when not given. */
  currentNamespace?: (ctx: ResolvedCommandContext) => Promise<string>;
}

/** The agent's `helm`, for the shell's `extraCommands`. Prints what helm 4.1 prints. */
export function defineHelmCommand(options: HelmCommandOptions): CustomCommand {
  return defineCommand('helm', (args, ctx) => runHelm(options, args, ctx), { trusted: true });
}

const ALIASES: Record<string, string> = {
  ls: 'list',
  hist: 'history',
  del: 'uninstall',
  delete: 'uninstall',
  un: 'uninstall',
  inspect: 'show',
};

interface Arity {
  min: number;
  max: number;
  usage: string;
}

const ARITY: Record<string, Arity> = {
  list: { min: 0, max: 0, usage: 'helm list [flags]' },
  status: { min: 1, max: 1, usage: 'helm status RELEASE_NAME [flags]' },
  history: { min: 1, max: 1, usage: 'helm history RELEASE_NAME [flags]' },
  install: { min: 1, max: 2, usage: 'helm install [NAME] [CHART] [flags]' },
  upgrade: { min: 2, max: 2, usage: 'helm upgrade [RELEASE] [CHART] [flags]' },
  rollback: { min: 1, max: 2, usage: 'helm rollback <RELEASE> [REVISION] [flags]' },
  uninstall: { min: 1, max: 99, usage: 'helm uninstall RELEASE_NAME [...] [flags]' },
  test: { min: 1, max: 1, usage: 'helm test [RELEASE] [flags]' },
  template: { min: 1, max: 2, usage: 'helm template [NAME] [CHART] [flags]' },
};
for (const what of ['all', 'hooks', 'manifest', 'metadata', 'notes', 'values']) {
  ARITY[`get ${what}`] = { min: 1, max: 1, usage: `helm get ${what} RELEASE_NAME [flags]` };
}
for (const what of ['all', 'chart', 'crds', 'readme', 'values']) {
  ARITY[`show ${what}`] = { min: 1, max: 1, usage: `helm show ${what} [CHART] [flags]` };
}

function checkArity(command: string, flags: Parsed): void {
  const arity = ARITY[command];
  if (!arity) return;
  const { min, max, usage } = arity;
  const count = flags.args.length;
  if (count >= min && count <= max) return;
  const plural = (n: number): string => `${n} argument${n === 1 ? '' : 's'}`;
  const wants = min === max ? plural(min) : count < min ? `at least ${plural(min)}` : `at most ${plural(max)}`;
  const needs =
    max === 0
      ? `"helm ${command}" accepts no arguments`
      : `"helm ${command}" ${count < min || min === max ? 'requires' : 'accepts'} ${wants}`;
  throw new HelmUsageError(`${needs}\n\nUsage:  ${usage}`);
}

/** Commands that would need chart repositories, a registry or the host: they answer as helm does without them. */
const OFFLINE: Record<string, (args: readonly string[]) => ExecResult> = {
  repo: (args) => {
    if (args[0] === 'list' || args[0] === 'ls') return { stdout: '', stderr: 'no repositories to show\n', exitCode: 0 };
    if (args[0] === 'update' || args[0] === 'up')
      return failure('no repositories found. You must add one before updating');
    if (args[0] !== 'add') return failure('no repositories configured');
    const url = args.filter((arg) => !arg.startsWith('-'))[2] ?? '';
    const host = /^\w+:\/\/([^/:]+)/.exec(url)?.[1] ?? url;
    const cause = `Get "${url.replace(/\/$/, '')}/index.yaml": dial tcp: lookup ${host}: no such host`;
    return failure(`looks like "${url}" is not a valid chart repository or cannot be reached: ${cause}`);
  },
  search: (args) =>
    args[0] === 'hub'
      ? failure('unable to perform search against "https://hub.helm.sh"')
      : failure('no repositories configured'),
  pull: (args) => {
    const chart = args.find((arg) => !arg.startsWith('-')) ?? '';
    return failure(
      chart.includes('://')
        ? `Get "${chart}": dial tcp: lookup failed: no such host`
        : `repo ${chart.split('/')[0]} not found`,
    );
  },
};
OFFLINE['fetch'] = OFFLINE['pull'] as (args: readonly string[]) => ExecResult;
for (const name of ['completion', 'create', 'dependency', 'dep', 'env', 'plugin', 'push', 'registry', 'verify']) {
  OFFLINE[name] = () => failure(`helm ${name} is not supported in this shell`);
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
  try {
    const { command, rest } = findCommand(argv);
    if (command === '' || command === 'help') return { stdout: help(rest.join(' ')), stderr: '', exitCode: 0 };
    const offline = own(OFFLINE, command);
    if (offline) return offline(rest);
    if (!Object.hasOwn(FLAGS, command))
      return failure(`unknown command "${command}" for "helm"\nRun 'helm --help' for usage.`);
    const flags = parseFlags(command, rest);
    if (flags.bool('help')) return { stdout: help(command), stderr: '', exitCode: 0 };
    checkArity(command, flags);
    const current = (await options.currentNamespace?.(shell)) ?? 'default';
    const namespace = flags.text('namespace') ?? shell.env.get('HELM_NAMESPACE') ?? current;
    const ctx = helmContext(options.cluster, shell, namespace, warnings);
    const done = await dispatch(ctx, command, flags);
    return typeof done === 'string' ? { stdout: done, stderr: warnings.join(''), exitCode: 0 } : done;
  } catch (error) {
    if (error instanceof FailedWithOutput) return failure(error.message, error.stdout, warnings.join(''));
    if (error instanceof HelmUsageError || error instanceof UserError || isHelmError(error)) {
      return failure((error as Error).message, '', warnings.join(''));
    }
    throw error;
  }
}

/** Errors of the engine that no action has wrapped. */
function isHelmError(error: unknown): boolean {
  return error instanceof Error && ['FunctionError', 'ParseError', 'ExecError'].includes(error.name);
}

/** The command's one or two words; global flags may stand before it. */
function findCommand(argv: readonly string[]): { command: string; rest: string[] } {
  const rest = [...argv];
  const before: string[] = [];
  while (rest[0]?.startsWith('-')) {
    const flag = rest.shift() ?? '';
    if (flag === '--help' || flag === '-h') return { command: 'help', rest: [] };
    before.push(flag);
    if (['-n', '--namespace', '--kube-context', '--kubeconfig'].includes(flag) && rest[0] !== undefined)
      before.push(rest.shift() ?? '');
  }
  const word = rest.shift() ?? '';
  const command = own(ALIASES, word) ?? word;
  if (command !== 'get' && command !== 'show') return { command, rest: [...before, ...rest] };
  const what = rest[0] ?? '';
  if (!Object.hasOwn(FLAGS, `${command} ${what}`)) return { command: 'help', rest: [command] };
  return { command: `${command} ${what}`, rest: [...before, ...rest.slice(1)] };
}

async function dispatch(ctx: HelmContext, command: string, flags: Parsed): Promise<string | ExecResult> {
  if (command.startsWith('get ')) return get(ctx, command.slice(4), flags);
  if (command.startsWith('show ')) return show(ctx, command.slice(5), flags);
  switch (command) {
    case 'list':
      return list(ctx, flags);
    case 'history':
      return history(ctx, flags);
    case 'status':
      return showStatus(ctx, flags);
    case 'install':
      return install(ctx, flags);
    case 'upgrade':
      return upgrade(ctx, flags);
    case 'rollback':
      return rollback(ctx, flags);
    case 'uninstall':
      return uninstall(ctx, flags);
    case 'test':
      return test(ctx, flags);
    case 'package':
      return packageChart(ctx, flags);
    case 'template':
      return template(ctx, flags);
    case 'version':
      return version(flags);
    default: {
      const { text, failed, count } = await lint(ctx, flags);
      const summary = `${count} chart(s) linted, ${failed} chart(s) failed`;
      return failed > 0 ? failure(summary, text) : `${text}${summary}\n`;
    }
  }
}
