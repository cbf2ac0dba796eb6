import { clone, controllerOf, type Json, type KubeObject } from '../../../kube/object.ts';
import type { ApiError } from '../../../kube/status.ts';
import type { ApiClient } from '../../api/api.ts';
import { attempt, compare, controllerRef, getCondition, isNamespaceTerminating, timeMs } from './objects.ts';
import { matchesSelector } from './selector.ts';

export function isPodReady(pod: KubeObject): boolean {
  return getCondition(pod, 'Ready')?.status === 'True';
}

export function isPodFinished(pod: KubeObject): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

/** Neither finished nor being deleted. */
export function isPodActive(pod: KubeObject): boolean {
  return !isPodFinished(pod) && !pod.metadata.deletionTimestamp;
}

export function isPodTerminating(pod: KubeObject): boolean {
  return !isPodFinished(pod) && pod.metadata.deletionTimestamp !== undefined;
}

/** Ready for at least `minReadySeconds`. */
export function isPodAvailable(pod: KubeObject, minReadySeconds: number, nowMs: number): boolean {
  if (!isPodReady(pod)) return false;
  return (
    minReadySeconds === 0 || nowMs >= timeMs(getCondition(pod, 'Ready')?.lastTransitionTime) + minReadySeconds * 1000
  );
}

/** Milliseconds until the next ready pod becomes available; undefined when none is on its way. */
export function nextAvailableIn(
  pods: readonly KubeObject[],
  minReadySeconds: number,
  nowMs: number,
): number | undefined {
  let next: number | undefined;
  for (const pod of pods) {
    if (!isPodReady(pod) || isPodAvailable(pod, minReadySeconds, nowMs)) continue;
    const left = timeMs(getCondition(pod, 'Ready')?.lastTransitionTime) + minReadySeconds * 1000 - nowMs;
    if (next === undefined || left < next) next = left;
  }
  return next;
}

/**
 * The objects a controller owns, after adopting matching orphans and releasing what no longer matches
 * (ControllerRefManager).
 */
export function claim(api: ApiClient, owner: KubeObject, ref: string, selector: Json): KubeObject[] {
  const owned: KubeObject[] = [];
  for (const object of api.list(ref, owner.metadata.namespace)) {
    const controller = controllerOf(object);
    const matches = matchesSelector(selector, object.metadata.labels);
    if (controller?.uid === owner.metadata.uid) {
      if (matches) owned.push(object);
      else if (!owner.metadata.deletionTimestamp) release(api, owner, ref, object);
    } else if (!controller && matches && !owner.metadata.deletionTimestamp && !object.metadata.deletionTimestamp) {
      const adopted = api.modify(ref, object.metadata.namespace, object.metadata.name, (draft) => {
        draft.metadata.ownerReferences = [...(draft.metadata.ownerReferences ?? []), controllerRef(owner)];
      });
      if (adopted) owned.push(adopted);
    }
  }
  return owned;
}

function release(api: ApiClient, owner: KubeObject, ref: string, object: KubeObject): void {
  api.modify(ref, object.metadata.namespace, object.metadata.name, (draft) => {
    draft.metadata.ownerReferences = draft.metadata.ownerReferences?.filter((it) => it.uid !== owner.metadata.uid);
  });
}

/** A pod of that template, not yet created (GetPodFromTemplate). */
export function podFromTemplate(template: Json, owner: KubeObject): Json {
  const metadata: Json = {
    namespace: owner.metadata.namespace,
    generateName: `${owner.metadata.name}-`,
    labels: clone(template.metadata?.labels ?? {}),
    ownerReferences: [controllerRef(owner)],
  };
  if (template.metadata?.annotations) metadata.annotations = clone(template.metadata.annotations);
  if (template.metadata?.finalizers) metadata.finalizers = clone(template.metadata.finalizers);
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: clone(template.spec) };
}

/** Creates and deletes pods with upstream's events (RealPodControl). */
export class PodControl {
  constructor(
    readonly api: ApiClient,
    readonly component: string,
  ) {}

  /** Throws what the API server refused, after the event. */
  create(pod: Json, owner: KubeObject): KubeObject {
    let created: KubeObject | undefined;
    const error = attempt(() => {
      created = this.api.create(pod);
    });
    if (error) {
      if (!isNamespaceTerminating(error))
        this.#event(owner, 'Warning', 'FailedCreate', `Error creating: ${error.message}`);
      throw error;
    }
    this.#event(owner, 'Normal', 'SuccessfulCreate', `Created pod: ${created?.metadata.name}`);
    return created as KubeObject;
  }

  delete(pod: KubeObject, owner: KubeObject): void {
    const { namespace, name, uid } = pod.metadata;
    const error = attempt(() => this.api.delete('v1/Pod', namespace, name, { preconditions: { uid } }));
    if (error?.code === 404) return;
    if (error) {
      this.#event(owner, 'Warning', 'FailedDelete', `Error deleting: ${error.message}`);
      throw error;
    }
    this.#event(owner, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
  }

  #event(regarding: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.api.events.record({ regarding, type, reason, message, component: this.component });
  }
}

/** Runs `call` in batches of 1, 2, 4 … and stops after the first batch with an error. */
export function slowStart(count: number, call: (index: number) => void): { done: number; error?: ApiError } {
  let done = 0;
  let index = 0;
  for (let batch = Math.min(count, 1); batch > 0; batch = Math.min(2 * batch, count - index)) {
    let failed: ApiError | undefined;
    for (let i = 0; i < batch; i++, index++) {
      const at = index;
      const error = attempt(() => call(at));
      if (error) failed = error;
      else done++;
    }
    if (failed) return { done, error: failed };
  }
  return { done };
}

const PHASE_RANK: Record<string, number> = { Pending: 0, Unknown: 1, Running: 2 };

/** Which pods to delete first when scaling down (ActivePodsWithRanks); `rankOf` counts related pods on the same node. */
export function sortForDeletion(pods: KubeObject[], rankOf: (pod: KubeObject) => number, nowMs: number): KubeObject[] {
  const phase = (pod: KubeObject): number => PHASE_RANK[pod.status?.phase ?? 'Pending'] ?? 1;
  const age = (text: string | undefined): number => {
    const ms = nowMs - timeMs(text);
    return ms <= 0 ? -1 : Math.floor(Math.log2(ms * 1e6));
  };
  const readySince = (pod: KubeObject): string | undefined => getCondition(pod, 'Ready')?.lastTransitionTime;
  const cost = (pod: KubeObject): number =>
    Number(pod.metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? 0);
  return [...pods].sort(
    (a, b) =>
      Number(Boolean(a.spec.nodeName)) - Number(Boolean(b.spec.nodeName)) ||
      phase(a) - phase(b) ||
      Number(isPodReady(a)) - Number(isPodReady(b)) ||
      cost(a) - cost(b) ||
      rankOf(b) - rankOf(a) ||
      (isPodReady(a) && readySince(a) !== readySince(b)
        ? age(readySince(a)) - age(readySince(b)) || compare(a.metadata.uid, b.metadata.uid)
        : 0) ||
      maxRestarts(b) - maxRestarts(a) ||
      age(a.metadata.creationTimestamp) - age(b.metadata.creationTimestamp) ||
      compare(a.metadata.uid, b.metadata.uid),
  );
}

function maxRestarts(pod: KubeObject): number {
  const statuses: Json[] = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  return statuses.reduce((most, status) => Math.max(most, status.restartCount ?? 0), 0);
}
