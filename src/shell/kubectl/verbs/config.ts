import { goYaml } from '../../../kube/go-yaml.ts';
import type { Json } from '../../../kube/object.ts';
import { ENTRY, loadConfig, normalConfig, saveConfig } from '../config.ts';
import type { Call, Verb } from '../context.ts';
import { AggregateKubectlError, KubectlError, KubectlExit, UsageError } from '../errors.ts';
import { resolvePath } from '../files.ts';
import { helpText } from '../help.ts';
import { kyaml } from '../printers/kyaml.ts';
import { objectPrinter, outputFlags, PLAIN } from '../printers/output.ts';
import { tableWriter } from '../tabwriter.ts';
import { deleteCluster, deleteContext, deleteUser, renameContext, setProperty, unsetProperty } from './config-edit.ts';
import { setCluster, setCredentials } from './config-entries.ts';

export const source = (call: Call) => ({ ...call, path: call.flags.str('kubeconfig') });

/** A wrong number of arguments: the command's help, then what was unexpected. */
export function unexpectedArgs(call: Call, word: 'Unexpected' | 'unexpected' = 'Unexpected'): KubectlExit {
  call.out(helpText(call.command, call.env.get('HOME'))!);
  return new KubectlExit(`error: ${word} args: [${call.args.join(' ')}]`);
}

/** Only what the current context needs. */
function minified(config: Json, wanted: string): Json {
  const name = wanted || config['current-context'];
  if (!name) throw new KubectlError('current-context must exist in order to minify');
  const entry = config.contexts.find((one: Json) => one.name === name);
  if (!entry) throw new KubectlError(`cannot locate context ${name}`);
  return {
    ...config,
    'current-context': name,
    contexts: [entry],
    clusters: config.clusters.filter((one: Json) => one.name === entry.context.cluster),
    users: config.users.filter((one: Json) => one.name === entry.context.user),
  };
}

const SECRET = ['token', 'password'];

/** Data in place of the files that hold it. */
async function flatten(call: Call, config: Json): Promise<void> {
  const files = [
    ['users', 'client-certificate'],
    ['users', 'client-key'],
    ['clusters', 'certificate-authority'],
  ] as const;
  for (const [list, field] of files)
    for (const one of config[list]) {
      const entry = one[ENTRY[list]];
      const path = entry?.[field];
      if (!path) continue;
      const full = resolvePath(call, path);
      if (!(await call.fs.exists(full))) throw new KubectlError(`open ${path}: no such file or directory`);
      entry[`${field}-data`] = Buffer.from(await call.fs.readFileBuffer(full)).toString('base64');
      delete entry[field];
    }
}

function hideSecrets(config: Json): void {
  for (const { user } of config.users ?? []) for (const field of SECRET) if (user?.[field]) user[field] = 'REDACTED';
  for (const list of ['clusters', 'users'] as const)
    for (const one of config[list] ?? []) {
      const entry = one[ENTRY[list]];
      for (const field of Object.keys(entry ?? {})) if (field.endsWith('-data')) entry[field] = 'DATA+OMITTED';
    }
}

async function view(call: Call): Promise<void> {
  const { flags } = call;
  if (call.args.length > 0) throw new UsageError(`unexpected arguments: [${call.args.join(' ')}]`);
  if (flags.changed.has('merge') && !flags.bool('merge') && !flags.str('kubeconfig'))
    throw new KubectlError('if merge==false a precise file must be specified');
  let config = structuredClone(await loadConfig(source(call)));
  if (flags.bool('minify')) config = minified(config, flags.str('context'));
  if (flags.bool('flatten')) await flatten(call, config);
  else if (!flags.bool('raw')) hideSecrets(config);
  const shown = normalConfig(config);
  const format = flags.str('output');
  if (format === 'yaml') return call.out(goYaml(shown));
  if (format === 'json') return call.out(`${JSON.stringify(shown, null, 4)}\n`);
  if (format === 'kyaml') return call.out(kyaml(shown, Object.keys));
  if (format === 'name') return call.out('config/<unknown>\n');
  call.out((await objectPrinter(call, PLAIN))!(shown));
}

async function current(call: Call): Promise<void> {
  const config = await loadConfig(source(call));
  if (!config['current-context']) throw new KubectlError('current-context is not set');
  call.out(`${config['current-context']}\n`);
}

async function contexts(call: Call): Promise<void> {
  const { flags, args } = call;
  const format = flags.str('output');
  if (format !== '' && format !== 'name')
    throw new KubectlError(
      `--output ${format} is not available in kubectl config get-contexts; resetting to default output format`,
    );
  const config = await loadConfig(source(call));
  const all = [...config.contexts].sort((a, b) => (a.name < b.name ? -1 : 1)) as Json[];
  const list = args.length === 0 ? all : all.filter((one) => args.includes(one.name));
  const missing = args.filter((name) => !all.some((one) => one.name === name));
  if (format === 'name') call.out(list.map((one) => `${one.name}\n`).join(''));
  else {
    const writer = tableWriter();
    if (!flags.bool('no-headers')) writer.write('CURRENT\tNAME\tCLUSTER\tAUTHINFO\tNAMESPACE\n');
    for (const { name, context } of list)
      writer.write(
        `${name === config['current-context'] ? '*' : ''}\t${name}\t${context.cluster}\t${context.user}\t${context.namespace ?? ''}\n`,
      );
    call.out(writer.take());
  }
  if (missing.length > 0)
    throw new AggregateKubectlError(missing.map((name) => new KubectlError(`context ${name} not found`)));
}

