import { type Filter, reject } from '../filter.ts';

/** ReadWriteOncePod claims that another pod already uses. */
export const volumeRestrictions: Filter = ({ pod, claims, nodes }, node) => {
  if (!claims.exclusive.length) return undefined;
  for (const info of nodes.map((it) => (it.name === node.name ? node : it))) {
    for (const other of info.pods.values()) {
      if (other.metadata.namespace !== pod.metadata.namespace || other.metadata.uid === pod.metadata.uid) continue;
      for (const volume of other.spec.volumes ?? []) {
        if (claims.exclusive.includes(volume.persistentVolumeClaim?.claimName)) {
          return reject(
            'node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod',
            false,
          );
        }
      }
    }
  }
  return undefined;
};

export const volumeBinding: Filter = ({ claims }, { node }) => {
  const reasons = claims.conflicts(node);
  return reasons.length ? { reasons, final: true } : undefined;
};
