import type { KubeObject } from '../../kube/object.ts';
import type { Controller } from './context.ts';
import { WorkQueue } from './lib/queue.ts';

const FINALIZER = 'kubernetes.io/vac-protection';
const CLASS = 'storage.k8s.io/v1/VolumeAttributesClass';
const CLAIM = 'v1/PersistentVolumeClaim';
const VOLUME = 'v1/PersistentVolume';

/** Keeps a class of volume attributes that is being deleted while a claim or a volume names it. */
export const vacprotection: Controller = {
  name: 'volumeattributesclass-protection-controller',
  start({ world, api: clientFor }) {
    const api = clientFor('volumeattributesclass-protection-controller');
    const queue = new WorkQueue(world, 'vacprotection', (name) => {
      const object = api.get(CLASS, undefined, name);
      if (!object?.metadata.deletionTimestamp || !object.metadata.finalizers?.includes(FINALIZER)) return;
      const used =
        api.list(VOLUME).some((volume) => volume.spec.volumeAttributesClassName === name) ||
        api.list(CLAIM).some((claim) => claimed(claim).includes(name));
      if (used) return;
      api.modify(CLASS, undefined, name, (draft) => {
        draft.metadata.finalizers = draft.metadata.finalizers?.filter((it) => it !== FINALIZER);
      });
    });
    api.watch(CLASS, (type, object) => type !== 'DELETED' && queue.add(object.metadata.name));
    for (const user of [CLAIM, VOLUME])
      api.watch(user, (type) => {
        if (type === 'ADDED') return;
        for (const object of api.list(CLASS)) if (object.metadata.deletionTimestamp) queue.add(object.metadata.name);
      });
  },
};

/** The classes that a claim wants, has, or is on the way to. */
function claimed({ spec, status }: KubeObject): (string | undefined)[] {
  return [
    spec.volumeAttributesClassName,
    status?.currentVolumeAttributesClassName,
    status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
  ];
}
