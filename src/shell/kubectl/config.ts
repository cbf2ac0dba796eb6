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

interface Source {
  fs: IFileSystem;
  cwd: string;
  env: ReadonlyMap<string, string>;
  path: string;
}

export function configPath({ fs, cwd, env, path }: Source): string {
  return fs.resolvePath(cwd, path || env.get('KUBECONFIG') || `${env.get('HOME') ?? '/root'}/${KUBECONFIG_PATH}`);
}

export async function loadConfig(source: Source): Promise<Json> {
  const path = configPath(source);
  if (!(await source.fs.exists(path))) {
    if (source.path) throw new KubectlExit(`error: stat ${source.path}: no such file or directory`);
    return { apiVersion: 'v1', kind: 'Config', clusters: [], contexts: [], users: [], 'current-context': '' };
  }
  let config: Json;
  try {
    config = parse(await source.fs.readFile(path));
  } catch {
    throw new KubectlExit(`error: error loading config file ${JSON.stringify(path)}: yaml: could not be parsed`);
  }
  return { clusters: [], contexts: [], users: [], 'current-context': '', ...config };
}

export async function saveConfig(source: Source, config: Json): Promise<void> {
  await source.fs.writeFile(configPath(source), goYaml(config));
}

/** The context in force; an unknown name is refused in client-go's words. */
export function currentContext(config: Json, wanted: string): Json {
  const name = wanted || config['current-context'];
  if (!name) return undefined;
  const found = (config.contexts ?? []).find((context: Json) => context.name === name);
  if (!found && wanted) throw new KubectlExit(`error: context ${JSON.stringify(name)} does not exist`);
  return found?.context;
}
