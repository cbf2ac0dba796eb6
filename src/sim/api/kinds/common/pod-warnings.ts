import type { Json, KubeObject } from '../../../../kube/object.ts';
import { compareQuantities } from '../../../../kube/quantity.ts';
import { dnsLabel } from './names.ts';

const NODE_LABELS: Record<string, string> = {
  'beta.kubernetes.io/arch': 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  'beta.kubernetes.io/os': 'deprecated since v1.14; use "kubernetes.io/os" instead',
  'beta.kubernetes.io/instance-type': 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
  'failure-domain.beta.kubernetes.io/region': 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  'failure-domain.beta.kubernetes.io/zone': 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
};
const ANNOTATIONS: Record<string, string> = {
  'seccomp.security.alpha.kubernetes.io/pod': 'non-functional in v1.27+; use the "seccompProfile" field instead',
};
const VOLUMES: Record<string, string> = {
  photonPersistentDisk: 'deprecated in v1.11, non-functional in v1.16+',
  gitRepo: 'deprecated in v1.11, and disabled by default in v1.33+',
  scaleIO: 'deprecated in v1.16, non-functional in v1.22+',
  flocker: 'deprecated in v1.22, non-functional in v1.25+',
  storageos: 'deprecated in v1.22, non-functional in v1.25+',
  quobyte: 'deprecated in v1.22, non-functional in v1.25+',
  glusterfs: 'deprecated in v1.25, non-functional in v1.26+',
  cephfs: 'deprecated in v1.28, non-functional in v1.31+',
  rbd: 'deprecated in v1.28, non-functional in v1.31+',
};

/** Warnings about a pod or a template (upstream's GetWarningsForPod), `path` being that of the template or ''. */
export function podWarnings(pod: Json, path: string): string[] {
  const spec = pod.spec ?? {};
  const at = path === '' ? 'spec' : `${path}.spec`;
  const meta = path === '' ? 'metadata' : `${path}.metadata`;
  return [
    ...placementWarnings(spec, at),
    ...Object.keys(pod.metadata?.annotations ?? {})
      .filter((key) => ANNOTATIONS[key] !== undefined)
      .map((key) => `${meta}.annotations[${key}]: ${ANNOTATIONS[key]}`),
    ...(spec.volumes ?? []).flatMap((volume: Json, i: number) =>
      Object.keys(VOLUMES)
        .filter((name) => volume[name])
        .map((name) => `${at}.volumes[${i}].${name}: ${VOLUMES[name]}`),
    ),
    ...repeated(spec.hostAliases, 'ip', `${at}.hostAliases`),
    ...repeated(spec.imagePullSecrets, 'name', `${at}.imagePullSecrets`),
    ...(spec.initContainers ?? []).flatMap((c: Json, i: number) => containerWarnings(c, `${at}.initContainers[${i}]`)),
    ...(spec.containers ?? []).flatMap((c: Json, i: number) => containerWarnings(c, `${at}.containers[${i}]`)),
    ...portWarnings(spec, at),
    ...(spec.terminationGracePeriodSeconds < 0
      ? [`${at}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1.`]
      : []),
  ];
}

/** Warnings of an object that makes pods from `spec.template`: its name when it is new, and the template whenever the generation changes. */
export function templateWarnings(object: KubeObject, old?: KubeObject): string[] {
  if (old && object.metadata.generation === old.metadata.generation) return [];
  return [...(old ? [] : nameWarnings(object)), ...podWarnings(object.spec.template ?? {}, 'spec.template')];
}

/** Names that pods come to bear should be DNS labels. */
export function nameWarnings({ metadata }: KubeObject): string[] {
  return surprisingName(metadata.name, 'this is used in Pod names and hostnames');
}

export function surprisingName(name: string, use: string): string[] {
  const problems = dnsLabel(name);
  if (problems.length === 0) return [];
  const advice = 'which can result in surprising behavior; a DNS label is recommended';
  return [`metadata.name: ${use}, ${advice}: [${problems.join(' ')}]`];
}

/** `path: fractional byte value "100m" is invalid, must be an integer` */
export function fractionalBytes(quantity: string | undefined, path: string): string[] {
  if (quantity === undefined || !/m$|u$|n$/.test(quantity) || compareQuantities(quantity, '0') === 0) return [];
  return [`${path}: fractional byte value "${quantity}" is invalid, must be an integer`];
}

