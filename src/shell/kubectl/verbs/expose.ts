import type { Json } from '../../../kube/object.ts';
import { quantityNumber } from '../../../kube/quantity.ts';
import { gather, throwIfAny } from '../builder.ts';
import type { Call, Verb } from '../context.ts';
import { KubectlError, StatusError } from '../errors.ts';
import { outputFlags, resultPrinter } from '../printers/output.ts';
import { podSpecOf } from '../workloads.ts';
import { createObject, overridden } from './generator.ts';
import { dryRunFlag, fieldManagerFlag, fileFlags } from './shared.ts';

function selectorOf(object: Json): Json {
  if (object.kind === 'Pod') {
    if (!object.metadata.labels)
      throw new KubectlError(
        "couldn't retrieve selectors via --selector flag or introspection: the pod has no labels and cannot be exposed",
      );
    return object.metadata.labels;
  }
  if (object.kind === 'Service' || object.kind === 'ReplicationController') return object.spec.selector;
  if (object.spec?.selector?.matchLabels) return object.spec.selector.matchLabels;
  throw new KubectlError(`cannot expose a ${object.kind}`);
}

function labelsOf(text: string): Json {
  return text === '' ? undefined : Object.fromEntries(text.split(',').map((pair) => pair.split('=')));
}

async function runExpose(call: Call): Promise<void> {
  const { flags } = call;
  const { infos, errors } = await gather(call, { live: true });
  throwIfAny(errors);
  const print = await resultPrinter(call, 'exposed', { typed: true });
  for (const { object, name, namespace } of infos) {
    const live = object as Json;
    const declared = (podSpecOf(live)?.containers ?? [])
      .flatMap((one: Json) => one.ports ?? [])
      .map((port: Json) => ({ port: port.containerPort, protocol: port.protocol }));
    const given = flags
      .str('port')
      .split(',')
      .filter(Boolean)
      .map((port) => {
        if (!/^[+-]?\d+$/.test(port))
          throw new KubectlError(`strconv.Atoi: parsing ${JSON.stringify(port)}: invalid syntax`);
        return port;
      })
      .map((port) => ({ port: Number(port), protocol: flags.str('protocol') || 'TCP' }));
    const source = given.length > 0 ? given : live.kind === 'Service' ? live.spec.ports : declared;
    if (source.length === 0) throw new KubectlError("couldn't find port via --port flag or introspection");
    const target = flags.str('target-port');
    const ports = source.map((port: Json, at: number) => ({
      ...(source.length > 1 ? { name: `port-${at + 1}` } : {}),
      port: port.port,
      protocol: port.protocol ?? 'TCP',
      targetPort: target === '' ? port.port : /^\d+$/.test(target) ? Number(target) : target,
    }));
    const selector = flags.str('selector')
      ? Object.fromEntries(
          flags
            .str('selector')
            .split(',')
            .map((pair) => pair.split('=')),
        )
      : selectorOf(live);
    const affinity = flags.str('session-affinity');
    if (affinity && affinity !== 'None' && affinity !== 'ClientIP')
      throw new KubectlError('session-affinity must be None or ClientIP');
    const spec: Json = {
      ...(flags.str('external-ip') ? { externalIPs: [flags.str('external-ip')] } : {}),
      ...(flags.str('load-balancer-ip') && flags.str('type') === 'LoadBalancer'
        ? { loadBalancerIP: flags.str('load-balancer-ip') }
        : {}),
      ...(affinity ? { sessionAffinity: affinity } : {}),
      ports,
      selector,
      ...(flags.str('type') ? { type: flags.str('type') } : {}),
      ...(flags.str('cluster-ip') ? { clusterIP: flags.str('cluster-ip') } : {}),
    };
    if (namespace) call.namespace = namespace;
    await createObject(
      call,
      overridden(call, {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { labels: labelsOf(flags.str('labels')) ?? live.metadata.labels, name: flags.str('name') || name },
        spec,
        status: { loadBalancer: {} },
      }),
      print,
    );
  }
}

