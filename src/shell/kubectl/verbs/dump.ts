import { goYaml } from '../../../kube/go-yaml.ts';
import type { Json } from '../../../kube/object.ts';
import { hideManagedFields } from '../builder.ts';
import type { Call } from '../context.ts';
import { KubectlError, StatusError } from '../errors.ts';
import { resolvePath } from '../files.ts';
import { goJson } from '../printers/json.ts';
import { structOrder } from '../printers/typed.ts';

const COLLECTIONS: [path: string, kind: string, apiVersion: string, file: string][] = [
  ['/api/v1', 'Event', 'v1', 'events'],
  ['/api/v1', 'ReplicationController', 'v1', 'replication-controllers'],
  ['/api/v1', 'Service', 'v1', 'services'],
  ['/apis/apps/v1', 'DaemonSet', 'apps/v1', 'daemonsets'],
  ['/apis/apps/v1', 'Deployment', 'apps/v1', 'deployments'],
  ['/apis/apps/v1', 'ReplicaSet', 'apps/v1', 'replicasets'],
  ['/api/v1', 'Pod', 'v1', 'pods'],
];

/** A list as Go's struct of it is encoded: its items without kind and apiVersion. */
function typedList(list: Json, kind: string, apiVersion: string): Json {
  const items = list.items.map((item: Json) => {
    const {
      kind: _kind,
      apiVersion: _version,
      ...rest
    } = structOrder({ ...hideManagedFields(item), kind, apiVersion });
    return rest;
  });
  const { resourceVersion } = list.metadata;
  return { kind: `${kind}List`, apiVersion, metadata: { resourceVersion }, items: items.length > 0 ? items : null };
}

class Dump {
  readonly #folder: string;
  readonly #isYaml: boolean;

  constructor(readonly call: Call) {
    this.#folder = call.flags.str('output-directory');
    this.#isYaml = call.flags.str('output') === 'yaml';
  }

  async #write(name: string, text: string): Promise<void> {
    if (this.#folder === '' || this.#folder === '-') return this.call.out(text);
    const full = resolvePath(this.call, `${this.#folder}/${name}`);
    await this.call.fs.mkdir(full.slice(0, full.lastIndexOf('/')), { recursive: true });
    await this.call.fs.writeFile(full, text);
  }

  async list(path: string, kind: string, apiVersion: string, name: string): Promise<Json[]> {
    if (this.call.flags.str('output') === 'name')
      throw new KubectlError(`list types are not supported by name printing: *v1.${kind}List`);
    const list = typedList(await this.call.client.list(path), kind, apiVersion);
    const text = this.#isYaml ? goYaml(list) : `${goJson(list, 4, 0, Object.keys)}\n`;
    await this.#write(`${name}.${this.#isYaml ? 'yaml' : 'json'}`, text);
    return list.items ?? [];
  }

  async logs(namespace: string, pod: Json): Promise<void> {
    let text = '';
    const name = pod.metadata.name;
    for (const container of [...(pod.spec.initContainers ?? []), ...pod.spec.containers]) {
      const of = `logs for container ${container.name} of pod ${namespace}/${name}`;
      text += `==== START ${of} ====\n${await this.#log(namespace, name, container.name)}==== END ${of} ====\n`;
    }
    await this.#write(`${namespace}/${name}/logs.txt`, text);
  }

  async #log(namespace: string, pod: string, container: string): Promise<string> {
    const path = `/api/v1/namespaces/${namespace}/pods/${pod}/log?container=${container}`;
    try {
      return (await this.call.client.raw('GET', path, { accept: '*/*' })).body;
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      return `Request log error: ${error.message}\n`;
    }
  }
}

/** `cluster-info dump`: nodes, what runs in the namespaces, and its logs. */
export async function clusterDump(call: Call): Promise<void> {
  const { flags } = call;
  const dump = new Dump(call);
  let namespaces = flags.list('namespaces');
  if (flags.bool('all-namespaces'))
    namespaces = (await call.client.list('/api/v1/namespaces')).items.map((one: Json) => one.metadata.name);
  if (namespaces.length === 0) namespaces = ['kube-system', call.namespace];
  await dump.list('/api/v1/nodes', 'Node', 'v1', 'nodes');
  for (const namespace of namespaces) {
    let pods: Json[] = [];
    for (const [root, kind, apiVersion, file] of COLLECTIONS) {
      const path = `${root}/namespaces/${namespace}/${kind.toLowerCase()}s`;
      pods = await dump.list(path, kind, apiVersion, `${namespace}/${file}`);
    }
    for (const pod of pods) await dump.logs(namespace, pod);
  }
  const folder = flags.str('output-directory');
  if (folder !== '' && folder !== '-') call.out(`Cluster info dumped to ${folder}\n`);
}
