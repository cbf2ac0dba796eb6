import type { KindDef } from '../../kind.ts';
import { selectorText } from './selectors.ts';

/** /scale of the apps kinds: spec.replicas, status.replicas, the label selector as text. */
export const workloadScale: NonNullable<KindDef['scale']> = {
  replicas: (object) => object.spec?.replicas ?? 0,
  statusReplicas: (object) => object.status?.replicas ?? 0,
  selector: (object) => selectorText(object.spec?.selector),
  setReplicas(draft, replicas) {
    draft.spec.replicas = replicas;
  },
};
