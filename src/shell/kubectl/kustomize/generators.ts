import { isUtf8 } from 'node:buffer';
import type { Json } from '../../../kube/object.ts';
import type { Call } from '../context.ts';
import { KubectlError } from '../errors.ts';
import { type Folder, loadFile } from './file.ts';
import { asResource, type Resource } from './resources.ts';

type Pair = [key: string, value: Uint8Array];

const KEY = /^[-._a-zA-Z0-9]+$/;
const VARIABLE = /^[-._a-zA-Z][-._a-zA-Z0-9]*$/;

function literal(source: string): Pair {
  const at = source.indexOf('=');
  if (at <= 0) throw new KubectlError(`invalid literal source ${source}, expected key=value`);
  const value = source.slice(at + 1);
  const quoted = value.length >= 2 && value[0] === value.at(-1) && (value[0] === '"' || value[0] === "'");
  return [source.slice(0, at), Buffer.from(quoted ? value.slice(1, -1) : value)];
}

function fileSource(source: string): { key: string; path: string } {
  const count = source.split('=').length - 1;
  if (count === 0) return { key: source.split('/').at(-1)!, path: source };
  const [key = '', path = ''] = source.split('=');
  if (count > 1) throw new KubectlError(`source ${JSON.stringify(source)} key name or file path contains '='`);
  if (key === '')
    throw new KubectlError(
      `missing key name for file path ${JSON.stringify(path)} in source ${JSON.stringify(source)}`,
    );
  if (path === '')
    throw new KubectlError(`missing file path for key name ${JSON.stringify(key)} in source ${JSON.stringify(source)}`);
  return { key, path };
}

function envPairs(text: string): Pair[] {
  const out: Pair[] = [];
  for (const raw of text.replace(/^\uFEFF/, '').split(/\r?\n/)) {
    const line = raw.trimStart();
    if (line === '' || line.startsWith('#')) continue;
    const at = line.indexOf('=');
    const key = at < 0 ? line : line.slice(0, at);
    if (!VARIABLE.test(key)) throw new KubectlError(`${JSON.stringify(key)} is not a valid key name`);
    out.push([key, Buffer.from(at < 0 ? '' : line.slice(at + 1))]);
  }
  return out;
}

function within<T>(lead: string, work: () => Promise<T>): Promise<T> {
  return work().catch((error) => {
    throw error instanceof KubectlError ? new KubectlError(`${lead}: ${error.message}`) : error;
  });
}

const goList = (list: string[]): string => `[${list.join(' ')}]`;

async function pairs(call: Call, folder: Folder, one: Json): Promise<Pair[]> {
  const { envs = [], literals = [], files = [] } = one as Record<string, string[]>;
  const out: Pair[] = [];
  await within(`env source files: ${goList(envs)}`, async () => {
    for (const path of envs) out.push(...envPairs(await loadFile(call, folder, path)));
  });
  await within(`literal sources ${goList(literals)}`, async () => {
    out.push(...literals.map(literal));
  });
  await within(`file sources: ${goList(files)}`, async () => {
    for (const source of files) {
      const { key, path } = fileSource(source);
      await loadFile(call, folder, path);
      out.push([key, await call.fs.readFileBuffer(call.fs.resolvePath(folder.root, path))]);
    }
  });
  return out;
}

/** The ConfigMap or Secret that one entry of a generator describes; `shared` are the kustomization's generatorOptions. */
export async function generate(
  call: Call,
  folder: Folder,
  kind: 'ConfigMap' | 'Secret',
  one: Json,
  shared: Json,
): Promise<Resource> {
  if (!one.name) throw new KubectlError('a configmap must have a name');
  const values = new Map<string, Uint8Array>();
  for (const [key, value] of await within('loading KV pairs', () => pairs(call, folder, one))) {
    if (!KEY.test(key) || key.length > 253)
      throw new KubectlError(
        `${JSON.stringify(key)} is not a valid key name: a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')`,
      );
    if (values.has(key)) throw new KubectlError(`configmap ${one.name} illegally repeats the key \`${key}\``);
    values.set(key, value);
  }
  const options = {
    labels: { ...shared?.labels, ...one.options?.labels },
    annotations: { ...shared?.annotations, ...one.options?.annotations },
  };
  const flag = (name: string): boolean => !!one.options?.[name] || !!shared?.[name];
  const pick = (test: (bytes: Uint8Array) => boolean, encoding: BufferEncoding): Json => {
    const found = [...values].filter(([, bytes]) => test(bytes));
    return found.length === 0
      ? undefined
      : Object.fromEntries(found.map(([key, bytes]) => [key, Buffer.from(bytes).toString(encoding)]));
  };
  const isSecret = kind === 'Secret';
  const orNone = (map: Json): Json => (Object.keys(map).length > 0 ? map : undefined);
  const object: Json = {
    apiVersion: 'v1',
    kind,
    metadata: {
      name: one.name,
      namespace: one.namespace || undefined,
      labels: orNone(options.labels),
      annotations: orNone(options.annotations),
    },
    data: isSecret ? pick(() => true, 'base64') : pick(isUtf8, 'utf8'),
    binaryData: isSecret ? undefined : pick((bytes) => !isUtf8(bytes), 'base64'),
    immutable: flag('immutable') || undefined,
    type: isSecret ? one.type || 'Opaque' : undefined,
  };
  return {
    ...asResource(JSON.parse(JSON.stringify(object))),
    behavior: one.behavior,
    hashed: !flag('disableNameSuffixHash'),
  };
}
