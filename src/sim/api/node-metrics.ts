import type { KubeObject } from '../../kube/object.ts';
import type { ContainerStats } from './api.ts';
import { family, type Sample } from './prometheus-text.ts';

const isContainer = (one: ContainerStats): boolean => one.container !== '' && one.container !== 'POD';
const sum = (stats: readonly ContainerStats[], value: (one: ContainerStats) => number): number =>
  stats.reduce((total, one) => total + value(one), 0);
const cpuSeconds = (one: ContainerStats): number => one.cpuUsageUs / 1e6;
const workingSet = (one: ContainerStats): number => one.memoryWorkingSetBytes;

/** The kubelet's `/metrics`: of its many families those that the node's state tells. */
export function kubeletMetrics(node: string, stats: readonly ContainerStats[], pods: readonly KubeObject[]): string {
  const isStatic = (pod: KubeObject): boolean =>
    pod.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined;
  const isOver = (pod: KubeObject): boolean => ['Succeeded', 'Failed'].includes(pod['status']?.phase);
  const bySource = (counted: readonly KubeObject[]): Sample[] => [
    [{ static: '' }, counted.filter((pod) => !isStatic(pod)).length],
    [{ static: 'true' }, counted.filter(isStatic).length],
  ];
  return [
    family(
      'kubelet_active_pods',
      'gauge',
      '[ALPHA] Pods that count when a new one asks for admission.',
      bySource(pods.filter((pod) => !isOver(pod))),
    ),
    family('kubelet_desired_pods', 'gauge', '[ALPHA] Pods that are to run here.', bySource(pods)),
    family('kubelet_node_name', 'gauge', '[ALPHA] The name of the node; always 1.', [[{ node }, 1]]),
    family('kubelet_running_containers', 'gauge', '[ALPHA] Containers by state.', [
      [{ container_state: 'running' }, stats.filter(isContainer).length],
    ]),
    family('kubelet_running_pods', 'gauge', '[ALPHA] Pods whose sandbox runs.', [
      [{}, new Set(stats.map((one) => one.podUid)).size],
    ]),
  ].join('');
}

/** The kubelet's `/metrics/resource`: what its containers, its pods and the node use. */
export function resourceMetrics(stats: readonly ContainerStats[], nowMs: number): string {
  const containers = stats.filter(isContainer);
  const byPod = [...new Set(containers.map((one) => one.podUid))].map((uid) =>
    containers.filter((one) => one.podUid === uid),
  );
  const perContainer = (value: (one: ContainerStats) => number, timeMs?: number): Sample[] =>
    containers.map((one) => {
      const labels = { container: one.container, namespace: one.namespace, pod: one.pod };
      return timeMs === undefined ? [labels, value(one)] : [labels, value(one), timeMs];
    });
  const perPod = (value: (one: ContainerStats) => number): Sample[] =>
    byPod.map((own) => [{ namespace: own[0]?.namespace ?? '', pod: own[0]?.pod ?? '' }, sum(own, value), nowMs]);
  const cpu = (owner: string, samples: Sample[]): string =>
    family(`${owner}_cpu_usage_seconds_total`, 'counter', `[STABLE] CPU seconds that the ${owner} has used.`, samples);
  const memory = (owner: string, samples: Sample[]): string =>
    family(`${owner}_memory_working_set_bytes`, 'gauge', `[STABLE] Working set of the ${owner}.`, samples);
  return [
    cpu('container', perContainer(cpuSeconds, nowMs)),
    memory('container', perContainer(workingSet, nowMs)),
    family(
      'container_start_time_seconds',
      'gauge',
      '[STABLE] Start of the container since the epoch.',
      perContainer((one) => one.startMs / 1000),
    ),
    cpu('node', [[{}, sum(containers, cpuSeconds), nowMs]]),
    memory('node', [[{}, sum(containers, workingSet), nowMs]]),
    cpu('pod', perPod(cpuSeconds)),
    memory('pod', perPod(workingSet)),
    family('resource_scrape_error', 'gauge', '[STABLE] 1 when the use could not be read.', [[{}, 0]]),
  ].join('');
}
