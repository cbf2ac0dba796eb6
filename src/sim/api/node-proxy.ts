import type { Json, KubeObject } from '../../kube/object.ts';
import type { World } from '../world.ts';
import type { ApiResponse, ContainerStats, NodeApi } from './api.ts';
import { kubeletMetrics, resourceMetrics } from './node-metrics.ts';

const text = (status: number, body: string): ApiResponse => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body,
});

/** The kubelet's own API behind `nodes/<name>/proxy`: health, metrics and the summary of use; what else it has is not found. */
export function answerNode(name: string, node: NodeApi, path: string, world: World, pods: KubeObject[]): ApiResponse {
  const json = (body: Json): ApiResponse => ({
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  switch (path.replace(/\?.*$/, '').replace(/\/$/, '')) {
    case '/healthz':
      return text(200, 'ok');
    case '/metrics':
      return text(200, kubeletMetrics(name, node.stats(), pods));
    case '/metrics/resource':
      return text(200, resourceMetrics(node.stats(), world.nowMs));
    case '/stats/summary':
      return json(summary(name, node.stats(), world.nowIso));
    case '/pods':
      return json({ kind: 'PodList', apiVersion: 'v1', metadata: {}, items: pods });
    default:
      return text(404, '404 page not found\n');
  }
}

const cpu = (time: string, us: number): Json => ({ time, usageCoreNanoSeconds: Math.round(us * 1000) });
const memory = (time: string, stats: readonly ContainerStats[]): Json => ({
  time,
  workingSetBytes: stats.reduce((sum, one) => sum + one.memoryWorkingSetBytes, 0),
  rssBytes: stats.reduce((sum, one) => sum + one.memoryRssBytes, 0),
});

function summary(nodeName: string, stats: readonly ContainerStats[], time: string): Json {
  const containers = stats.filter((one) => one.container !== '' && one.container !== 'POD');
  const byPod = new Map<string, ContainerStats[]>();
  for (const one of containers) byPod.set(one.podUid, [...(byPod.get(one.podUid) ?? []), one]);
  const pods = [...byPod.values()].map((own) => ({
    podRef: { name: own[0]?.pod, namespace: own[0]?.namespace, uid: own[0]?.podUid },
    startTime: new Date(own[0]?.startMs ?? 0).toISOString().replace('.000Z', 'Z'),
    containers: own.map((one) => ({
      name: one.container,
      cpu: cpu(time, one.cpuUsageUs),
      memory: memory(time, [one]),
    })),
    cpu: cpu(
      time,
      own.reduce((sum, one) => sum + one.cpuUsageUs, 0),
    ),
    memory: memory(time, own),
  }));
  const used = containers.reduce((sum, one) => sum + one.cpuUsageUs, 0);
  return { node: { nodeName, cpu: cpu(time, used), memory: memory(time, containers) }, pods };
}
