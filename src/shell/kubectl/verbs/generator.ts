import type { Json } from '../../../kube/object.ts';
import { pathOf, withQuery } from '../client.ts';
import type { Call, Verb } from '../context.ts';
import { KubectlError, StatusError } from '../errors.ts';
import { readText, resolvePath } from '../files.ts';
import type { FlagSpec } from '../flags.ts';
import { patchLocally } from '../patches.ts';
import { goJson } from '../printers/json.ts';
import { outputFlags, resultPrinter } from '../printers/output.ts';
import { structOrder } from '../printers/typed.ts';
import { withLastApplied } from './apply.ts';
import { dryRunFlag, dryRunOf, fieldManagerFlag, validateFlag, writeQuery } from './shared.ts';

type Print = Awaited<ReturnType<typeof resultPrinter>>;
type Build = (call: Call, name: string) => Json | Promise<Json>;

export const flag = (name: string, type: FlagSpec['type'], more: Partial<FlagSpec> = {}): FlagSpec => ({
  name,
  type,
  ...more,
});

/** A struct's text: what is empty is left out. */
function typedJson(object: Json): string {
  const { annotations, ...metadata } = object.metadata;
  const kept = Object.keys(annotations ?? {}).length > 0 ? { ...metadata, annotations } : metadata;
  return goJson(structOrder({ ...object, metadata: kept }), 0, 0, Object.keys);
}

/** The object with `--overrides`, as a JSON merge patch unless said. */
export function overridden(call: Call, object: Json): Json {
  const text = call.flags.str('overrides');
  if (text === '') return object;
  try {
    return patchLocally(object, JSON.parse(text), call.flags.str('override-type'));
  } catch {
    throw new KubectlError('Invalid JSON Patch');
  }
}

/** Sends a generated object, or prints it in a client dry run. */
export async function createObject(call: Call, object: Json, print: Print): Promise<Json> {
  const resource = await call.client.find((one) => one.kind === object.kind && one.groupVersion === object.apiVersion);
  if (!resource)
    throw new KubectlError(
      `no matches for kind ${JSON.stringify(object.kind)} in version ${JSON.stringify(object.apiVersion)}`,
    );
  const dry = dryRunOf(call) === 'client';
  if (resource.namespaced && (!dry || call.namespaceGiven))
    object.metadata = { ...object.metadata, namespace: call.namespace };
  // run takes --save-config and heeds it not
  if (call.flags.bool('save-config') && call.command !== 'kubectl run') object = withLastApplied(object, typedJson);
  const made = dry
    ? object
    : await call.client.json('POST', withQuery(pathOf(resource, call.namespace), writeQuery(call)), object);
  print(made, resource);
  return made;
}

/** How generators word the server's refusal; those that are not named here pass it on as it is. */
const REFUSED: Record<string, string> = {
  deployment: 'deployment:',
  configmap: 'configmap:',
  generic: 'secret',
  tls: 'secret',
  'docker-registry': 'secret',
  job: 'job:',
  cronjob: 'cronjob:',
  clusterip: 'ClusterIP service:',
  nodeport: 'NodePort service:',
  loadbalancer: 'LoadBalancer service:',
  externalname: 'ExternalName service:',
  serviceaccount: 'serviceaccount:',
  rolebinding: 'rolebinding:',
  clusterrolebinding: 'clusterrolebinding:',
  quota: 'quota:',
  poddisruptionbudget: 'poddisruptionbudgets:',
  ingress: 'ingress:',
  priorityclass: 'priorityclass:',
};

function refused(generatorName: string, error: unknown): unknown {
  const what = REFUSED[generatorName];
  return what && error instanceof StatusError ? new KubectlError(`failed to create ${what} ${error.message}`) : error;
}

/** @param mandatory flags that are asked for before anything else. */
export function generator(
  name: string,
  aliases: string[],
  flags: FlagSpec[],
  build: Build,
  mandatory: string[] = [],
): Verb {
  return {
    name,
    aliases,
    flags: [
      ...outputFlags,
      dryRunFlag,
      validateFlag,
      fieldManagerFlag('kubectl-create'),
      flag('save-config', 'bool'),
      ...flags,
    ],
    run: async (call) => {
      required(call, ...mandatory);
      const before = call.dashAt ?? call.args.length;
      if (before !== 1)
        throw new KubectlError(
          `exactly one NAME is required, got ${before}\nSee '${call.command} -h' for help and examples`,
        );
      const object = await build(call, call.args[0]!);
      try {
        await createObject(call, object, await resultPrinter(call, 'created', { typed: true }));
      } catch (error) {
        throw refused(name, error);
      }
    },
  };
}

export const strip = (name: string): Json => ({ name });

