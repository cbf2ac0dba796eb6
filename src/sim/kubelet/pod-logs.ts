import type { Json, KubeObject } from '../../kube/object.ts';
import type { NodeApi } from '../api/api.ts';
import { badRequest } from '../api/errors.ts';
import type { PodWorker } from './pod-worker.ts';

export type LogOptions = Parameters<NodeApi['logs']>[2];

/** Text of a container's log; ApiError 400 in the kubelet's words when the container has none yet. */
export function podLogs(
  worker: PodWorker | undefined,
  pod: KubeObject,
  name: string,
  options: LogOptions,
): { text: string; cancel(): void } {
  const id = containerIdOf(pod, name, options.previous ?? false);
  const instance = worker?.instances.find((i) => `containerd://${i.id}` === id);
  if (!instance) {
    options.follow?.onEnd();
    return { text: `unable to retrieve container logs for ${id}`, cancel() {} };
  }
  const text = instance.log.read(options);
  const { follow } = options;
  if (!follow) return { text, cancel() {} };
  return { text, cancel: instance.log.follow(options, follow.onLines, follow.onEnd) };
}

/** validateContainerLogStatus of the kubelet. */
function containerIdOf(pod: KubeObject, name: string, previous: boolean): string {
  const { containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses = [] } = pod.status ?? {};
  const status = [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses].find(
    (s: Json) => s.name === name,
  );
  const where = `container "${name}" in pod "${pod.metadata.name}"`;
  if (!status) throw badRequest(`${where} is not available`);
  const { waiting, running, terminated } = status.state ?? {};
  const last = status.lastState?.terminated?.containerID;
  if (previous) {
    if (!last) throw badRequest(`previous terminated ${where} not found`);
    return last;
  }
  if (running) return status.containerID;
  if (terminated) {
    const id = terminated.containerID || last;
    if (!id) throw badRequest(`${where} is terminated`);
    return id;
  }
  if (status.lastState?.terminated) {
    if (!last) throw badRequest(`${where} is terminated`);
    return last;
  }
  if (!waiting) throw badRequest(`${where} is waiting to start - no logs yet`);
  const reasons: Record<string, string> = {
    ErrImagePull: "image can't be pulled",
    ImagePullBackOff: 'trying and failing to pull image',
  };
  throw badRequest(`${where} is waiting to start: ${reasons[waiting.reason] ?? waiting.reason}`);
}
