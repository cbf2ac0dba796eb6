import type { Schema } from '../../../kube/api-schema.ts';
import type { Json } from '../../../kube/object.ts';
import { applyStrategicPatch } from '../../../kube/patch/strategic.ts';
import { gather, hasFiles, throwIfAny } from '../builder.ts';
import type { Call, Verb } from '../context.ts';
import { KubectlError, KubectlExit } from '../errors.ts';
import { parseDocuments, readText } from '../files.ts';
import { logEnd } from './run.ts';
import { fileFlags } from './shared.ts';

const SUFFIX = 'bcdfghjklmnpqrstvwxz2456789';
const SHELL = /(^|\/)(ba|da|a|z|k)?sh$/;

/** What each profile grants the debugging container; `legacy` and node's `general` grant nothing. */
const PROFILES: Record<string, Json> = {
  legacy: undefined,
  general: { capabilities: { add: ['SYS_PTRACE'] } },
  baseline: undefined,
  restricted: {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    runAsNonRoot: true,
    seccompProfile: { type: 'RuntimeDefault' },
  },
  netadmin: { capabilities: { add: ['NET_ADMIN', 'NET_RAW'] } },
  sysadmin: { privileged: true },
};
/** On a node, beside those of the profile itself. */
const ON_NODE: Record<string, Json> = { general: undefined, netadmin: { ...PROFILES.netadmin, privileged: true } };
const WITH_HOST = ['legacy', 'general', 'sysadmin', 'netadmin'];

function suffix(call: Call): string {
  return Array.from({ length: 5 }, () => SUFFIX[call.rng.uint32() % SUFFIX.length]).join('');
}

function envOf(call: Call): Json[] {
  return call.flags.list('env').map((pair) => {
    const at = pair.indexOf('=');
    if (at < 1) throw new KubectlError(`invalid env: ${pair}`);
    return { name: pair.slice(0, at), value: pair.slice(at + 1) };
  });
}

/** The container that is added, as far as the flags describe it. */
function container(call: Call, name: string, grants: Json): Json {
  const { flags } = call;
  const words = call.args.slice(1);
  const env = envOf(call);
  return {
    ...(words.length > 0 ? { [flags.bool('arguments-only') ? 'args' : 'command']: words } : {}),
    ...(env.length > 0 ? { env } : {}),
    image: flags.str('image'),
    ...(flags.str('image-pull-policy') ? { imagePullPolicy: flags.str('image-pull-policy') } : {}),
    name,
    ...(grants ? { securityContext: grants } : {}),
    ...(flags.bool('stdin') ? { stdin: true } : {}),
    terminationMessagePolicy: 'File',
    ...(flags.bool('tty') ? { tty: true } : {}),
  };
}

const CONTAINER: Schema = { ref: 'api.core.v1.Container' };
const FIXED = ['name', 'command', 'image', 'lifecycle', 'volumeDevices'];

/** What the file of --custom says of the container; undefined without one. */
async function customOf(call: Call): Promise<Json | undefined> {
  const path = call.flags.str('custom');
  if (path === '') return undefined;
  const text = await readText(call, path).catch((error: Error) => {
    throw new KubectlError(`must pass a container spec json file for custom profile: ${error.message}`);
  });
  const [change = {}] = parseDocuments(text, path);
  if (FIXED.some((field) => change[field] !== undefined))
    throw new KubectlError('name, command, image, lifecycle and volume devices are not modifiable via custom profile');
  return change;
}

async function customised(call: Call, own: Json): Promise<Json> {
  const change = await customOf(call);
  return change === undefined ? own : applyStrategicPatch(own, change, CONTAINER);
}

/** The name of --container, or one that is drawn and told. */
function nameOf(call: Call): string {
  const given = call.flags.str('container');
  if (given) return given;
  const name = `debugger-${suffix(call)}`;
  if (!call.flags.bool('quiet')) call.err(`Defaulting debug container name to ${name}.\n`);
  return name;
}