const KEY = /^[-._a-zA-Z0-9]+$/;

/** The data of a ConfigMap or Secret from its --from flags, with kubectl's complaints. */
export async function literalData(call: Call, kind: string, name: string): Promise<Map<string, Uint8Array>> {
  const data = new Map<string, Uint8Array>();
  const { flags } = call;
  if (flags.list('from-env-file').length > 0 && flags.list('from-file').length + flags.list('from-literal').length > 0)
    throw new KubectlError('from-env-file cannot be combined with from-file or from-literal');
  const add: Add = (key, value) => {
    if (!KEY.test(key))
      throw new KubectlError(
        `${JSON.stringify(key)} is not ${kind === 'Secret' ? 'valid key name for a Secret' : 'a valid key name for a ConfigMap:'} a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')`,
      );
    if (data.has(key))
      throw new KubectlError(
        kind === 'Secret'
          ? `cannot add key ${key}, another key by that name already exists`
          : `cannot add key ${JSON.stringify(key)}, another key by that name already exists in Data for ConfigMap ${JSON.stringify(name)}`,
      );
    data.set(key, typeof value === 'string' ? Buffer.from(value) : value);
  };
  for (const pair of flags.list('from-literal')) {
    const at = pair.indexOf('=');
    if (at <= 0) throw new KubectlError(`invalid literal source ${pair}, expected key=value`);
    add(pair.slice(0, at), pair.slice(at + 1));
  }
  for (const source of flags.list('from-file')) await fromFile(call, source, add);
  for (const path of flags.list('from-env-file')) await fromEnvFile(call, path, add);
  return data;
}

type Add = (key: string, value: string | Uint8Array) => void;

async function fromFile(call: Call, source: string, add: Add): Promise<void> {
  const parts = source.split('=');
  if (parts.length > 2) throw new KubectlError("key names or file paths cannot contain '='");
  if (source.startsWith('=')) throw new KubectlError(`key name for file path ${source.slice(1)} missing`);
  if (source.endsWith('=')) throw new KubectlError(`file path for key name ${parts[0]} missing`);
  const path = parts.at(-1)!;
  const key = parts.length === 2 ? parts[0]! : path.split('/').at(-1)!;
  const full = resolvePath(call, path);
  if (!(await call.fs.exists(full))) throw new KubectlError(`error reading ${path}: no such file or directory`);
  if (!(await call.fs.stat(full)).isDirectory) return add(key, await call.fs.readFileBuffer(full));
  if (parts.length === 2) throw new KubectlError('cannot give a key name for a directory path');
  for (const name of (await call.fs.readdir(full)).sort())
    if (!(await call.fs.stat(`${full}/${name}`)).isDirectory)
      add(name, await call.fs.readFileBuffer(`${full}/${name}`));
}

async function fromEnvFile(call: Call, path: string, add: Add): Promise<void> {
  if (!(await call.fs.exists(resolvePath(call, path))))
    throw new KubectlError(`error reading ${path}: no such file or directory`);
  for (const raw of (await readText(call, path)).split('\n')) {
    const line = raw.trimStart();
    if (line === '' || line.startsWith('#')) continue;
    const at = line.indexOf('=');
    const key = at < 0 ? line : line.slice(0, at);
    if (!/^[-._a-zA-Z][-._a-zA-Z0-9]*$/.test(key))
      throw new KubectlError(
        `${JSON.stringify(key)} is not a valid key name: a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit (e.g. 'my.env-name',  or 'MY_ENV.NAME',  or 'MyEnvName1', regex used for validation is '[-._a-zA-Z][-._a-zA-Z0-9]*')`,
      );
    const value = at < 0 ? call.env.get(key) : line.slice(at + 1).replace(/\r$/, '');
    if (value !== undefined) add(key, value);
  }
}

export const dataFlags = [
  flag('from-literal', 'array'),
  flag('from-file', 'array'),
  flag('from-env-file', 'array'),
  flag('append-hash', 'bool'),
];
export const base64 = (data: Iterable<readonly [string, string | Uint8Array]>): Record<string, string> =>
  Object.fromEntries([...data].map(([key, value]) => [key, Buffer.from(value as Uint8Array).toString('base64')]));

export function podSpec(call: Call, name: string): Json {
  const command = call.dashAt === undefined ? undefined : call.args.slice(call.dashAt);
  return {
    containers: [{ ...(command?.length ? { command } : {}), image: call.flags.str('image'), name, resources: {} }],
  };
}

export const required = (call: Call, ...names: string[]): void => {
  const missing = names.filter((name) => !call.flags.changed.has(name)).map((name) => JSON.stringify(name));
  if (missing.length > 0) throw new KubectlError(`required flag(s) ${missing.join(', ')} not set`);
};
