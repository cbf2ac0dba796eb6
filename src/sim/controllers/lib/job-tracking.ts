import type { KubeObject } from '../../../kube/object.ts';
import type { ApiClient } from '../../api/api.ts';

/** Finalizer of pods whose end the Job has still to count. */
export const TRACKING = 'batch.kubernetes.io/job-tracking';

/** Takes the finalizer from a pod that waits to be counted. */
export function untrack(api: ApiClient, pod: KubeObject): void {
  if (!pod.metadata.finalizers?.includes(TRACKING)) return;
  api.modify('v1/Pod', pod.metadata.namespace, pod.metadata.name, (draft) => {
    const kept = draft.metadata.finalizers?.filter((it) => it !== TRACKING);
    if (kept?.length) draft.metadata.finalizers = kept;
    else delete draft.metadata.finalizers;
  });
}