async function ephemeral(call: Call, pod: Json): Promise<{ pod: Json; name: string }> {
  const target = call.flags.str('target');
  if (target)
    call.out(
      `Targeting container ${JSON.stringify(target)}. If you don't see processes from this container it may be because the container runtime doesn't support this feature.\n`,
    );
  const name = nameOf(call);
  const added = {
    ...(await customised(call, container(call, name, PROFILES[call.flags.str('profile')]))),
    ...(target ? { targetContainerName: target } : {}),
  };
  const { namespace, name: podName } = pod.metadata;
  const before = (pod.spec.ephemeralContainers ?? []) as Json[];
  const order = [...before, ...(before.some((one) => one.name === name) ? [] : [added])].map((one) => ({
    name: one.name,
  }));
  const made = await call.client.json(
    'PATCH',
    `/api/v1/namespaces/${namespace}/pods/${podName}/ephemeralcontainers`,
    { spec: { ephemeralContainers: [added], '$setElementOrder/ephemeralContainers': order } },
    'application/strategic-merge-patch+json',
  );
  return { pod: made, name };
}

function images(call: Call): Map<string, string> {
  return new Map(
    call.flags.list('set-image').map((pair) => {
      const [name = '', image] = pair.split('=');
      if (!image) throw new KubectlError(`invalid image: ${pair}`);
      return [name, image];
    }),
  );
}

/** What of the original does not belong to a copy whose containers are changed. */
function withoutKept(call: Call, metadata: Json, containers: Json[]): { metadata: Json; containers: Json[] } {
  const { flags } = call;
  const probes = ['liveness', 'readiness', 'startup'].filter((probe) => !flags.bool(`keep-${probe}`));
  return {
    metadata: {
      ...metadata,
      annotations: flags.bool('keep-annotations') ? metadata.annotations : undefined,
      labels: flags.bool('keep-labels') ? metadata.labels : undefined,
    },
    containers: containers.map((one) => {
      const rest = { ...one };
      for (const probe of probes) delete rest[`${probe}Probe`];
      return rest;
    }),
  };
}

async function copied(call: Call, pod: Json): Promise<{ pod: Json; name: string }> {
  const { flags } = call;
  const { ephemeralContainers: _, nodeName, ...spec } = structuredClone(pod.spec);
  let metadata: Json = {
    name: flags.str('copy-to'),
    namespace: pod.metadata.namespace,
    annotations: pod.metadata.annotations,
    labels: pod.metadata.labels,
  };
  if (flags.bool('same-node')) spec.nodeName = nodeName;
  const wanted = images(call);
  for (const one of spec.containers) one.image = wanted.get(one.name) ?? wanted.get('*') ?? one.image;
  let name = flags.str('container') || spec.containers[0].name;
  if (flags.str('image') || flags.str('container')) {
    const grants = PROFILES[flags.str('profile')];
    const existing = spec.containers.find((one: Json) => one.name === flags.str('container'));
    if (existing) {
      const { image, ...change } = await customised(call, container(call, existing.name, grants));
      Object.assign(existing, change, image ? { image } : {});
      if (call.args.length > 1 && !flags.bool('arguments-only')) delete existing.args;
    } else {
      name = nameOf(call);
      spec.containers.push(await customised(call, container(call, name, grants)));
    }
    spec.shareProcessNamespace = flags.bool('share-processes');
    ({ metadata, containers: spec.containers } = withoutKept(call, metadata, spec.containers));
  }
  const made = await call.client.json('POST', `/api/v1/namespaces/${metadata.namespace}/pods`, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata,
    spec,
  });
  if (flags.bool('replace'))
    await call.client.json('DELETE', `/api/v1/namespaces/${metadata.namespace}/pods/${pod.metadata.name}`, {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
    });
  return { pod: made, name };
}

async function onNode(call: Call, node: Json): Promise<{ pod: Json; name: string }> {
  const { flags } = call;
  const profile = flags.str('profile');
  const withHost = WITH_HOST.includes(profile);
  const name = flags.str('container') || 'debugger';
  const podName = `node-debugger-${node.metadata.name}-${suffix(call)}`;
  const grants = profile in ON_NODE ? ON_NODE[profile] : PROFILES[profile];
  if (!flags.bool('quiet'))
    call.out(`Creating debugging pod ${podName} with container ${name} on node ${node.metadata.name}.\n`);
  const mount = withHost ? { volumeMounts: [{ mountPath: '/host', name: 'host-root' }] } : {};
  const made = await call.client.json('POST', `/api/v1/namespaces/${call.namespace}/pods`, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { labels: { 'app.kubernetes.io/managed-by': 'kubectl-debug' }, name: podName },
    spec: {
      containers: [await customised(call, { ...container(call, name, grants), ...mount })],
      ...(withHost ? { hostIPC: true, hostNetwork: true, hostPID: true } : {}),
      nodeName: node.metadata.name,
      restartPolicy: 'Never',
      tolerations: [{ operator: 'Exists' }],
      ...(withHost ? { volumes: [{ hostPath: { path: '/' }, name: 'host-root' }] } : {}),
    },
  });
  return { pod: made, name };
}

