import type { IFileSystem } from 'just-bash';
import { parse } from 'yaml';
import { goYaml } from '../../kube/go-yaml.ts';
import type { Json } from '../../kube/object.ts';
import { KubectlExit } from './errors.ts';

/** Where the shell's kubeconfig lies. */
export const KUBECONFIG_PATH = '.kube/config';

/** The kubeconfig that a new shell starts with; its token is only a placeholder, requests go through the cluster handle. */
export function defaultConfig(): string {
  return goYaml({
    apiVersion: 'v1',
    clusters: [
      {
        cluster: { 'certificate-authority': '/etc/kubernetes/pki/ca.crt', server: 'https://control-plane:6443' },
        name: 'kubernetes',
      },
    ],
    contexts: [{ context: { cluster: 'kubernetes', user: 'kubernetes-admin' }, name: 'kubernetes-admin@kubernetes' }],
    'current-context': 'kubernetes-admin@kubernetes',
    kind: 'Config',
    users: [
      {
        name: 'kubernetes-admin',
        user: { 'client-certificate': '/etc/kubernetes/pki/admin.crt', 'client-key': '/etc/kubernetes/pki/admin.key' },
      },
    ],
  });
}

export interface Source {
  fs: IFileSystem;
  cwd: string;
  env: ReadonlyMap<string, string>;
  path: string;
}

export const LISTS = ['clusters', 'contexts', 'users'] as const;
/** What an entry of each list holds. */
export const ENTRY = { clusters: 'cluster', contexts: 'context', users: 'user' } as const;
export const FIELDS = {
  clusters: [
    'server',
    'tls-server-name',
    'insecure-skip-tls-verify',
    'certificate-authority',
    'certificate-authority-data',
    'proxy-url',
    'disable-compression',
    'extensions',
  ],
  users: [
    'client-certificate',
    'client-certificate-data',
    'client-key',
    'client-key-data',
    'token',
    'tokenFile',
    'as',
    'as-uid',
    'as-groups',
    'as-user-extra',
    'username',
    'password',
    'auth-provider',
    'exec',
    'extensions',
  ],
  contexts: ['cluster', 'user', 'namespace', 'extensions'],
};
const ALWAYS = ['clusters.server', 'contexts.cluster', 'contexts.user'];

/** The files of $KUBECONFIG are merged: whoever names an entry first wins. */
function pathsOf(source: Source): string[] {
  const listed =
    source.path || source.env.get('KUBECONFIG') || `${source.env.get('HOME') ?? '/root'}/${KUBECONFIG_PATH}`;
  return listed.split(':').filter(Boolean);
}

/** The text that was read last and what it says: nearly every call reads the same file. */
let last: { text: string; config: Json } | undefined;

async function readOne(source: Source, path: string): Promise<Json> {
  try {
    const text = await source.fs.readFile(source.fs.resolvePath(source.cwd, path));
    if (last?.text !== text) last = { text, config: parse(text) ?? {} };
    return structuredClone(last.config);
  } catch {
    throw new KubectlExit(`error: error loading config file ${JSON.stringify(path)}: yaml: could not be parsed`);
  }
}

export async function loadConfig(source: Source): Promise<Json> {
  const config: Json = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [],
    contexts: [],
    users: [],
    'current-context': '',
  };
  for (const path of pathsOf(source)) {
    if (!(await source.fs.exists(source.fs.resolvePath(source.cwd, path)))) continue;
    const read = await readOne(source, path);
    config['current-context'] ||= read['current-context'] ?? '';
    for (const list of LISTS)
      for (const entry of read[list] ?? [])
        if (!config[list].some((one: Json) => one.name === entry.name)) config[list].push(entry);
  }
  return config;
}

/** A file that was asked for by name must be there, except for those who would write it. */
export async function assertConfigExists(source: Source): Promise<void> {
  if (source.path && !(await source.fs.exists(source.fs.resolvePath(source.cwd, source.path))))
    throw new KubectlExit(`error: stat ${source.path}: no such file or directory`);
}

/** Where changes go: the first of the files that exists, or the last one, as it was named. */
export async function configFile(source: Source): Promise<string> {
  const paths = pathsOf(source);
  for (const path of paths) if (await source.fs.exists(source.fs.resolvePath(source.cwd, path))) return path;
  return paths.at(-1)!;
}

/** The shape in which kubectl writes and shows a kubeconfig: lists by name, contexts with both their references. */
export function normalConfig(config: Json): Json {
  const out: Json = { kind: 'Config', apiVersion: 'v1' };
  for (const list of ['clusters', 'users', 'contexts'] as const) {
    const sorted = [...(config[list] ?? [])].sort((a, b) => (a.name < b.name ? -1 : 1));
    const key = ENTRY[list];
    out[list] =
      sorted.length === 0
        ? null
        : sorted.map((one: Json) => ({ name: one.name, [key]: ordered(one[key] ?? {}, list) }));
  }
  out['current-context'] = config['current-context'] ?? '';
  return out;
}

/** Structs within entries, in their own order. */
const NESTED: Record<string, string[]> = {
  'auth-provider': ['name', 'config'],
  exec: ['command', 'args', 'env', 'apiVersion', 'installHint', 'provideClusterInfo', 'interactiveMode'],
};

function inOrder(value: Json, fields: string[]): Json {
  const known = fields.filter((field) => value[field] !== undefined);
  return Object.fromEntries(known.map((field) => [field, value[field]]));
}

/** Fields in the order of client-go's structs; what is empty is left out but for those that it always writes. */
function ordered(entry: Json, list: keyof typeof FIELDS): Json {
  const out: Json = {};
  for (const field of FIELDS[list])
    if (ALWAYS.includes(`${list}.${field}`)) out[field] = entry[field] ?? '';
    else if (entry[field] !== undefined && entry[field] !== '' && entry[field] !== false)
      out[field] = NESTED[field] ? inOrder(entry[field], NESTED[field]) : entry[field];
  return out;
}

export async function saveConfig(source: Source, config: Json): Promise<void> {
  const full = source.fs.resolvePath(source.cwd, await configFile(source));
  await source.fs.mkdir(full.slice(0, full.lastIndexOf('/')) || '/', { recursive: true });
  await source.fs.writeFile(full, goYaml(normalConfig(config)));
}

/** The context in force; unknown names are refused in client-go's words. */
export function currentContext(config: Json, wanted: { context: string; cluster: string; user: string }): Json {
  const name = wanted.context || config['current-context'];
  const found = (config.contexts ?? []).find((context: Json) => context.name === name);
  if (!found && wanted.context)
    throw new KubectlExit(`Error in configuration: context was not found for specified context: ${name}`);
  if (wanted.user && !config.users.some((one: Json) => one.name === wanted.user))
    throw new KubectlExit(`error: auth info ${JSON.stringify(wanted.user)} does not exist`);
  if (wanted.cluster && !config.clusters.some((one: Json) => one.name === wanted.cluster))
    throw new KubectlExit(`error: no server found for cluster ${JSON.stringify(wanted.cluster)}`);
  return found?.context;
}
