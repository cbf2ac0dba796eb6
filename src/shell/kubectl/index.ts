import type { Json } from '../../kube/object.ts';
import { DeadlineReached } from '../time.ts';
import { Client } from './client.ts';
import { assertConfigExists, currentContext, loadConfig } from './config.ts';
import type { Call, KubectlHost, Verb } from './context.ts';
import { errorText, KubectlError, KubectlExit, UsageError } from './errors.ts';
import { type FlagSpec, type Flags, type ParsedArgs, parseBool, parseFlags, requestTimeout } from './flags.ts';
import { helpFlags, helpText, rootUnknown, subcommandUnknown, unknownTopic } from './help.ts';
import { logRequests } from './log.ts';
import { verbs } from './verbs/index.ts';

export interface KubectlResult {
  stdout: string;
  stderr: string;
  exitCode: number;
}

/** Flags of every verb that are carried out here, or that change nothing here; the rest of `kubectl options` is refused. */
const globalFlags: FlagSpec[] = [
  { name: 'namespace', short: 'n', type: 'string' },
  { name: 'kubeconfig', type: 'string' },
  { name: 'context', type: 'string' },
  { name: 'cluster', type: 'string' },
  { name: 'user', type: 'string' },
  { name: 'as', type: 'string' },
  { name: 'as-group', type: 'array' },
  { name: 'as-uid', type: 'string' },
  { name: 'as-user-extra', type: 'array' },
  { name: 'insecure-skip-tls-verify', type: 'bool' },
  { name: 'cache-dir', type: 'string' },
  { name: 'disable-compression', type: 'bool' },
  { name: 'log-flush-frequency', type: 'duration', default: '5s' },
  { name: 'match-server-version', type: 'bool' },
  { name: 'request-timeout', type: 'string', default: '0' },
  { name: 'v', short: 'v', type: 'int', default: '0' },
  { name: 'vmodule', type: 'string' },
  { name: 'warnings-as-errors', type: 'bool' },
];

/** Where another server, user or identity would be named: one shell speaks to one cluster as one user. */
const REFUSED = [
  'server',
  'token',
  'username',
  'password',
  'client-certificate',
  'client-key',
  'certificate-authority',
  'tls-server-name',
];

/** Commands that do not speak to a server. */
const LOCAL = /^kubectl (config|completion|options|plugin|kustomize|alpha)\b/;

function pick(list: Verb[], name: string): Verb | undefined {
  return list.find((verb) => verb.name === name || verb.aliases?.includes(name));
}

const flagsFound = new Map<string, FlagSpec[]>();

/** A verb's own flags, all others that its help lists (refused when used), and those of every command. */
export function flagsOf(verb: Verb | undefined, command: string): FlagSpec[] {
  let flags = flagsFound.get(command);
  if (!flags) {
    flags = gatherFlags(verb, command);
    flagsFound.set(command, flags);
  }
  return flags;
}

function gatherFlags(verb: Verb | undefined, command: string): FlagSpec[] {
  const listed = new Set(helpFlags(command).map(({ name }) => name));
  // lists of flags are shared between verbs; what a verb's help does not name it does not take
  const own = (verb?.flags ?? []).filter(({ name, hidden, variable }) => hidden || variable || listed.has(name));
  const out = new Map(own.map((flag) => [flag.name, flag]));
  const add = (flag: FlagSpec, unsupported?: true): void => {
    if (out.has(flag.name)) return;
    const taken = [...out.values()].some(({ short }) => short !== undefined && short === flag.short);
    out.set(flag.name, { ...flag, ...(taken ? { short: undefined } : {}), ...(unsupported ? { unsupported } : {}) });
  };
  for (const flag of helpFlags(command)) add(flag, true);
  for (const flag of globalFlags) add(flag);
  for (const flag of helpFlags('options')) add(flag, true);
  return [...out.values()];
}

