import type { Controller } from './context.ts';
import { keyOf, splitKey } from './lib/objects.ts';
import { WorkQueue } from './lib/queue.ts';

const FINALIZER = 'kubernetes.io/pvc-protection';
const REF = 'v1/PersistentVolumeClaim';

/** Keeps a claim that is being deleted until no scheduled pod uses it. */
export const pvcprotection: Controller = {
  name: 'pvc-protection-controller',
  start({ world, api: clientFor }) {
    const api = clientFor('pvc-protection-controller');
    const queue = new WorkQueue(world, 'pvcprotection', (key) => {
      const [namespace, name] = splitKey(key);
      const claim = api.get(REF, namespace, name);
      const has = claim?.metadata.finalizers?.includes(FINALIZER);
      if (!claim?.metadata.deletionTimestamp || !has) return;
      const used = api
        .list('v1/Pod', namespace)
        .some((pod) => pod.spec.nodeName && uses(pod.spec.volumes, pod.metadata.name, name));
      if (used) return;
      api.modify(REF, namespace, name, (draft) => {
        draft.metadata.finalizers = draft.metadata.finalizers?.filter((it) => it !== FINALIZER);
      });
    });
    api.watch(REF, (type, claim) => type !== 'DELETED' && queue.add(keyOf(claim)));
    api.watch('v1/Pod', (type, pod) => {
      if (type !== 'DELETED') return;
      for (const volume of pod.spec.volumes ?? []) {
        const name =
          volume.persistentVolumeClaim?.claimName ?? (volume.ephemeral && `${pod.metadata.name}-${volume.name}`);
        if (name) queue.add(`${pod.metadata.namespace}/${name}`);
      }
    });
  },
};

interface Volume {
  name: string;
  persistentVolumeClaim?: { claimName: string };
  ephemeral?: object;
}

function uses(volumes: Volume[] | undefined, pod: string, claim: string): boolean {
  return Boolean(
    volumes?.some(
      (volume) =>
        volume.persistentVolumeClaim?.claimName === claim || (volume.ephemeral && `${pod}-${volume.name}` === claim),
    ),
  );
}
