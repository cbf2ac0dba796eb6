import type { Json } from '../../../kube/object.ts';
import { configFile, ENTRY, FIELDS, loadConfig, saveConfig } from '../config.ts';
import type { Call } from '../context.ts';
import { KubectlError, UsageError } from '../errors.ts';
import { parseBool } from '../flags.ts';
import { helpText } from '../help.ts';
import { source, unexpectedArgs } from './config.ts';

type List = keyof typeof ENTRY;

const deleting =
  (list: List, word: string) =>
  async (call: Call): Promise<void> => {
    if (call.args.length !== 1) {
      if (list === 'users') throw new UsageError('user to delete is required');
      call.out(helpText(call.command, call.env.get('HOME'))!);
      return;
    }
    const [name] = call.args;
    const config = await loadConfig(source(call));
    const file = await configFile(source(call));
    const kept = config[list].filter((one: Json) => one.name !== name);
    if (kept.length === config[list].length) throw new KubectlError(`cannot delete ${word} ${name}, not in ${file}`);
    if (list === 'contexts' && config['current-context'] === name)
      call.err(
        'warning: this removed your active context, use "kubectl config use-context" to select a different one\n',
      );
    await saveConfig(source(call), { ...config, [list]: kept });
    call.out(`deleted ${word} ${name} from ${file}\n`);
  };

export const deleteCluster = deleting('clusters', 'cluster');
export const deleteContext = deleting('contexts', 'context');
export const deleteUser = deleting('users', 'user');

export async function renameContext(call: Call): Promise<void> {
  if (call.args.length !== 2) throw unexpectedArgs(call);
  const [from = '', to = ''] = call.args;
  const config = await loadConfig(source(call));
  const file = await configFile(source(call));
  const find = (name: string): Json => config.contexts.find((one: Json) => one.name === name);
  const entry = find(from);
  if (!entry) throw new KubectlError(`cannot rename the context ${JSON.stringify(from)}, it's not in ${file}`);
  if (find(to))
    throw new KubectlError(
      `cannot rename the context ${JSON.stringify(from)}, the context ${JSON.stringify(to)} already exists in ${file}`,
    );
  entry.name = to;
  if (config['current-context'] === from) config['current-context'] = to;
  await saveConfig(source(call), config);
  call.out(`Context ${JSON.stringify(from)} renamed to ${JSON.stringify(to)}.\n`);
}

interface Property {
  list?: List;
  name?: string;
  field?: string;
}

const ROOT = ['kind', 'apiVersion', 'current-context'];

/** `contexts.dev.namespace`: the entry's name reaches to the first word that is a field. */
function property(path: string): Property {
  const [root = '', ...rest] = path.split('.');
  if (ROOT.includes(path)) return { field: path };
  if (!(root in ENTRY)) throw new KubectlError(`unable to parse ${path} after [] at api.Config`);
  const list = root as List;
  const at = rest.findIndex((part, i) => i > 0 && FIELDS[list].includes(part));
  if (at < 0) return { list, name: rest.length > 0 ? rest.join('.') : undefined };
  return { list, name: rest.slice(0, at).join('.'), field: rest.slice(at).join('.') };
}

/** Where Go's base64 decoder gives up; undefined when it does not. */
function illegalAt(text: string): number | undefined {
  const bad = text.search(/[^A-Za-z0-9+/=]/);
  if (bad >= 0) return bad;
  if (text.length % 4 !== 0) return text.length - (text.length % 4);
  const padding = text.indexOf('=');
  return padding >= 0 && !/={1,2}$/.test(text.slice(padding)) ? padding : undefined;
}

function valueFor(call: Call, field: string, value: string): Json {
  if (field === 'insecure-skip-tls-verify' || field === 'disable-compression') {
    const flag = parseBool(value);
    if (flag === undefined)
      throw new KubectlError(`strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`);
    return flag;
  }
  if (!field.endsWith('-data')) return value;
  if (call.flags.bool('set-raw-bytes')) return Buffer.from(value).toString('base64');
  const wrong = illegalAt(value);
  if (wrong !== undefined)
    throw new KubectlError(`error decoding input value: illegal base64 data at input byte ${wrong}`);
  return value;
}

export async function setProperty(call: Call): Promise<void> {
  if (call.args.length !== 2) throw unexpectedArgs(call);
  const [path = '', value = ''] = call.args;
  const config = await loadConfig(source(call));
  const { list, name, field } = property(path);
  if (!list) config[field!] = value;
  else if (!name || !field) throw new KubectlError(`can't set a map to a value: ${path}`);
  else {
    let entry = config[list].find((one: Json) => one.name === name);
    if (!entry) {
      entry = { name, [ENTRY[list]]: {} };
      config[list].push(entry);
    }
    entry[ENTRY[list]][field] = valueFor(call, field, value);
  }
  await saveConfig(source(call), config);
  call.out(`Property ${JSON.stringify(path)} set.\n`);
}

export async function unsetProperty(call: Call): Promise<void> {
  if (call.args.length !== 1) throw unexpectedArgs(call);
  const path = call.args[0]!;
  const config = await loadConfig(source(call));
  const { list, name, field } = property(path);
  if (!list) config[field!] = '';
  else if (!name) config[list] = [];
  else if (!field) config[list] = config[list].filter((one: Json) => one.name !== name);
  else {
    const entry = config[list].find((one: Json) => one.name === name);
    if (!entry) throw new KubectlError(`current map key \`${name}\` is invalid`);
    delete entry[ENTRY[list]][field];
  }
  await saveConfig(source(call), config);
  call.out(`Property ${JSON.stringify(path)} unset.\n`);
}
