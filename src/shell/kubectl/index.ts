import { DeadlineReached } from '../time.ts';
import { Client } from './client.ts';
import { currentContext, loadConfig } from './config.ts';
import type { Call, KubectlHost, Verb } from './context.ts';
import { errorText, KubectlExit, UsageError } from './errors.ts';
import { type FlagSpec, type Flags, parseFlags, requestTimeout } from './flags.ts';
import { helpText, rootHelp, rootUnknown, subcommandUnknown } from './help.ts';
import { verbs } from './verbs/index.ts';

export interface KubectlResult {
  stdout: string;
  stderr: string;
  exitCode: number;
}

/** Flags that every verb takes. Those that would leave the sandbox are refused below. */
export const globalFlags: FlagSpec[] = [
  { name: 'namespace', short: 'n', type: 'string' },
  { name: 'kubeconfig', type: 'string' },
  { name: 'context', type: 'string' },
  { name: 'cluster', type: 'string' },
  { name: 'user', type: 'string' },
  { name: 'server', short: 's', type: 'string' },
  { name: 'token', type: 'string' },
  { name: 'as', type: 'string' },
  { name: 'as-group', type: 'array' },
  { name: 'as-uid', type: 'string' },
  { name: 'username', type: 'string' },
  { name: 'password', type: 'string' },
  { name: 'certificate-authority', type: 'string' },
  { name: 'client-certificate', type: 'string' },
  { name: 'client-key', type: 'string' },
  { name: 'tls-server-name', type: 'string' },
  { name: 'insecure-skip-tls-verify', type: 'bool' },
  { name: 'cache-dir', type: 'string' },
  { name: 'disable-compression', type: 'bool' },
  { name: 'match-server-version', type: 'bool' },
  { name: 'request-timeout', type: 'string', default: '0' },
  { name: 'warnings-as-errors', type: 'bool' },
  { name: 'v', short: 'v', type: 'string', unsupported: true },
];

const REFUSED = [
  'server',
  'token',
  'username',
  'password',
  'client-certificate',
  'client-key',
  'certificate-authority',
  'tls-server-name',
  'cluster',
  'user',
];

function pick(list: Verb[], name: string): Verb | undefined {
  return list.find((verb) => verb.name === name || verb.aliases?.includes(name));
}

/** Splits leading global flags off, so that `kubectl -n x get pods` works. */
function splitLeading(argv: string[]): { leading: string[]; rest: string[] } {
  let i = 0;
  while (i < argv.length && argv[i]!.startsWith('-') && argv[i] !== '--' && argv[i] !== '-h' && argv[i] !== '--help') {
    const arg = argv[i]!;
    const spec = globalFlags.find((flag) => arg === `--${flag.name}` || (flag.short && arg === `-${flag.short}`));
    i += spec && spec.type !== 'bool' ? 2 : 1;
  }
  return { leading: argv.slice(0, i), rest: argv.slice(i) };
}

function findVerb(argv: string[]): { verb: Verb; command: string; rest: string[] } {
  let verb = pick(verbs, argv[0]!);
  if (!verb) throw new KubectlExit(rootUnknown(argv[0]!, verbs));
  let command = `kubectl ${verb.name}`;
  let rest = argv.slice(1);
  while (verb.subcommands && rest.length > 0) {
    const at = rest.findIndex((arg) => !arg.startsWith('-'));
    const child: Verb | undefined = at < 0 ? undefined : pick(verb.subcommands, rest[at]!);
    if (!child) break;
    verb = child;
    command += ` ${child.name}`;
    rest = [...rest.slice(0, at), ...rest.slice(at + 1)];
  }
  return { verb, command, rest };
}

/** The client that acts as --as says, or the plain one. */
function impersonating(client: Client, flags: Flags): Client {
  const user = flags.str('as');
  const groups = flags.list('as-group');
  if (user === '' && groups.length > 0)
    throw new KubectlExit('error: requesting uid, groups or user-extra without impersonating a user');
  if (user === '') return client;
  const uid = flags.str('as-uid');
  return client.as({
    'impersonate-user': user,
    ...(groups.length > 0 ? { 'impersonate-group': groups.join(', ') } : {}),
    ...(uid === '' ? {} : { 'impersonate-uid': uid }),
  });
}