function placementWarnings(spec: Json, at: string): string[] {
  const out: string[] = [];
  for (const key of Object.keys(spec.nodeSelector ?? {}).sort())
    if (NODE_LABELS[key]) out.push(`${at}.nodeSelector[${key}]: ${NODE_LABELS[key]}`);
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const where = `${at}.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms`;
  for (const [i, term] of required.entries())
    for (const [j, { key }] of (term.matchExpressions ?? []).entries())
      if (NODE_LABELS[key]) out.push(`${where}[${i}].matchExpressions[${j}].key: ${key} is ${NODE_LABELS[key]}`);
  for (const [i, spread] of (spec.topologySpreadConstraints ?? []).entries()) {
    const path = `${at}.topologySpreadConstraints[${i}]`;
    const text = NODE_LABELS[spread.topologyKey];
    if (text) out.push(`${path}.topologyKey: ${spread.topologyKey} is ${text}`);
    if (!spread.labelSelector) out.push(`${path}.labelSelector: a null labelSelector results in matching no pod`);
  }
  return out;
}

function repeated(items: Json[] | undefined, field: string, path: string): string[] {
  const seen = new Set<string>();
  const out: string[] = [];
  for (const [i, item] of (items ?? []).entries()) {
    const value: string = item[field] ?? '';
    if (value === '') out.push(`${path}[${i}].${field}: invalid empty ${field} ""`);
    else if (seen.has(value)) out.push(`${path}[${i}].${field}: duplicate ${field} ${JSON.stringify(value)}`);
    seen.add(value);
  }
  return out;
}

function containerWarnings(container: Json, path: string): string[] {
  const out: string[] = [];
  for (const list of ['limits', 'requests'])
    for (const name of ['memory', 'ephemeral-storage'])
      out.push(...fractionalBytes(container.resources?.[list]?.[name], `${path}.resources.${list}[${name}]`));
  const names = new Set<string>();
  for (const [i, { name, value, valueFrom }] of (container.env ?? []).entries()) {
    const reference = `$(${name})`;
    const builds = !valueFrom && value !== reference && value?.includes(reference);
    if (names.has(name) && !builds)
      out.push(
        `${path}.env[${i}]: hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`,
      );
    names.add(name);
  }
  return out;
}

/** Ports that containers of the pod say more than once, by number and by name. */
function portWarnings(spec: Json, at: string): string[] {
  const lists = ['initContainers', 'containers', 'ephemeralContainers'];
  const ports: { port: Json; path: string }[] = lists.flatMap((list) =>
    (spec[list] ?? []).flatMap((container: Json, c: number) =>
      (container.ports ?? []).map((port: Json, p: number) => ({ port, path: `${at}.${list}[${c}].ports[${p}]` })),
    ),
  );
  const out = ports.flatMap(({ port, path }, n) =>
    ports
      .slice(0, n)
      .filter(({ port: other }) => portKey(other) === portKey(port))
      .flatMap((other) => {
        const clash = portClash(port, other.port);
        return clash ? [`${path}: ${clash} port definition with ${other.path}`] : [];
      }),
  );
  const named = new Map<string, string>();
  for (const { port, path } of ports.filter((one) => one.port.name)) {
    const first = named.get(port.name);
    if (first === undefined) named.set(port.name, path);
    else
      out.push(
        `${path}: duplicate port name ${JSON.stringify(port.name)} with ${first}, services and probes that select ports by name will use ${first}`,
      );
  }
  return out;
}

const portKey = (port: Json): string => `${port.containerPort}/${port.protocol ?? 'TCP'}`;

function portClash(port: Json, other: Json): string | undefined {
  const [hostPort, otherPort] = [port.hostPort ?? 0, other.hostPort ?? 0];
  const [hostIp, otherIp] = [port.hostIP ?? '', other.hostIP ?? ''];
  if (hostIp === otherIp && hostPort === otherPort) return 'duplicate';
  if (hostPort === 0 || otherPort === 0) return 'overlapping';
  return hostPort === otherPort && (hostIp === '') !== (otherIp === '') ? 'dangerously ambiguous' : undefined;
}
