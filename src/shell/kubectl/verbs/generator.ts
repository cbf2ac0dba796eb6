import type { Json } from '../../../kube/object.ts';
import { pathOf, withQuery } from '../client.ts';
import type { Call, Verb } from '../context.ts';
import { KubectlError, StatusError } from '../errors.ts';
import { readText, resolvePath } from '../files.ts';
import type { FlagSpec } from '../flags.ts';
import { outputFlags, resultPrinter } from '../printers/output.ts';
import { dryRunFlag, dryRunOf, fieldManagerFlag, validateFlag, writeQuery } from './shared.ts';

type Build = (call: Call, name: string) => Json | Promise<Json>;

export const flag = (name: string, type: FlagSpec['type'], more: Partial<FlagSpec> = {}): FlagSpec => ({
  name,
  type,
  ...more,
});

/** Sends a generated object, or prints it in a client dry run. */
export async function createObject(call: Call, object: Json, done = 'created'): Promise<Json> {
  const resource = await call.client.find((one) => one.kind === object.kind && one.groupVersion === object.apiVersion);
  if (!resource)
    throw new KubectlError(
      `no matches for kind ${JSON.stringify(object.kind)} in version ${JSON.stringify(object.apiVersion)}`,
    );
  const dry = dryRunOf(call) === 'client';
  if (resource.namespaced && (!dry || call.namespaceGiven))
    object.metadata = { ...object.metadata, namespace: call.namespace };
  const print = await resultPrinter(call, done);
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
        await createObject(call, object);
      } catch (error) {
        throw refused(name, error);
      }
    },
  };
}

export const strip = (name: string): Json => ({ name });

export async function literalData(call: Call): Promise<Record<string, string>> {
  const data: Record<string, string> = {};
  const { changed } = call.flags;
  if (changed.has('from-env-file') && (changed.has('from-file') || changed.has('from-literal')))
    throw new KubectlError('from-env-file cannot be combined with from-file or from-literal');
  for (const pair of call.flags.list('from-literal')) {
    const at = pair.indexOf('=');
    if (at <= 0) throw new KubectlError(`invalid literal source ${pair}, expected key=value`);
    data[pair.slice(0, at)] = pair.slice(at + 1).replace(/^(["'])(.*)\1$/s, '$2');
  }
  for (const source of call.flags.list('from-file')) {
    const at = source.indexOf('=');
    const path = at >= 0 ? source.slice(at + 1) : source;
    const full = resolvePath(call, path);
    if ((await call.fs.exists(full)) && (await call.fs.stat(full)).isDirectory) {
      for (const name of (await call.fs.readdir(full)).sort()) data[name] = await readText(call, `${path}/${name}`);
    } else data[at >= 0 ? source.slice(0, at) : path.split('/').at(-1)!] = await readText(call, path);
  }
  for (const path of call.flags.list('from-env-file'))
    for (const line of (await readText(call, path)).split('\n'))
      if (line.trim() !== '' && !line.trim().startsWith('#'))
        data[line.slice(0, line.indexOf('=')).trim()] = line.slice(line.indexOf('=') + 1);
  return data;
}

export const dataFlags = [
  flag('from-literal', 'array'),
  flag('from-file', 'array'),
  flag('from-env-file', 'array'),
  flag('append-hash', 'bool'),
];
export const base64 = (data: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]));

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
