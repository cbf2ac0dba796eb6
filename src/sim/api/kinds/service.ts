import type { Json, KubeObject } from '../../../kube/object.ts';
import type { FieldError } from '../../../kube/status.ts';
import type { StrategyContext } from '../kind.ts';
import { defineKind } from './common/define.ts';
import { immutable } from './common/field.ts';
import { setDefault, setDefaultPointer } from './common/pod-defaults.ts';
import { formatLabels } from './common/selectors.ts';
import { allocateClusterIp, allocateNodePorts, freeHealthPort, validateAllocation } from './common/service-ports.ts';
import { externallyAccessible, isHeadless, validateService } from './common/service-validation.ts';
import { age, columns } from './common/table.ts';

const IP_TYPES = ['ClusterIP', 'NodePort', 'LoadBalancer'];

function defaultService(draft: KubeObject): void {
  const { spec } = draft;
  setDefault(spec, 'sessionAffinity', 'None');
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
  if (spec.sessionAffinity === 'ClientIP' && spec.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined)
    spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: 10800 } };
  setDefault(spec, 'type', 'ClusterIP');
  for (const port of spec.ports ?? []) {
    setDefault(port, 'protocol', 'TCP');
    setDefault(port, 'targetPort', port.port);
  }
  if (externallyAccessible(draft)) setDefault(spec, 'externalTrafficPolicy', 'Cluster');
  if (IP_TYPES.includes(spec.type)) setDefaultPointer(spec, 'internalTrafficPolicy', 'Cluster');
  if (spec.type === 'LoadBalancer') setDefaultPointer(spec, 'allocateLoadBalancerNodePorts', true);
}

/** clusterIP and clusterIPs name the same thing; either may be given. */
function normalizeClusterIps(spec: Json, old?: Json): void {
  if (old) {
    if (spec.clusterIP === old.clusterIP || spec.clusterIPs?.[0] !== old.clusterIPs?.[0]) return;
    if (!spec.clusterIP) delete spec.clusterIPs;
    else spec.clusterIPs = [spec.clusterIP];
  } else if (spec.clusterIP && !(spec.clusterIPs?.length > 0)) spec.clusterIPs = [spec.clusterIP];
}

/** What the registry fills in: addresses, families and node ports. */
function allocate(draft: KubeObject, ctx: StrategyContext): void {
  const { spec } = draft;
  if (spec.type === 'ExternalName' || !IP_TYPES.includes(spec.type)) return;
  if (!spec.clusterIP && !(spec.clusterIPs?.length > 0)) {
    spec.clusterIP = allocateClusterIp(draft, ctx);
    spec.clusterIPs = [spec.clusterIP];
  }
  const headlessWithoutSelector = isHeadless(draft) && Object.keys(spec.selector ?? {}).length === 0;
  setDefault(spec, 'ipFamilyPolicy', headlessWithoutSelector ? 'RequireDualStack' : 'SingleStack');
  if (!(spec.ipFamilies?.length > 0)) spec.ipFamilies = headlessWithoutSelector ? ['IPv4', 'IPv6'] : ['IPv4'];
  const wantsPorts =
    spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false);
  if (wantsPorts) allocateNodePorts(draft, ctx);
  if (spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local' && !spec.healthCheckNodePort)
    spec.healthCheckNodePort = freeHealthPort(draft, ctx);
}

/** On a change of type what belongs to the old one goes, unless the user set it anew. */
function dropTypeDependents(draft: KubeObject, old: KubeObject): void {
  const { spec } = draft;
  const before = old.spec;
  if (spec.type === 'ExternalName' && before.type !== 'ExternalName') {
    if (spec.clusterIP === before.clusterIP) {
      delete spec.clusterIP;
      delete spec.clusterIPs;
    }
    for (const name of ['ipFamilies', 'ipFamilyPolicy', 'internalTrafficPolicy']) delete spec[name];
  }
  const hadPorts = ['NodePort', 'LoadBalancer'].includes(before.type);
  if (hadPorts && !['NodePort', 'LoadBalancer'].includes(spec.type))
    for (const [i, port] of (spec.ports ?? []).entries())
      if (port.nodePort === before.ports?.[i]?.nodePort) delete port.nodePort;
  if (before.type === 'LoadBalancer' && spec.type !== 'LoadBalancer') {
    delete spec.allocateLoadBalancerNodePorts;
    delete spec.loadBalancerClass;
    delete spec.healthCheckNodePort;
  }
  if (externallyAccessible(old) && !externallyAccessible(draft)) delete spec.externalTrafficPolicy;
}

