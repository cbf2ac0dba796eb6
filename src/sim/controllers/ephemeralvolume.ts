import { clone, type Json, type KubeObject } from '../../kube/object.ts';
import type { Controller } from './context.ts';
import { attempt, controllerRef, keyOf, splitKey } from './lib/objects.ts';
import { WorkQueue } from './lib/queue.ts';

/** Makes the claims of generic ephemeral volumes: named `<pod>-<volume>`, owned by the pod, so that they go with it. */
export const ephemeralvolume: Controller = {
  name: 'ephemeral-volume-controller',
  start({ world, api: clientFor }) {
    const api = clientFor('ephemeral-volume-controller');
    const volumesOf = (pod: KubeObject): Json[] => (pod.spec.volumes ?? []).filter((v: Json) => v.ephemeral);

    /** Why the volume cannot be had; undefined when its claim is there. */
    const ensure = (pod: KubeObject, volume: Json): string | undefined => {
      const { namespace, name: podName, uid } = pod.metadata;
      const name = `${podName}-${volume.name}`;
      const claim = api.get('v1/PersistentVolumeClaim', namespace, name);
      if (claim) {
        const own = claim.metadata.ownerReferences?.some((ref) => ref.controller && ref.uid === uid);
        if (own) return undefined;
        return `PVC ${namespace}/${name} was not created for pod ${namespace}/${podName} (pod is not owner)`;
      }
      const { metadata, spec } = clone(volume.ephemeral.volumeClaimTemplate ?? {});
      const error = attempt(() =>
        api.create({
          apiVersion: 'v1',
          kind: 'PersistentVolumeClaim',
          metadata: {
            name,
            namespace,
            labels: metadata?.labels,
            annotations: metadata?.annotations,
            ownerReferences: [controllerRef(pod)],
          },
          spec,
        }),
      );
      return error && `create PVC ${name}: ${error.message}`;
    };

    const queue: WorkQueue = new WorkQueue(world, 'ephemeralvolume', (key) => {
      const pod = api.get('v1/Pod', ...splitKey(key));
      if (!pod || pod.metadata.deletionTimestamp) return;
      for (const volume of volumesOf(pod)) {
        const error = ensure(pod, volume);
        if (error === undefined) continue;
        const message = `ephemeral volume ${volume.name}: ${error}`;
        api.events.record({
          regarding: pod,
          type: 'Warning',
          reason: 'FailedBinding',
          message,
          component: 'ephemeral_volume',
        });
        queue.addAfter(key, 1_000);
        return;
      }
    });
    const look = (pod: KubeObject): void => {
      if (volumesOf(pod).length > 0) queue.add(keyOf(pod));
    };
    api.watch('v1/Pod', (type, pod) => type !== 'DELETED' && look(pod));
    api.watch('v1/PersistentVolumeClaim', (type, claim) => {
      const owner = claim.metadata.ownerReferences?.find((ref) => ref.controller && ref.kind === 'Pod');
      const pod = type === 'DELETED' && owner ? api.get('v1/Pod', claim.metadata.namespace, owner.name) : undefined;
      if (pod) look(pod);
    });
  },
};