function assertFlags(call: Call): void {
  const { flags, args } = call;
  const copy = flags.str('copy-to');
  if (!flags.str('image') && !copy) throw new KubectlError('you must specify --image when not using --copy-to.');
  if (args.length === 0 && !hasFiles(call)) throw new KubectlError('NAME or filename must be specified');
  if (copy && !flags.str('image') && !flags.str('container') && flags.list('set-image').length === 0)
    throw new KubectlError('you must specify --image, --set-image or command arguments.');
  if (copy && flags.str('target'))
    throw new KubectlError('--target is incompatible with --copy-to. Use --share-processes instead.');
  if (!copy)
    for (const name of ['replace', 'same-node', 'set-image'] as const)
      if (flags.changed.has(name)) throw new KubectlError(`--${name} may only be used with --copy-to.`);
  if (!(flags.str('profile') in PROFILES)) throw new KubectlError(`unknown profile: ${flags.str('profile')}`);
  if (flags.bool('tty') && !flags.bool('stdin'))
    throw new KubectlError('-i/--stdin is required for containers with -t/--tty=true');
  const words = args.slice(1);
  if (flags.bool('stdin') && call.stdin === '' && (words.length === 0 || (words.length === 1 && SHELL.test(words[0]!))))
    throw new KubectlExit(
      `error: this shell has no terminal for an interactive session; give the command: kubectl debug ${args[0] ?? 'POD'} --image=IMAGE -i -- sh -c '…', or start it without -i and use kubectl exec`,
    );
}

async function run(call: Call): Promise<number> {
  const { flags } = call;
  assertFlags(call);
  await customOf(call);
  if (flags.str('profile') === 'legacy')
    call.err(
      '--profile=legacy is deprecated and will be removed in the future. It is recommended to explicitly specify a profile, for example "--profile=general".\n',
    );
  const [target = ''] = call.args;
  const { infos, errors } = await gather(call, {
    args: [target.includes('/') ? target : `pods/${target}`],
    live: true,
  });
  throwIfAny(errors);
  const object = infos[0]!.object as Json;
  if (object.kind !== 'Pod' && object.kind !== 'Node')
    throw new KubectlError(`"${object.apiVersion}, Kind=${object.kind}" not supported by debug`);
  const make = object.kind === 'Node' ? onNode : flags.str('copy-to') ? copied : ephemeral;
  const { pod, name } = await make(call, object);
  const attach = flags.changed.has('attach') ? flags.bool('attach') : flags.bool('stdin');
  return attach ? logEnd(call, pod.metadata.namespace, pod.metadata.name, name) : 0;
}

const bool = (name: string, value?: string): Verb['flags'][number] => ({ name, type: 'bool', default: value });

export const debug: Verb = {
  name: 'debug',
  flags: [
    fileFlags[0]!,
    bool('arguments-only'),
    bool('attach'),
    { name: 'container', short: 'c', type: 'string' },
    { name: 'copy-to', type: 'string' },
    { name: 'custom', type: 'string' },
    { name: 'env', type: 'array' },
    { name: 'image', type: 'string' },
    { name: 'image-pull-policy', type: 'string' },
    bool('keep-annotations'),
    bool('keep-init-containers', 'true'),
    bool('keep-labels'),
    bool('keep-liveness'),
    bool('keep-readiness'),
    bool('keep-startup'),
    { name: 'profile', type: 'string', default: 'legacy' },
    { ...bool('quiet'), short: 'q' },
    bool('replace'),
    bool('same-node'),
    { name: 'set-image', type: 'strings' },
    bool('share-processes', 'true'),
    { ...bool('stdin'), short: 'i' },
    { name: 'target', type: 'string' },
    { ...bool('tty'), short: 't' },
  ],
  run,
};