async function prepare(
  host: KubectlHost,
  verb: Verb,
  command: string,
  argv: string[],
  sink: Pick<Call, 'out' | 'err'>,
): Promise<Call | string> {
  const own = new Set(verb.flags.map((flag) => flag.name));
  const shorts = new Set(verb.flags.map((flag) => flag.short));
  const inherited = globalFlags
    .filter((flag) => !own.has(flag.name))
    .map((flag) => (shorts.has(flag.short) ? { ...flag, short: undefined } : flag));
  const parsed = parseFlags(argv, [...verb.flags, ...inherited], command, verb.interspersed ?? true);
  if (parsed.help || !verb.run)
    return parsed.help || parsed.args.length === 0
      ? helpText(verb, command)
      : subcommandUnknown(verb, command, parsed.args.join(' '));
  for (const name of REFUSED)
    if (!own.has(name) && parsed.flags.changed.has(name))
      throw new KubectlExit(`error: --${name} is not supported in this shell: it speaks to one cluster as one user`);
  for (const { name, unsupported } of [...verb.flags, ...globalFlags])
    if (unsupported && parsed.flags.changed.has(name))
      throw new KubectlExit(`error: --${name} is not supported in this shell`);
  requestTimeout(parsed);
  const config = await loadConfig({ ...host, path: parsed.flags.str('kubeconfig') });
  const context = currentContext(config, parsed.flags.str('context'));
  const given = parsed.flags.str('namespace');
  return {
    ...host,
    client: impersonating(host.client, parsed.flags),
    ...parsed,
    ...sink,
    command,
    stdout: '',
    namespace: given || context?.namespace || 'default',
    namespaceGiven: given !== '',
  };
}

/** Runs one kubectl command line (without the word kubectl). Output made before a deadline or an error is kept. */
export async function runKubectl(host: KubectlHost, argv: string[]): Promise<KubectlResult> {
  let stdout = '';
  let stderr = '';
  const out = (text: string): void => {
    stdout += text;
  };
  const err = (text: string): void => {
    stderr += text;
  };
  const warned = new Set<string>();
  host.client.onWarning = (text) => {
    if (!warned.has(text)) err(`Warning: ${text}\n`);
    warned.add(text);
  };
  const finish = (exitCode: number): KubectlResult => ({ stdout, stderr, exitCode });
  try {
    const { leading, rest } = splitLeading(argv);
    if (rest.length === 0 || rest[0] === '--help' || rest[0] === '-h' || (rest[0] === 'help' && rest.length === 1)) {
      out(rootHelp(verbs));
      return finish(0);
    }
    const line = rest[0] === 'help' ? [...rest.slice(1), '--help'] : rest;
    const { verb, command, rest: args } = findVerb(line);
    const call = await prepare(host, verb, command, [...leading, ...args], { out, err });
    if (typeof call === 'string') {
      if (call.startsWith('error:')) {
        err(call);
        return finish(1);
      }
      out(call);
      return finish(0);
    }
    Object.defineProperty(call, 'stdout', { get: () => stdout });
    try {
      const code = (await verb.run!(call)) ?? 0;
      if (warned.size > 0 && call.flags.bool('warnings-as-errors'))
        throw new KubectlExit(`error: ${warned.size} warning${warned.size === 1 ? '' : 's'} received`);
      return finish(code);
    } catch (error) {
      if (error instanceof UsageError)
        throw new KubectlExit(`error: ${error.message}\nSee '${command} -h' for help and examples`);
      throw error;
    }
  } catch (error) {
    if (error instanceof DeadlineReached) return finish(124);
    if (!isSpoken(error)) throw error;
    err(errorText(error));
    return finish(error instanceof KubectlExit ? error.exitCode : 1);
  }
}

/** Errors that the tool or the server utters; anything else is a fault of ours and goes up. */
function isSpoken(error: unknown): error is Error {
  return (
    error instanceof Error &&
    ['KubectlExit', 'KubectlError', 'StatusError', 'AggregateKubectlError', 'ClusterUnreachable'].includes(error.name)
  );
}

export type { KubectlHost };
export { Client };