/** `70%` of what is requested, or an amount for each pod. */
function metric(name: 'cpu' | 'memory', text: string): Json[] {
  if (text === '') return [];
  if (/^\d+%?$/.test(text)) {
    const averageUtilization = Number.parseInt(text, 10);
    return averageUtilization > 0
      ? [{ resource: { name, target: { averageUtilization, type: 'Utilization' } }, type: 'Resource' }]
      : [];
  }
  if (quantityNumber(text) === undefined) throw new KubectlError(`invalid resource ${name} value: ${text}`);
  return [{ resource: { name, target: { averageValue: text, type: 'AverageValue' } }, type: 'Resource' }];
}

async function runAutoscale(call: Call): Promise<void> {
  const { flags } = call;
  if (flags.changed.has('cpu-percent'))
    call.err(
      "Flag --cpu-percent has been deprecated, Use --cpu with percentage or resource quantity format (e.g., '70%' for utilization or '500m' for milliCPU).\n",
    );
  if (!flags.changed.has('max')) throw new KubectlError('required flag(s) "max" not set');
  const [min, max] = [flags.int('min'), flags.int('max')];
  if (max < 1) throw new KubectlError(`--max=MAXPODS is required and must be at least 1, max: ${max}`);
  if (max < min)
    throw new KubectlError(`--max=MAXPODS must be larger or equal to --min=MINPODS, max: ${max}, min: ${min}`);
  const { infos, errors } = await gather(call, { live: true });
  throwIfAny(errors);
  const print = await resultPrinter(call, 'autoscaled', { typed: true });
  for (const { object, name, resource } of infos) {
    const live = object as Json;
    if (!resource.subresources.includes('scale'))
      throw new KubectlError(
        `cannot autoscale a ${live.kind}: could not find scale subresource for ${resource.group}/${resource.version}, Resource=${resource.name} in discovery information`,
      );
    const percent = flags.str('cpu-percent');
    const metrics = [
      ...metric('cpu', flags.str('cpu') || (percent ? `${percent}%` : '')),
      ...metric('memory', flags.str('memory')),
    ];
    const spec = {
      maxReplicas: flags.int('max'),
      ...(metrics.length > 0 ? { metrics } : {}),
      ...(flags.int('min') > 0 ? { minReplicas: flags.int('min') } : {}),
      scaleTargetRef: { apiVersion: live.apiVersion, kind: live.kind, name },
    };
    await createObject(
      call,
      {
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: { name: flags.str('name') || name },
        spec,
        status: { currentMetrics: null, desiredReplicas: 0 },
      },
      print,
    ).catch((error: Error) => {
      // kubectl falls back to autoscaling/v1, which has no room for an autoscaler without metrics
      if (metrics.length > 0 || !(error instanceof StatusError)) throw error;
      throw new KubectlError(
        'failed to create autoscaling/v2 HPA and the configuration is incompatible with autoscaling/v1: empty input',
      );
    });
  }
}

const common = [
  ...fileFlags,
  ...outputFlags,
  dryRunFlag,
  fieldManagerFlag('kubectl-expose'),
  { name: 'name', type: 'string' as const },
  { name: 'save-config', type: 'bool' as const },
];

export const expose: Verb = {
  name: 'expose',
  flags: [
    ...common,
    { name: 'port', type: 'string' },
    { name: 'target-port', type: 'string' },
    { name: 'protocol', type: 'string' },
    { name: 'selector', type: 'string' },
    { name: 'type', type: 'string' },
    { name: 'cluster-ip', type: 'string' },
    { name: 'external-ip', type: 'string' },
    { name: 'labels', short: 'l', type: 'string' },
    { name: 'load-balancer-ip', type: 'string' },
    { name: 'session-affinity', type: 'string' },
    { name: 'override-type', type: 'string', default: 'merge' },
    { name: 'overrides', type: 'string' },
  ],
  run: runExpose,
};
export const autoscale: Verb = {
  name: 'autoscale',
  flags: [
    ...common.map((flag) => (flag.name === 'field-manager' ? fieldManagerFlag('kubectl-autoscale') : flag)),
    { name: 'min', type: 'int', default: '-1' },
    { name: 'max', type: 'int' },
    { name: 'cpu', type: 'string' },
    { name: 'cpu-percent', type: 'string', hidden: true },
    { name: 'memory', type: 'string' },
  ],
  run: runAutoscale,
};
