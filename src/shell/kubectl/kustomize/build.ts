import { isUtf8 } from 'node:buffer';
import { clone, type Json } from '../../../kube/object.ts';
import type { Call } from '../context.ts';
import { KubectlError } from '../errors.ts';
import { parseDocuments } from '../files.ts';
import { jsonPatch, strategicMerge } from '../patches.ts';
import { typeOfKind } from '../three-way.ts';
import { kustomizeHash } from '../verbs/name-hash.ts';
import { readKustomization } from './file.ts';
import { followNames } from './references.ts';
import { transform } from './transform.ts';

/** One object on its way; `names` are all that it had, for references to follow. */
export interface Entry {
  object: Json;
  names: string[];
  hashed: boolean;
}

/** Kinds that stand first and last in what is written; the others between, by kind. */
const FIRST = [
  ...['Namespace', 'ResourceQuota', 'StorageClass', 'CustomResourceDefinition', 'ServiceAccount', 'PodSecurityPolicy'],
  ...['Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding', 'ConfigMap', 'Secret', 'Endpoints', 'Service'],
  ...['LimitRange', 'PriorityClass', 'PersistentVolume', 'PersistentVolumeClaim', 'Deployment', 'StatefulSet'],
  ...['CronJob', 'PodDisruptionBudget'],
];
const LAST = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'];

/** Builds a folder with a kustomization: its objects in the order in which kubectl writes them. */
export async function kustomize(call: Call, folder: string): Promise<Json[]> {
  const entries = await build(call, folder);
  for (const { object, hashed } of entries)
    if (hashed) object.metadata.name = `${object.metadata.name}-${kustomizeHash(object)}`;
  followNames(entries);
  const rank = ({ kind }: Json): number =>
    FIRST.includes(kind) ? FIRST.indexOf(kind) : LAST.includes(kind) ? 1000 + LAST.indexOf(kind) : 500;
  const id = ({ apiVersion, kind, metadata }: Json): string => {
    const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['~G', apiVersion];
    return `${group}_${version}_${kind}|${metadata.namespace ?? '~X'}|${metadata.name}`;
  };
  return entries.map(({ object }) => object).sort((a, b) => rank(a) - rank(b) || (id(a) < id(b) ? -1 : 1));
}

async function build(call: Call, folder: string): Promise<Entry[]> {
  const { dir, spec } = await readKustomization(call, folder);
  const entries: Entry[] = [];
  for (const resource of [...(spec.resources ?? []), ...(spec.bases ?? [])])
    entries.push(...(await accumulate(call, dir, resource)));
  for (const kind of ['ConfigMap', 'Secret'] as const)
    for (const one of spec[kind === 'ConfigMap' ? 'configMapGenerator' : 'secretGenerator'] ?? [])
      entries.push(await generate(call, dir, kind, one, spec.generatorOptions ?? {}));
  await patch(call, dir, spec, entries);
  transform(entries, spec);
  for (const { object, names } of entries) if (!names.includes(object.metadata.name)) names.push(object.metadata.name);
  return entries;
}

async function accumulate(call: Call, dir: string, resource: string): Promise<Entry[]> {
  const full = call.fs.resolvePath(dir, resource);
  const missing = `evalsymlink failure on '${full}' : lstat ${full}: no such file or directory`;
  if (!(await call.fs.exists(full)))
    throw new KubectlError(
      `accumulating resources: accumulation err='accumulating resources from '${resource}': ${missing}': must build at directory: not a valid directory: ${missing}`,
    );
  if ((await call.fs.stat(full)).isDirectory) return build(call, full);
  if (!full.startsWith(`${dir}/`))
    throw new KubectlError(
      `accumulating resources: accumulation err='accumulating resources from '${resource}': security; file '${full}' is not in or below '${dir}'': must build at directory: '${full}': file is not directory`,
    );
  return parseDocuments(await call.fs.readFile(full), full).map((object) => ({
    object,
    names: [object.metadata.name],
    hashed: false,
  }));
}