async function setContext(call: Call): Promise<void> {
  if (call.args.length > 1) throw unexpectedArgs(call);
  const config = await loadConfig(source(call));
  const isCurrent = call.flags.bool('current');
  if (isCurrent && call.args.length > 0) throw new KubectlError('you cannot specify both a context name and --current');
  if (!isCurrent && !call.args[0]) throw new KubectlError('you must specify a non-empty context name or --current');
  const name = isCurrent ? config['current-context'] : call.args[0];
  if (!name) throw new KubectlError('no current context is set');
  let entry = config.contexts.find((one: Json) => one.name === name);
  const word = entry ? 'modified' : 'created';
  entry ??= { name, context: { cluster: '', user: '' } };
  if (word === 'created') config.contexts.push(entry);
  for (const field of ['namespace', 'cluster', 'user'])
    if (call.flags.changed.has(field)) entry.context[field] = call.flags.str(field);
  await saveConfig(source(call), config);
  call.out(`Context ${JSON.stringify(name)} ${word}.\n`);
}

async function useContext(call: Call): Promise<void> {
  if (call.args.length !== 1) throw unexpectedArgs(call);
  const config = await loadConfig(source(call));
  const name = call.args[0]!;
  if (!config.contexts.some((one: Json) => one.name === name))
    throw new KubectlError(`no context exists with the name: ${JSON.stringify(name)}`);
  await saveConfig(source(call), { ...config, 'current-context': name });
  call.out(`Switched to context ${JSON.stringify(name)}.\n`);
}

async function names(call: Call, field: 'clusters' | 'users'): Promise<void> {
  const config = await loadConfig(source(call));
  const sorted = config[field].map((one: Json) => one.name as string).sort();
  call.out(['NAME', ...sorted].map((name) => `${name}\n`).join(''));
}

const named = (name: string, run: Verb['run'], flags: Verb['flags'] = [], aliases?: string[]): Verb => ({
  name,
  aliases,
  flags,
  run,
});

export const config: Verb = {
  name: 'config',
  flags: [],
  subcommands: [
    named('current-context', current),
    named('delete-cluster', deleteCluster),
    named('delete-context', deleteContext),
    named('delete-user', deleteUser),
    named('get-clusters', (call) => names(call, 'clusters')),
    named('get-contexts', contexts, [
      { name: 'output', short: 'o', type: 'string' },
      { name: 'no-headers', type: 'bool' },
    ]),
    named('get-users', (call) => names(call, 'users')),
    named('rename-context', renameContext),
    named('set', setProperty, [{ name: 'set-raw-bytes', type: 'bool', bare: 'true' }]),
    named('set-cluster', setCluster, [
      { name: 'certificate-authority', type: 'string' },
      { name: 'embed-certs', type: 'bool' },
      { name: 'insecure-skip-tls-verify', type: 'bool' },
      { name: 'proxy-url', type: 'string' },
      { name: 'server', type: 'string' },
      { name: 'tls-server-name', type: 'string' },
    ]),
    named('set-context', setContext, [
      { name: 'current', type: 'bool' },
      { name: 'namespace', short: 'n', type: 'string' },
      { name: 'cluster', type: 'string' },
      { name: 'user', type: 'string' },
    ]),
    named('set-credentials', setCredentials, [
      { name: 'client-certificate', type: 'string' },
      { name: 'client-key', type: 'string' },
      { name: 'embed-certs', type: 'bool' },
      { name: 'password', type: 'string' },
      { name: 'token', type: 'string' },
      { name: 'username', type: 'string' },
      { name: 'auth-provider', type: 'string' },
      { name: 'auth-provider-arg', type: 'strings' },
      { name: 'exec-api-version', type: 'string' },
      { name: 'exec-arg', type: 'strings' },
      { name: 'exec-command', type: 'string' },
      { name: 'exec-env', type: 'array' },
      { name: 'exec-interactive-mode', type: 'string' },
      { name: 'exec-provide-cluster-info', type: 'bool' },
    ]),
    named('unset', unsetProperty),
    named('use-context', useContext, [], ['use']),
    named('view', view, [
      ...outputFlags.filter((flag) => flag.name !== 'output'),
      { name: 'output', short: 'o', type: 'string', default: 'yaml' },
      { name: 'minify', type: 'bool' },
      { name: 'raw', type: 'bool' },
      { name: 'flatten', type: 'bool' },
      { name: 'merge', type: 'bool', default: 'true' },
    ]),
  ],
};