/** Positions of the words that are neither flags nor values of flags, as cobra finds commands: an unknown flag takes a value. */
function words(argv: string[], flags: FlagSpec[]): number[] {
  const bare = ({ type, bare }: FlagSpec): boolean => type === 'bool' || bare !== undefined;
  const found: number[] = [];
  for (let i = 0; i < argv.length; i++) {
    const arg = argv[i]!;
    if (arg === '--') break;
    const flag = arg.startsWith('--')
      ? flags.find(({ name }) => arg === `--${name}`)
      : flags.find(({ short }) => arg === `-${short}`);
    const alone = arg.includes('=') || (flag !== undefined && bare(flag));
    if (arg.startsWith('--') ? !alone : arg.startsWith('-') && arg.length === 2 && !alone) i++;
    else if (!arg.startsWith('-') && arg !== '') found.push(i);
  }
  return found;
}

function findVerb(argv: string[]): { verb: Verb | undefined; command: string; rest: string[] } {
  let verb: Verb | undefined;
  let command = 'kubectl';
  let rest = argv;
  for (;;) {
    const at = words(rest, flagsOf(verb, command))[0];
    const list = verb ? verb.subcommands : verbs;
    const child = at === undefined ? undefined : pick(list ?? [], rest[at]!);
    if (!child) {
      if (!verb && at !== undefined && argv[0]!.startsWith('-'))
        throw new KubectlExit(`Error: flags cannot be placed before plugin name: ${argv[0]}`);
      if (!verb && at !== undefined)
        throw new KubectlExit(
          rootUnknown(
            rest[at]!,
            verbs.map(({ name }) => name),
          ),
        );
      return { verb, command, rest };
    }
    verb = child;
    command += ` ${child.name}`;
    rest = [...rest.slice(0, at), ...rest.slice(at! + 1)];
  }
}

/** The client that acts as --as says, or the plain one. `user` is who the context names. */
function impersonating(client: Client, flags: Flags, user: string): Client {
  const as = flags.str('as');
  const [groups, uid, extra] = [flags.list('as-group'), flags.str('as-uid'), flags.list('as-user-extra')];
  if (as === '' && (groups.length > 0 || uid !== '' || extra.length > 0))
    throw new KubectlExit(`error: requesting uid, groups or user-extra for ${user} without impersonating a user`);
  if (as === '') return client;
  const headers: Record<string, string> = { 'impersonate-user': as };
  if (groups.length > 0) headers['impersonate-group'] = groups.join(', ');
  if (uid !== '') headers['impersonate-uid'] = uid;
  for (const pair of extra) {
    const at = pair.indexOf('=');
    const header = `impersonate-extra-${encodeURIComponent(pair.slice(0, at).toLowerCase())}`;
    headers[header] = headers[header] === undefined ? pair.slice(at + 1) : `${headers[header]}, ${pair.slice(at + 1)}`;
  }
  return client.as(headers);
}

const PROFILES = ['none', 'cpu', 'heap', 'goroutine', 'threadcreate', 'block', 'mutex', 'trace'];

/** Help that was asked for, or that a group of commands shows when none of them follows. */
function showHelp(parsed: ParsedArgs, verb: Verb | undefined, command: string, host: KubectlHost): KubectlResult {
  // `options` is a text itself: it has no help
  const text = verb?.name === 'options' ? '' : helpText(command, host.env.get('HOME'))!;
  if (parsed.help || !verb || verb.group === 'lenient') return { stdout: text, stderr: '', exitCode: 0 };
  if (parsed.args.length > 0) throw new KubectlExit(subcommandUnknown(command, parsed.args.join(' ')));
  return verb.group === 'out' ? { stdout: text, stderr: '', exitCode: 1 } : { stdout: '', stderr: text, exitCode: 1 };
}

