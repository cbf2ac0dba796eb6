import type { Json } from '../../../kube/object.ts';
import type { Call, Verb, VerbResult } from '../context.ts';
import { KubectlError, KubectlExit, UsageError } from '../errors.ts';
import { outputFlags, resultPrinter } from '../printers/output.ts';
import { createObject, overridden } from './generator.ts';
import { dryRunFlag, dryRunOf, fieldManagerFlag } from './shared.ts';

function podOf(call: Call, name: string): Json {
  const { flags } = call;
  const command = call.args.slice(1);
  const pairs = (text: string): Record<string, string> =>
    Object.fromEntries(
      text
        .split(',')
        .filter(Boolean)
        .map((pair) => pair.split('=') as [string, string]),
    );
  const annotations = flags.list('annotations').map((pair) => {
    const at = pair.indexOf('=');
    if (at < 0) throw new KubectlError(`invalid annotation format: ${pair}`);
    return [pair.slice(0, at), pair.slice(at + 1)];
  });
  const env = flags
    .list('env')
    .map((pair) => {
      if (!/^[^=]+=/.test(pair)) throw new KubectlError(`invalid env: ${pair}`);
      return pair;
    })
    .map((pair) => ({ name: pair.slice(0, pair.indexOf('=')), value: pair.slice(pair.indexOf('=') + 1) }));
  const container: Json = { image: flags.str('image'), name, resources: {} };
  if (command.length > 0) container[flags.bool('command') ? 'command' : 'args'] = command;
  if (env.length > 0) container.env = env;
  if (flags.bool('privileged')) container.securityContext = { privileged: true };
  if (flags.str('port')) container.ports = [{ containerPort: flags.int('port') }];
  if (flags.str('image-pull-policy')) container.imagePullPolicy = flags.str('image-pull-policy');
  const labels = flags.str('labels') ? pairs(flags.str('labels')) : { run: name };
  const pod: Json = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...(annotations.length > 0 ? { annotations: Object.fromEntries(annotations) } : {}), labels, name },
    spec: { containers: [container], dnsPolicy: 'ClusterFirst', restartPolicy: flags.str('restart') || 'Always' },
    status: {},
  };
  const out = overridden(call, pod);
  for (const one of out.spec.containers) one.resources ??= {};
  return out;
}

/** `--expose`: the service that leads to the pod. */
function serviceOf(call: Call, name: string): Json {
  const port = call.flags.int('port');
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { ports: [{ port, protocol: 'TCP', targetPort: port }], selector: podOf(call, name).metadata.labels },
    status: { loadBalancer: {} },
  };
}

