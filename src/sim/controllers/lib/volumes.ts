import type { KubeObject } from '../../../kube/object.ts';
import { compareQuantities } from '../../../kube/quantity.ts';
import { isEmptySelector, matchesSelector } from './selector.ts';

/** The class of a claim or volume; '' means none. The annotation is the field's older form and wins. */
export function className(object: KubeObject): string {
  return object.metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? object.spec.storageClassName ?? '';
}

export function isClaimedBy(volume: KubeObject, claim: KubeObject): boolean {
  const ref = volume.spec.claimRef;
  if (!ref || ref.name !== claim.metadata.name || ref.namespace !== claim.metadata.namespace) return false;
  return !ref.uid || ref.uid === claim.metadata.uid;
}

const sizeOf = (volume: KubeObject): string => volume.spec.capacity?.storage ?? '0';

/** Whether volume and claim agree in mode, class, size and access modes. */
export function mismatch(volume: KubeObject, claim: KubeObject): string | undefined {
  if (compareQuantities(sizeOf(volume), claim.spec.resources?.requests?.storage ?? '0') < 0) {
    return 'requested PV is too small';
  }
  if (className(volume) !== className(claim)) return 'storageClassName does not match';
  if ((volume.spec.volumeMode ?? 'Filesystem') !== (claim.spec.volumeMode ?? 'Filesystem')) {
    return 'incompatible volumeMode';
  }
  const modes: string[] = volume.spec.accessModes ?? [];
  return (claim.spec.accessModes ?? []).every((mode: string) => modes.includes(mode))
    ? undefined
    : 'incompatible accessMode';
}

/**
 * The volume a claim gets: one reserved for it, else the smallest free one that matches. A Released volume keeps its
 * claimRef and so is never free.
 */
export function findMatchingVolume(claim: KubeObject, volumes: readonly KubeObject[]): KubeObject | undefined {
  let best: KubeObject | undefined;
  for (const volume of volumes) {
    if (volume.metadata.deletionTimestamp || mismatch(volume, claim)) continue;
    if (isClaimedBy(volume, claim)) return volume;
    if (volume.spec.claimRef || volume.status?.phase !== 'Available') continue;
    if (!isEmptySelector(claim.spec.selector) && !matchesSelector(claim.spec.selector, volume.metadata.labels))
      continue;
    if (!best || compareQuantities(sizeOf(volume), sizeOf(best)) < 0) best = volume;
  }
  return best;
}