async function generate(
  call: Call,
  dir: string,
  kind: 'ConfigMap' | 'Secret',
  one: Json,
  shared: Json,
): Promise<Entry> {
  if (one.behavior && one.behavior !== 'create')
    throw new KubectlError(`behavior ${one.behavior} of a generator is not supported in this shell`);
  const options = { ...shared, ...one.options };
  const values = new Map<string, Uint8Array>();
  for (const literal of one.literals ?? []) {
    const at = literal.indexOf('=');
    values.set(literal.slice(0, at), Buffer.from(literal.slice(at + 1).replace(/^(["'])(.*)\1$/, '$2')));
  }
  for (const source of one.files ?? []) {
    const [key, path] = source.includes('=') ? source.split('=') : [source.split('/').at(-1), source];
    values.set(key, await call.fs.readFileBuffer(call.fs.resolvePath(dir, path)));
  }
  for (const path of [...(one.envs ?? []), ...(one.env ? [one.env] : [])])
    for (const line of (await call.fs.readFile(call.fs.resolvePath(dir, path))).split('\n'))
      if (line.trim() !== '' && !line.trim().startsWith('#'))
        values.set(line.slice(0, line.indexOf('=')).trim(), Buffer.from(line.slice(line.indexOf('=') + 1)));
  const pick = (test: (bytes: Uint8Array) => boolean, encoding: BufferEncoding): Json => {
    const found = [...values].filter(([, bytes]) => test(bytes));
    return found.length === 0
      ? undefined
      : Object.fromEntries(found.map(([key, bytes]) => [key, Buffer.from(bytes).toString(encoding)]));
  };
  const isSecret = kind === 'Secret';
  const object: Json = {
    apiVersion: 'v1',
    kind,
    metadata: {
      name: one.name,
      namespace: one.namespace,
      labels: options.labels,
      annotations: options.annotations,
    },
    data: isSecret ? pick(() => true, 'base64') : pick(isUtf8, 'utf8'),
    binaryData: isSecret ? undefined : pick((bytes) => !isUtf8(bytes), 'base64'),
    immutable: options.immutable || undefined,
    type: isSecret ? (one.type ?? 'Opaque') : undefined,
  };
  return { object: JSON.parse(JSON.stringify(object)), names: [one.name], hashed: !options.disableNameSuffixHash };
}

interface Target {
  group?: string;
  version?: string;
  kind?: string;
  name?: string;
  namespace?: string;
  labelSelector?: string;
}

function isTarget(entry: Entry, target: Target): boolean {
  const { apiVersion, kind, metadata } = entry.object;
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  const like = (wanted: string | undefined, values: string[]): boolean =>
    wanted === undefined || wanted === '' || values.some((value) => new RegExp(`^(?:${wanted})$`).test(value));
  const labels = (target.labelSelector ?? '').split(',').filter(Boolean);
  return (
    like(target.group, [group]) &&
    like(target.version, [version]) &&
    like(target.kind, [kind]) &&
    like(target.name, entry.names) &&
    like(target.namespace, [metadata.namespace ?? '']) &&
    labels.every((pair) => metadata.labels?.[pair.split('=')[0]!] === pair.split('=')[1])
  );
}

/** Applies what patches, patchesStrategicMerge and patchesJson6902 say. */
async function patch(call: Call, dir: string, spec: Json, entries: Entry[]): Promise<void> {
  const read = async (path: string): Promise<string> => call.fs.readFile(call.fs.resolvePath(dir, path));
  const all: { text: string; target?: Target }[] = [];
  for (const one of [...(spec.patches ?? []), ...(spec.patchesJson6902 ?? [])])
    all.push({ text: one.patch ?? (await read(one.path)), target: one.target });
  for (const one of spec.patchesStrategicMerge ?? []) all.push({ text: one.includes('\n') ? one : await read(one) });
  for (const { text, target } of all)
    for (const change of parsePatch(text)) {
      const own = Array.isArray(change) ? undefined : { kind: change.kind, name: change.metadata?.name };
      const chosen = entries.filter((entry) => isTarget(entry, target ?? own ?? {}));
      if (chosen.length === 0 && !target)
        throw new KubectlError(
          `no resource matches strategic merge patch ${JSON.stringify(`${own?.kind}.${change.apiVersion.split('/').reverse().join('.')}/${own?.name}.[noNs]`)}: no matches for Id ${own?.kind}.${change.apiVersion.split('/').reverse().join('.')}/${own?.name}.[noNs]; failed to find unique target for patch ${own?.kind}.${change.apiVersion.split('/').reverse().join('.')}/${own?.name}.[noNs]`,
        );
      for (const entry of chosen) entry.object = patched(entry.object, change);
      for (const entry of chosen.filter(({ object }) => object === undefined))
        entries.splice(entries.indexOf(entry), 1);
    }
}

/** A JSON patch is one list, strategic patches may be several documents. */
function parsePatch(text: string): Json[] {
  return parseDocuments(text, 'patch');
}

function patched(object: Json, change: Json): Json {
  if (Array.isArray(change)) return jsonPatch(object, change);
  if (change.$patch === 'delete') return undefined;
  const { metadata } = object;
  const made = strategicMerge(clone(object), change, typeOfKind(object.apiVersion, object.kind));
  return { ...made, kind: object.kind, metadata: { ...made.metadata, name: metadata.name } };
}
