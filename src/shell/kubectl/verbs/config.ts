import { goYaml } from '../../../kube/go-yaml.ts';
import type { Json } from '../../../kube/object.ts';
import { loadConfig, saveConfig } from '../config.ts';
import type { Call, Verb } from '../context.ts';
import { KubectlError } from '../errors.ts';
import { goJson } from '../printers/json.ts';
import { jsonPath } from '../printers/jsonpath.ts';
import { tableWriter } from '../tabwriter.ts';

const source = (call: Call) => ({ ...call, path: call.flags.str('kubeconfig') });

async function view(call: Call): Promise<void> {
  const config = await loadConfig(source(call));
  const shown = { apiVersion: 'v1', kind: 'Config', ...config };
  const format = call.flags.str('output');
  if (format.startsWith('jsonpath=')) return call.out(jsonPath(format.slice(9))(shown));
  call.out(format === 'json' ? `${goJson(shown, 4)}\n` : goYaml(shown));
}

async function current(call: Call): Promise<void> {
  const config = await loadConfig(source(call));
  if (!config['current-context']) throw new KubectlError('current-context is not set');
  call.out(`${config['current-context']}\n`);
}

async function contexts(call: Call): Promise<void> {
  const config = await loadConfig(source(call));
  const list = config.contexts as Json[];
  if (call.flags.str('output') === 'name') return call.out(list.map((one) => `${one.name}\n`).join(''));
  const writer = tableWriter();
  if (!call.flags.bool('no-headers')) writer.write('CURRENT\tNAME\tCLUSTER\tAUTHINFO\tNAMESPACE\n');
  for (const { name, context } of list)
    writer.write(
      `${name === config['current-context'] ? '*' : ''}\t${name}\t${context.cluster}\t${context.user}\t${context.namespace ?? ''}\n`,
    );
  call.out(writer.take());
}

async function setContext(call: Call): Promise<void> {
  const config = await loadConfig(source(call));
  const name = call.flags.bool('current') ? config['current-context'] : call.args[0];
  if (!name) throw new KubectlError('you must specify a non-empty context name or --current');
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
  const config = await loadConfig(source(call));
  const name = call.args[0] ?? '';
  if (!config.contexts.some((one: Json) => one.name === name))
    throw new KubectlError(`no context exists with the name: ${JSON.stringify(name)}`);
  await saveConfig(source(call), { ...config, 'current-context': name });
  call.out(`Switched to context ${JSON.stringify(name)}.\n`);
}

async function names(call: Call, field: 'clusters' | 'users'): Promise<void> {
  const config = await loadConfig(source(call));
  call.out(`NAME\n${config[field].map((one: Json) => `${one.name}\n`).join('')}`);
}

export const config: Verb = {
  name: 'config',
  flags: [],
  subcommands: [
    { name: 'current-context', flags: [], run: current },
    {
      name: 'get-clusters',
      flags: [],
      run: (call) => names(call, 'clusters'),
    },
    {
      name: 'get-contexts',
      flags: [
        { name: 'output', short: 'o', type: 'string' },
        { name: 'no-headers', type: 'bool' },
      ],
      run: contexts,
    },
    {
      name: 'get-users',
      flags: [],
      run: (call) => names(call, 'users'),
    },
    {
      name: 'set-context',
      flags: [
        { name: 'current', type: 'bool' },
        { name: 'namespace', short: 'n', type: 'string' },
        { name: 'cluster', type: 'string' },
        { name: 'user', type: 'string' },
      ],
      run: setContext,
    },
    {
      name: 'use-context',
      aliases: ['use'],
      flags: [],
      run: useContext,
    },
    {
      name: 'view',
      flags: [
        { name: 'output', short: 'o', type: 'string', default: 'yaml' },
        { name: 'minify', type: 'bool' },
        { name: 'raw', type: 'bool', unsupported: true },
        { name: 'flatten', type: 'bool', unsupported: true },
        { name: 'merge', type: 'bool', unsupported: true },
      ],
      run: view,
    },
  ],
};
