import { rfc1123z, since } from '../../../kube/duration.ts';
import type { Json } from '../../../kube/object.ts';
import { quantityNumber } from '../../../kube/quantity.ts';
import { type Client, withQuery } from '../client.ts';
import { isNotFound } from '../errors.ts';
import {
  annotationsMultiline,
  type DescribeContext,
  type Describer,
  type DescribeWriter,
  eventsTable,
  labelsMultiline,
} from './writer.ts';

type Totals = Record<string, number>;

/** Requests or limits of a pod: containers together, or the largest init container if that is more. */
function podTotals(pod: Json, field: 'requests' | 'limits'): Totals {
  const sum: Totals = {};
  const add = (list: Json): void => {
    for (const name of Object.keys(list ?? {}))
      sum[name] = (sum[name] ?? 0) + (quantityNumber(String(list[name])) ?? 0);
  };
  for (const container of pod.spec.containers) add(container.resources?.[field]);
  for (const init of pod.spec.initContainers ?? []) {
    const list = init.resources?.[field] ?? {};
    if (init.restartPolicy === 'Always') add(list);
    else
      for (const name of Object.keys(list))
        sum[name] = Math.max(sum[name] ?? 0, quantityNumber(String(list[name])) ?? 0);
  }
  return sum;
}

const cpuText = (cores: number): string => {
  const milli = Math.ceil(cores * 1000 - 1e-6);
  return milli % 1000 === 0 ? String(milli / 1000) : `${milli}m`;
};

/** Binary suffix where it divides evenly, as sums of such quantities print. */
function bytesText(bytes: number): string {
  if (bytes === 0) return '0';
  for (const [unit, size] of [
    ['Gi', 2 ** 30],
    ['Mi', 2 ** 20],
    ['Ki', 2 ** 10],
  ] as const)
    if (bytes % size === 0) return `${bytes / size}${unit}`;
  return String(bytes);
}

const percent = (value: number, of: string | undefined): number =>
  Math.trunc((value / (quantityNumber(of ?? '0') || 1)) * 100);

function resourceRows(w: DescribeWriter, pods: Json[], room: Json, nowMs: number): void {
  w.field('Non-terminated Pods', `(${pods.length} in total)`);
  w.line(1, 'Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge');
  w.line(1, '---------\t----\t\t------------\t----------\t---------------\t-------------\t---');
  const all = { requests: {} as Totals, limits: {} as Totals };
  for (const pod of pods) {
    const [requests, limits] = [podTotals(pod, 'requests'), podTotals(pod, 'limits')];
    for (const [sum, part] of [
      [all.requests, requests],
      [all.limits, limits],
    ] as const)
      for (const name of Object.keys(part)) sum[name] = (sum[name] ?? 0) + part[name]!;
    const cell = (list: Totals, name: string): string =>
      `${name === 'cpu' ? cpuText(list.cpu ?? 0) : bytesText(list[name] ?? 0)} (${percent(list[name] ?? 0, room[name])}%)`;
    w.line(
      1,
      `${pod.metadata.namespace}\t${pod.metadata.name}\t\t${cell(requests, 'cpu')}\t${cell(limits, 'cpu')}\t${cell(requests, 'memory')}\t${cell(limits, 'memory')}\t${since(pod.metadata.creationTimestamp, nowMs)}`,
    );
  }
  w.write(0, 'Allocated resources:\n  (Total limits may be over 100 percent, i.e., overcommitted.)\n');
  w.line(1, 'Resource\tRequests\tLimits');
  w.line(1, '--------\t--------\t------');
  const standard = ['cpu', 'memory', 'ephemeral-storage'];
  const huge = Object.keys(room)
    .filter((name) => name.startsWith('hugepages-'))
    .sort();
  for (const name of [...standard, ...huge]) {
    const text = (list: Totals): string =>
      `${name === 'cpu' ? cpuText(list.cpu ?? 0) : bytesText(list[name] ?? 0)} (${percent(list[name] ?? 0, room[name])}%)`;
    w.line(1, `${name}\t${text(all.requests)}\t${text(all.limits)}`);
  }
  for (const name of Object.keys(room)
    .filter((one) => !standard.includes(one) && one !== 'pods' && !one.startsWith('hugepages-'))
    .sort())
    w.line(1, `${name}\t${all.requests[name] ?? 0}\t${all.limits[name] ?? 0}`);
}