async function prepare(
  host: KubectlHost,
  verb: Verb | undefined,
  command: string,
  argv: string[],
  sink: Pick<Call, 'out' | 'err'>,
): Promise<Call | KubectlResult> {
  const isOn = (variable: string): boolean => parseBool(host.env.get(variable) ?? '') ?? false;
  const specs = flagsOf(verb, command).filter(({ variable }) => variable === undefined || isOn(variable));
  const parsed = parseFlags(argv, specs, command, verb?.interspersed ?? true);
  if (parsed.help || !verb?.run) return showHelp(parsed, verb, command, host);
  const profile = parsed.flags.str('profile');
  if (!verb.flags.some(({ name }) => name === 'profile') && !PROFILES.includes(profile))
    throw new KubectlExit(`error: unknown profile '${profile}'`);
  // a flag that says what holds anyway asks for nothing
  for (const { name, unsupported } of specs)
    if (
      unsupported &&
      parsed.flags.changed.has(name) &&
      parsed.flags.str(name) !== (specs.find((one) => one.name === name)?.default ?? '')
    )
      throw new KubectlExit(
        REFUSED.includes(name) && !helpFlags(command).some((flag) => flag.name === name)
          ? `error: --${name} is not supported in this shell: it speaks to one cluster as one user`
          : `error: --${name} is not supported in this shell`,
      );
  requestTimeout(parsed);
  const config = await loadConfig({ ...host, path: parsed.flags.str('kubeconfig') });
  if (!LOCAL.test(command)) await assertConfigExists({ ...host, path: parsed.flags.str('kubeconfig') });
  const named = (name: string): string => (LOCAL.test(command) ? '' : parsed.flags.str(name));
  const wanted = { context: named('context'), cluster: named('cluster'), user: named('user') };
  const context = currentContext(config, wanted);
  const server = config.clusters.find((one: Json) => one.name === context?.cluster)?.cluster?.server ?? '';
  logRequests(host, parsed.flags.int('v'), server, sink.err);
  const given = parsed.flags.str('namespace');
  return {
    ...host,
    client: impersonating(host.client, parsed.flags, context?.user ?? ''),
    ...parsed,
    ...sink,
    command,
    stdout: '',
    namespace: given || context?.namespace || 'default',
    namespaceGiven: given !== '',
  };
}

/** `kubectl help VERB`. */
function helpOn(topic: string[], host: KubectlHost): KubectlResult {
  const home = host.env.get('HOME');
  const shown = (command: string): KubectlResult => ({ stdout: helpText(command, home)!, stderr: '', exitCode: 0 });
  if (topic[0] === '--help' || topic[0] === '-h') return shown('kubectl help');
  try {
    return shown(findVerb(topic).command);
  } catch (error) {
    if (error instanceof KubectlExit) return { stdout: '', stderr: unknownTopic(topic), exitCode: 0 };
    throw error;
  }
}

/** Runs one kubectl command line (without the word kubectl). Output made before a deadline or an error is kept. */
export async function runKubectl(host: KubectlHost, argv: string[]): Promise<KubectlResult> {
  let stdout = '';
  let stderr = '';
  const out = (text: string): void => {
    stdout += text;
    host.sink?.out(text);
  };
  const err = (text: string): void => {
    stderr += text;
    host.sink?.err(text);
  };
  const warned = new Set<string>();
  host.client.onWarning = (text) => {
    if (!warned.has(text)) err(`Warning: ${text}\n`);
    warned.add(text);
  };
  const finish = (exitCode: number): KubectlResult => ({ stdout, stderr, exitCode });
  const shown = (help: KubectlResult): KubectlResult => {
    out(help.stdout);
    err(help.stderr);
    return finish(help.exitCode);
  };
  try {
    if (argv[0] === 'help') return shown(helpOn(argv.slice(1), host));
    const { verb, command, rest } = findVerb(argv);
    const call = await prepare(host, verb, command, rest, { out, err });
    if ('exitCode' in call) return shown(call);
    Object.defineProperty(call, 'stdout', { get: () => stdout });
    try {
      const code = (await verb!.run!(call)) ?? 0;
      if (warned.size > 0 && call.flags.bool('warnings-as-errors'))
        throw new KubectlExit(`error: ${warned.size} warning${warned.size === 1 ? '' : 's'} received`);
      return finish(code);
    } catch (error) {
      if (error instanceof UsageError)
        throw new KubectlExit(`error: ${error.message}\nSee '${command} -h' for help and examples`);
      throw error;
    }
  } catch (error) {
    if (error instanceof DeadlineReached) return finish(143);
    if (!isSpoken(error)) throw error;
    if (error instanceof KubectlError) out(error.printed);
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
