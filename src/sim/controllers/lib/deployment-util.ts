import type { Json, KubeObject } from '../../../kube/object.ts';
import { byCreation, type Condition, sameJson, scaledValue } from './objects.ts';

export const HASH_LABEL = 'pod-template-hash';
export const REVISION = 'deployment.kubernetes.io/revision';
const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history';
const DESIRED_REPLICAS = 'deployment.kubernetes.io/desired-replicas';
const MAX_REPLICAS = 'deployment.kubernetes.io/max-replicas';
/** Annotations of a Deployment that its replica sets do not inherit. */
const NOT_COPIED = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  REVISION_HISTORY,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
  'deprecated.deployment.rollback.to',
]);
/** progressDeadlineSeconds of this size means none. */
const NO_DEADLINE = 2147483647;
const REVISION_HISTORY_CHARS = 2000;

export type MaybeSet = KubeObject | undefined;

export function isRolling(deployment: KubeObject): boolean {
  return (deployment.spec.strategy?.type ?? 'RollingUpdate') === 'RollingUpdate';
}

function fenceposts(deployment: KubeObject): { surge: number; unavailable: number } {
  const rolling = deployment.spec.strategy?.rollingUpdate ?? {};
  const surge = scaledValue(rolling.maxSurge, deployment.spec.replicas, true);
  const unavailable = scaledValue(rolling.maxUnavailable, deployment.spec.replicas, false);
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

export function maxSurge(deployment: KubeObject): number {
  return isRolling(deployment) ? fenceposts(deployment).surge : 0;
}

export function maxUnavailable(deployment: KubeObject): number {
  if (!isRolling(deployment) || deployment.spec.replicas === 0) return 0;
  return Math.min(fenceposts(deployment).unavailable, deployment.spec.replicas);
}

export function hasDeadline(deployment: KubeObject): boolean {
  const seconds = deployment.spec.progressDeadlineSeconds;
  return seconds !== undefined && seconds !== null && seconds !== NO_DEADLINE;
}

export function sum(sets: readonly MaybeSet[], value: (set: KubeObject) => number | undefined): number {
  return sets.reduce((total, set) => total + (set ? (value(set) ?? 0) : 0), 0);
}

export const specReplicas = (set: KubeObject): number => set.spec.replicas ?? 0;
export const statusReplicas = (set: KubeObject): number => set.status?.replicas ?? 0;
export const availableReplicas = (set: KubeObject): number => set.status?.availableReplicas ?? 0;

export function active(sets: readonly MaybeSet[]): KubeObject[] {
  return sets.filter((set): set is KubeObject => set !== undefined && specReplicas(set) > 0);
}

function sameTemplate(a: Json, b: Json): boolean {
  const bare = (template: Json): Json => {
    const { [HASH_LABEL]: _, ...labels } = template.metadata?.labels ?? {};
    const { creationTimestamp: __, ...metadata } = template.metadata ?? {};
    return { ...template, metadata: { ...metadata, labels } };
  };
  return sameJson(bare(a), bare(b));
}

/** The oldest replica set with the Deployment's template. */
export function findNewSet(deployment: KubeObject, sets: readonly KubeObject[]): MaybeSet {
  return [...sets].sort(byCreation).find((set) => sameTemplate(set.spec.template, deployment.spec.template));
}

/** An int64, as whoever made the object may have set it; what is no number counts as 0. */
export function revisionOf(object: KubeObject): bigint {
  return revisionNumber(object.metadata.annotations?.[REVISION]);
}

function revisionNumber(text = ''): bigint {
  return /^[+-]?\d+$/.test(text) ? BigInt.asIntN(64, BigInt(text.replace('+', ''))) : 0n;
}

/** Writes the annotations a new replica set carries into the draft; answers whether something changed. */
export function annotateNewSet(deployment: KubeObject, draft: Json, revision: bigint, exists: boolean): boolean {
  const annotations: Record<string, string> = { ...draft.metadata.annotations };
  for (const [key, value] of Object.entries(deployment.metadata.annotations ?? {})) {
    if (!NOT_COPIED.has(key)) annotations[key] = value;
  }
  const before = annotations[REVISION];
  if (revisionNumber(before) < revision) {
    annotations[REVISION] = String(revision);
    if (before !== undefined) annotations[REVISION_HISTORY] = extendHistory(annotations[REVISION_HISTORY], before);
  }
  if (!exists) Object.assign(annotations, replicaAnnotations(deployment));
  const changed = !sameJson(draft.metadata.annotations ?? {}, annotations);
  draft.metadata.annotations = annotations;
  return changed;
}

function extendHistory(history: string | undefined, revision: string): string {
  const kept = history ? [...history.split(','), revision] : [revision];
  while (kept.length > 1 && kept.join(',').length > REVISION_HISTORY_CHARS) kept.shift();
  return kept.join(',');
}

export function replicaAnnotations(deployment: KubeObject): Record<string, string> {
  const replicas: number = deployment.spec.replicas;
  return { [DESIRED_REPLICAS]: String(replicas), [MAX_REPLICAS]: String(replicas + maxSurge(deployment)) };
}

export function desiredAnnotation(set: KubeObject): number | undefined {
  const text = set.metadata.annotations?.[DESIRED_REPLICAS];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** How many replicas the new set may have now (NewRSNewReplicas). */
export function newSetReplicas(deployment: KubeObject, all: readonly MaybeSet[], newReplicas: number): number {
  const wanted: number = deployment.spec.replicas;
  if (!isRolling(deployment)) return wanted;
  const room =
    wanted + scaledValue(deployment.spec.strategy?.rollingUpdate?.maxSurge, wanted, true) - sum(all, specReplicas);
  return room <= 0 ? newReplicas : newReplicas + Math.min(room, wanted - newReplicas);
}

/** The share of a scaling step that falls to one replica set (GetReplicaSetProportion). */
export function proportion(set: KubeObject, deployment: KubeObject, toAdd: number, added: number): number {
  if (specReplicas(set) === 0 || toAdd === 0 || toAdd === added) return 0;
  const fraction = replicaFraction(set, deployment);
  return toAdd > 0 ? Math.min(fraction, toAdd - added) : Math.max(fraction, toAdd - added);
}

function replicaFraction(set: KubeObject, deployment: KubeObject): number {
  const size = specReplicas(set);
  if (deployment.spec.replicas === 0) return -size;
  const before = Number(set.metadata.annotations?.[MAX_REPLICAS] ?? 0) || (deployment.status?.replicas ?? 0);
  if (!before) return 0;
  return Math.round((size * (deployment.spec.replicas + maxSurge(deployment))) / before) - size;
}

export function isSaturated(deployment: KubeObject, set: MaybeSet): boolean {
  const wanted = deployment.spec.replicas;
  return (
    set !== undefined &&
    specReplicas(set) === wanted &&
    desiredAnnotation(set) === wanted &&
    availableReplicas(set) === wanted
  );
}

export function isComplete(deployment: KubeObject, status: Json): boolean {
  const wanted = deployment.spec.replicas;
  return (
    (status.updatedReplicas ?? 0) === wanted &&
    (status.replicas ?? 0) === wanted &&
    (status.availableReplicas ?? 0) === wanted &&
    (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  );
}

/** More new or fewer old replicas, or more ready or available ones, than the last status told. */
export function hasProgressed(old: Json, status: Json): boolean {
  const n = (value: number | undefined): number => value ?? 0;
  return (
    n(status.updatedReplicas) > n(old.updatedReplicas) ||
    n(status.replicas) - n(status.updatedReplicas) < n(old.replicas) - n(old.updatedReplicas) ||
    n(status.readyReplicas) > n(old.readyReplicas) ||
    n(status.availableReplicas) > n(old.availableReplicas)
  );
}

/** Replaces a condition (at the list's end) unless status and reason stay (SetDeploymentCondition). */
export function putCondition(status: Json, next: Condition): void {
  const conditions: Condition[] = status.conditions ?? [];
  const old = conditions.find((condition) => condition.type === next.type);
  if (old && old.status === next.status && old.reason === next.reason) return;
  const kept = old && old.status === next.status ? { ...next, lastTransitionTime: old.lastTransitionTime } : next;
  status.conditions = [...conditions.filter((condition) => condition.type !== next.type), kept];
}

export function dropCondition(status: Json, type: string): void {
  status.conditions = (status.conditions ?? []).filter((condition: Condition) => condition.type !== type);
}
