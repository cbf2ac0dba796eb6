import type { Controller } from './context.ts';
import { WorkQueue } from './lib/queue.ts';

const FINALIZER = 'kubernetes.io/pv-protection';
/** Set on volumes of in-tree provisioners; the binder takes it off once nothing claims the volume. */
const CONTROLLER_FINALIZER = 'kubernetes.io/pv-controller';

/** Keeps a volume that is being deleted while it is bound. */
export const pvprotection: Controller = {
  name: 'pv-protection-controller',
  start({ world, api: clientFor }) {
    const api = clientFor('pv-protection-controller');
    const queue = new WorkQueue(world, 'pvprotection', (name) => {
      const volume = api.get('v1/PersistentVolume', undefined, name);
      if (!volume?.metadata.deletionTimestamp || volume.status?.phase === 'Bound') return;
      api.modify('v1/PersistentVolume', undefined, name, (draft) => {
        const kept = draft.metadata.finalizers?.filter((it) => it !== FINALIZER && it !== CONTROLLER_FINALIZER);
        if (kept?.length !== draft.metadata.finalizers?.length) draft.metadata.finalizers = kept;
      });
    });
    api.watch('v1/PersistentVolume', (type, volume) => type !== 'DELETED' && queue.add(volume.metadata.name));
  },
};