async function lease(w: DescribeWriter, client: Client, name: string): Promise<void> {
  let found: Json;
  try {
    found = await client.get(`/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${name}`);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    return w.line(0, `Lease:\tFailed to get lease: ${error.message}`);
  }
  w.line(0, 'Lease:');
  w.line(1, `HolderIdentity:\t${found.spec?.holderIdentity ?? '<unset>'}`);
  w.line(1, `AcquireTime:\t${found.spec?.acquireTime ? rfc1123z(found.spec.acquireTime) : '<unset>'}`);
  w.line(1, `RenewTime:\t${found.spec?.renewTime ? rfc1123z(found.spec.renewTime) : '<unset>'}`);
}

function roles(labels: Record<string, string>): string {
  const prefix = 'node-role.kubernetes.io/';
  const found = Object.keys(labels).flatMap((key) =>
    key.startsWith(prefix) && key.length > prefix.length
      ? [key.slice(prefix.length)]
      : key === 'kubernetes.io/role' && labels[key]
        ? [labels[key]!]
        : [],
  );
  return [...new Set(found)].sort().join(',') || '<none>';
}

function status(w: DescribeWriter, object: Json): void {
  const found = object.status;
  if (found.conditions?.length) {
    w.write(0, 'Conditions:\n  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage\n');
    w.line(1, '----\t------\t-----------------\t------------------\t------\t-------');
    for (const c of found.conditions)
      w.line(
        1,
        `${c.type} \t${c.status} \t${rfc1123z(c.lastHeartbeatTime)} \t${rfc1123z(c.lastTransitionTime)} \t${c.reason ?? ''} \t${c.message ?? ''}`,
      );
  }
  w.line(0, 'Addresses:');
  for (const one of found.addresses ?? []) w.line(1, `${one.type}:\t${one.address}`);
  for (const [title, list] of [
    ['Capacity', found.capacity],
    ['Allocatable', found.allocatable],
  ] as const) {
    if (!list) continue;
    w.line(0, `${title}:`);
    for (const name of Object.keys(list).sort()) w.line(1, `${name}:\t${list[name]}`);
  }
  const info = found.nodeInfo ?? {};
  w.line(0, 'System Info:');
  const rows = {
    'Machine ID': 'machineID',
    'System UUID': 'systemUUID',
    'Boot ID': 'bootID',
    'Kernel Version': 'kernelVersion',
    'OS Image': 'osImage',
    'Operating System': 'operatingSystem',
    Architecture: 'architecture',
    'Container Runtime Version': 'containerRuntimeVersion',
    'Kubelet Version': 'kubeletVersion',
    'Kube-Proxy Version': 'kubeProxyVersion',
  };
  for (const [title, field] of Object.entries(rows)) w.line(1, `${title}:\t${info[field] ?? ''}`);
}

export const node: Describer = async (object, w, context: DescribeContext) => {
  const { metadata, spec } = object;
  w.field('Name', metadata.name);
  w.field('Roles', roles(metadata.labels ?? {}));
  labelsMultiline(w, 'Labels', metadata.labels);
  annotationsMultiline(w, 'Annotations', metadata.annotations);
  w.field('CreationTimestamp', rfc1123z(metadata.creationTimestamp));
  const key = (taint: Json): string => `${taint.effect},${taint.key}`;
  const taints = [...(spec.taints ?? [])].sort((a: Json, b: Json) => (key(a) < key(b) ? -1 : 1));
  w.field(
    'Taints',
    taints
      .map(
        (taint: Json) => `${taint.key}${taint.value ? `=${taint.value}` : ''}${taint.effect ? `:${taint.effect}` : ''}`,
      )
      .join('\n\t') || '<none>',
  );
  w.field('Unschedulable', spec.unschedulable ?? false);
  await lease(w, context.client, metadata.name);
  status(w, object);
  if (spec.podCIDR) w.field('PodCIDR', spec.podCIDR);
  if (spec.podCIDRs?.length) w.field('PodCIDRs', spec.podCIDRs.join(','));
  if (spec.providerID) w.field('ProviderID', spec.providerID);
  const pods = await context.client.list(
    withQuery('/api/v1/pods', {
      fieldSelector: `spec.nodeName=${metadata.name},status.phase!=Failed,status.phase!=Succeeded`,
    }),
  );
  resourceRows(w, pods.items, object.status.allocatable ?? object.status.capacity ?? {}, context.nowMs);
  eventsTable(w, context);
};