/** Waits for the end of one container and prints its log; the result is its exit code. */
export async function logEnd(call: Call, namespace: string, pod: string, container: string): Promise<number> {
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}`;
  for (;;) {
    const { status } = await call.client.get(path);
    const all = [...(status?.containerStatuses ?? []), ...(status?.ephemeralContainerStatuses ?? [])];
    const over = all.find((one: Json) => one.name === container)?.state?.terminated;
    if (over) {
      call.out((await call.client.raw('GET', `${path}/log?container=${container}`, { accept: '*/*' })).body);
      return over.exitCode;
    }
    await call.time.sleep(500, call.signal);
  }
}

/** `--rm -i` with a command: waits for the end, prints the log, deletes the pod. */
async function attached(call: Call, name: string): Promise<number> {
  const path = `/api/v1/namespaces/${call.namespace}/pods/${name}`;
  const until = call.time.now() + call.flags.duration('pod-running-timeout');
  try {
    for (;;) {
      const live = await call.client.get(path);
      if (live.status?.phase === 'Succeeded' || live.status?.phase === 'Failed') {
        call.out((await call.client.raw('GET', `${path}/log`, { accept: '*/*' })).body);
        const over = live.status.containerStatuses?.[0]?.state?.terminated;
        if (over?.exitCode)
          call.err(`pod ${call.namespace}/${name} terminated (${over.reason})\n${over.message ?? ''}`);
        return over?.exitCode ?? 0;
      }
      if (live.status?.phase !== 'Running' && call.time.now() >= until)
        throw new KubectlError('timed out waiting for the condition');
      await call.time.sleep(500, call.signal);
    }
  } finally {
    if (call.flags.bool('rm')) {
      await call.client.json('DELETE', path, { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0 });
      if (!call.flags.bool('quiet')) call.out(`pod ${JSON.stringify(name)} deleted from ${call.namespace} namespace\n`);
    }
  }
}

/** The shape of an image reference: lower-case path, then tag or digest. */
function assertImage(image: string): void {
  if (image === '') throw new KubectlError('--image is required');
  const name = image.replace(/@[\w:+.-]+$/, '').replace(/:[\w][\w.-]{0,127}$/, '');
  const [first = '', ...rest] = name.split('/');
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  const part = /^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*$/;
  if ((isHost ? rest : [first, ...rest]).every((one) => part.test(one)) && (!isHost || /^[\w.-]+(:\d+)?$/.test(first)))
    return;
  throw new KubectlError(`Invalid image name ${JSON.stringify(image)}: invalid reference format`);
}

async function start(call: Call): VerbResult {
  const { flags } = call;
  if (!flags.changed.has('image')) throw new KubectlError('required flag(s) "image" not set');
  const name = call.args[0];
  if (!name) throw new UsageError('NAME is required for run');
  assertImage(flags.str('image'));
  if (!['Always', 'OnFailure', 'Never'].includes(flags.str('restart')))
    throw new KubectlExit(
      `error: invalid restart policy: ${flags.str('restart')}\nSee 'kubectl run -h' for help and examples`,
    );
  const pull = flags.str('image-pull-policy');
  if (pull !== '' && !['Always', 'IfNotPresent', 'Never'].includes(pull))
    throw new UsageError(`invalid image pull policy: ${pull}`);
  if (flags.str('port') !== '' && !/^[+-]?\d+$/.test(flags.str('port')))
    throw new KubectlError(`strconv.Atoi: parsing ${JSON.stringify(flags.str('port'))}: invalid syntax`);
  if ((flags.bool('attach') || flags.bool('stdin') || flags.bool('tty')) && dryRunOf(call) !== 'none')
    throw new UsageError(
      "--dry-run=[server|client] can't be used with attached containers options (--attach, --stdin, or --tty)",
    );
  if (flags.bool('expose') && !flags.str('port')) throw new UsageError('--port must be set when exposing a service');
  const watched = flags.bool('attach') || flags.bool('stdin') || flags.bool('rm');
  if (flags.bool('rm') && !flags.bool('attach') && !flags.bool('stdin'))
    throw new UsageError('--rm should only be used for attached containers');
  if ((flags.bool('stdin') || flags.bool('tty')) && call.args.length < 2)
    throw new KubectlError(
      'this shell has no terminal for an interactive pod; give the command: kubectl run NAME --image=IMAGE --rm -i --restart=Never -- COMMAND',
    );
  if (flags.bool('stdin') && call.stdin !== '')
    throw new KubectlError(
      'standard input of a new pod is not supported in this shell: start it without -i, then kubectl exec -i NAME -- COMMAND',
    );
  if (watched && flags.str('restart') !== 'Never') flags.set('restart', 'Never');
  if (!watched || dryRunOf(call) !== 'none') {
    const print = await resultPrinter(call, 'created', { typed: true });
    if (flags.bool('expose')) await createObject(call, serviceOf(call, name), print);
    if (flags.bool('expose') && flags.str('output') === 'yaml') call.out('---\n');
    await createObject(call, podOf(call, name), print);
    return;
  }
  await call.client.json(
    'POST',
    `/api/v1/namespaces/${call.namespace}/pods?fieldManager=kubectl-run`,
    podOf(call, name),
  );
  return attached(call, name);
}

export const run: Verb = {
  name: 'run',
  flags: [
    ...outputFlags,
    dryRunFlag,
    fieldManagerFlag('kubectl-run'),
    { name: 'annotations', type: 'array' },
    { name: 'attach', type: 'bool' },
    { name: 'command', type: 'bool' },
    { name: 'env', type: 'array' },
    { name: 'expose', type: 'bool' },
    { name: 'image', type: 'string' },
    // how the pod of --rm goes: it is over by then, and deleted at once
    { name: 'cascade', type: 'string', default: 'background', bare: 'background' },
    { name: 'force', type: 'bool' },
    { name: 'grace-period', type: 'int', default: '-1' },
    { name: 'timeout', type: 'duration', default: '0s' },
    { name: 'wait', type: 'bool' },
    // the real one takes it and heeds it not
    { name: 'save-config', type: 'bool' },
    { name: 'image-pull-policy', type: 'string' },
    { name: 'labels', short: 'l', type: 'string' },
    { name: 'override-type', type: 'string', default: 'merge' },
    { name: 'overrides', type: 'string' },
    { name: 'pod-running-timeout', type: 'duration', default: '1m0s' },
    { name: 'port', type: 'string' },
    { name: 'privileged', type: 'bool' },
    { name: 'quiet', short: 'q', type: 'bool' },
    { name: 'restart', type: 'string', default: 'Always' },
    { name: 'rm', type: 'bool' },
    { name: 'stdin', short: 'i', type: 'bool' },
    { name: 'tty', short: 't', type: 'bool' },
  ],
  run: start,
};