/** An update that leaves out what was allocated keeps it. */
function patchAllocated(draft: KubeObject, old: KubeObject): void {
  const { spec } = draft;
  const before = old.spec;
  if (IP_TYPES.includes(spec.type) && IP_TYPES.includes(before.type)) {
    if (!spec.clusterIP) spec.clusterIP = before.clusterIP;
    if (!(spec.clusterIPs?.length > 0) && spec.clusterIP === before.clusterIP) spec.clusterIPs = before.clusterIPs;
    spec.ipFamilies ??= before.ipFamilies;
    spec.ipFamilyPolicy ??= before.ipFamilyPolicy;
  }
  if (spec.type === before.type && ['NodePort', 'LoadBalancer'].includes(spec.type))
    for (const port of spec.ports ?? []) {
      if (port.nodePort) continue;
      const twin = (before.ports ?? []).find(
        (item: Json) => item.port === port.port && item.protocol === port.protocol,
      );
      if (twin?.nodePort) port.nodePort = twin.nodePort;
    }
  if (spec.type === 'LoadBalancer' && before.healthCheckNodePort && spec.externalTrafficPolicy === 'Local')
    spec.healthCheckNodePort ??= before.healthCheckNodePort;
}

function validateClusterIpUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  if (object.spec.type === 'ExternalName' || old.spec.type === 'ExternalName') return [];
  if (object.spec.clusterIP === old.spec.clusterIP) return [];
  return immutable('spec.clusterIPs[0]', object.spec.clusterIPs?.[0], old.spec.clusterIPs?.[0]).map((error) => ({
    ...error,
    value: object.spec.clusterIPs,
    detail: 'may not change once set',
  }));
}

function externalIp({ spec, status = {} }: KubeObject): string {
  const own: string[] = spec.externalIPs ?? [];
  if (spec.type === 'ExternalName') return spec.externalName ?? '';
  if (spec.type !== 'LoadBalancer') return own.length > 0 ? own.join(',') : '<none>';
  const balancer = [
    ...new Set<string>((status.loadBalancer?.ingress ?? []).map((item: Json) => item.ip || item.hostname)),
  ];
  const all = [...balancer.filter(Boolean).sort(), ...own];
  return all.length > 0 ? all.join(',') : '<pending>';
}

function portText(port: Json): string {
  return port.nodePort ? `${port.port}:${port.nodePort}/${port.protocol}` : `${port.port}/${port.protocol}`;
}

const HINTS = 'service.kubernetes.io/topology-aware-hints';

/** What is deprecated, and what the type makes meaningless. */
function serviceWarnings(object: KubeObject): string[] {
  const { spec, metadata } = object;
  const out: string[] = [];
  if (metadata.annotations?.[HINTS] !== undefined)
    out.push(`annotation ${HINTS} is deprecated, please use service.kubernetes.io/topology-mode instead`);
  const externalIps = (spec.externalIPs ?? []).length > 0;
  if (isHeadless(object)) {
    if (spec.loadBalancerIP) out.push('spec.loadBalancerIP is ignored for headless services');
    if (externalIps) out.push('spec.externalIPs is ignored for headless services');
    if (spec.sessionAffinity !== 'None') out.push('spec.SessionAffinity is ignored for headless services');
  }
  const isName = spec.type === 'ExternalName';
  if (isName && externalIps) out.push('spec.externalIPs is ignored when spec.type is "ExternalName"');
  if (!isName && spec.externalName) out.push('spec.externalName is ignored when spec.type is not "ExternalName"');
  if (spec.trafficDistribution === 'PreferClose')
    out.push('spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"');
  return out;
}

/** v1 Service. */
export const service = defineKind({
  group: '',
  version: 'v1',
  kind: 'Service',
  createOnUpdate: true,
  deleteReturnsStatus: false,
  nameRule: 'label1035',
  generation: false,
  hasStatus: true,
  setDefaults: defaultService,
  prepareForCreate(draft, ctx) {
    normalizeClusterIps(draft.spec);
    allocate(draft, ctx);
  },
  prepareForUpdate(draft, old, ctx) {
    normalizeClusterIps(draft.spec, old.spec);
    patchAllocated(draft, old);
    dropTypeDependents(draft, old);
    allocate(draft, ctx);
  },
  validate: (object, ctx) => [...validateService(object), ...validateAllocation(object, ctx)],
  validateUpdate: validateClusterIpUpdate,
  selectableFields: ({ spec }) => ({ 'spec.clusterIP': spec.clusterIP ?? '', 'spec.type': spec.type ?? '' }),
  warnings: serviceWarnings,
  columns: columns('Name', 'Type', 'Cluster-IP', 'External-IP', 'Port(s)', 'Age', '~Selector'),
  row(object, ctx) {
    const { spec } = object;
    return [
      object.metadata.name,
      spec.type,
      spec.clusterIPs?.[0] ?? '<none>',
      externalIp(object),
      (spec.ports ?? []).map(portText).join(',') || '<none>',
      age(object, ctx),
      formatLabels(spec.selector),
    ];
  },
});
