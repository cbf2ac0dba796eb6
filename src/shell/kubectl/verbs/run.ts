import type { Json } from '../../../kube/object.ts';
import type { Call, Verb, VerbResult } from '../context.ts';
import { KubectlError, KubectlExit } from '../errors.ts';
import { outputFlags } from '../printers/output.ts';
import { createObject } from './generator.ts';
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
  if (flags.str('overrides')) {
    const extra = JSON.parse(flags.str('overrides'));
    pod.spec = { ...pod.spec, ...extra.spec };
    pod.metadata = { ...pod.metadata, ...extra.metadata };
  }
  return pod;
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

async function start(call: Call): VerbResult {
  const { flags } = call;
  if (!flags.changed.has('image')) throw new KubectlError('required flag(s) "image" not set');
  const name = call.args[0];
  if (!name) throw new KubectlExit("error: NAME is required for run\nSee 'kubectl run -h' for help and examples");
  if (!['Always', 'OnFailure', 'Never'].includes(flags.str('restart')))
    throw new KubectlExit(
      `error: invalid restart policy: ${flags.str('restart')}\nSee 'kubectl run -h' for help and examples`,
    );
  if (flags.bool('expose') && !flags.str('port')) throw new KubectlError('--port must be set when exposing a service');
  const watched = flags.bool('attach') || flags.bool('stdin') || flags.bool('rm');
  if (flags.bool('rm') && !flags.bool('attach') && !flags.bool('stdin'))
    throw new KubectlError('--rm should only be used for attached containers');
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
    if (flags.bool('expose')) await createObject(call, serviceOf(call, name));
    await createObject(call, podOf(call, name));
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
    { name: 'image-pull-policy', type: 'string' },
    { name: 'labels', short: 'l', type: 'string' },
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
