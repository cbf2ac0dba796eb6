import type { Controller } from './context.ts';
import { keyOf, splitKey } from './lib/objects.ts';
import { WorkQueue } from './lib/queue.ts';
import { VolumeBinder } from './lib/volume-binder.ts';

/** Claims and volumes are looked at again this often; waiting claims repeat their event then. */
const RESYNC_MS = 15_000;

/** Binds claims to volumes, provisions and reclaims. */
export const persistentvolume: Controller = {
  name: 'persistent-volume-binder',
  start({ world, api: clientFor, provisioners = {} }) {
    const api = clientFor('persistent-volume-binder');
    const claims: WorkQueue = new WorkQueue(world, 'persistentvolume/claims', (key) => {
      const claim = api.get('v1/PersistentVolumeClaim', ...splitKey(key));
      if (claim) binder.syncClaim(claim);
    });
    const volumes: WorkQueue = new WorkQueue(world, 'persistentvolume/volumes', (name) => {
      const volume = api.get('v1/PersistentVolume', undefined, name);
      if (volume) binder.syncVolume(volume);
    });
    const binder = new VolumeBinder(world, api, provisioners, (claim) => claims.add(keyOf(claim)));
    api.watch('v1/PersistentVolumeClaim', (type, claim) => {
      if (type !== 'DELETED') claims.add(keyOf(claim));
      else if (claim.spec.volumeName) volumes.add(claim.spec.volumeName);
    });
    api.watch('v1/PersistentVolume', (type, volume) => {
      if (type !== 'DELETED') volumes.add(volume.metadata.name);
      const ref = volume.spec.claimRef;
      if (ref) claims.add(`${ref.namespace}/${ref.name}`);
    });
    world.every(RESYNC_MS, () => {
      for (const claim of api.list('v1/PersistentVolumeClaim')) claims.add(keyOf(claim));
      for (const volume of api.list('v1/PersistentVolume')) volumes.add(volume.metadata.name);
    });
  },
};
