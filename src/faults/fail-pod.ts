import type { Json } from '../cluster/client.ts';
import { type Fault, podsOf } from './fault.ts';

/** The image that Chaos Mesh's pod-failure puts into a pod (seen in real AIOpsLab runs). */
const PAUSE_IMAGE = 'gcr.io/google-containers/pause:latest';

/**
 * AIOpsLab's `pod_failure` (and its `pod_kill`, which uses the same action): the images of one running pod are replaced by a pause
 * image. The Deployment is untouched, so a new pod is healthy. Lasts until repaired.
 */
export function failPod(service: string): Fault {
  return setPodImages(service, () => PAUSE_IMAGE);
}

/** The images of one running pod are named in full: they are the same, but its containers are started anew. */
export function renamePodImages(service: string): Fault {
  return setPodImages(service, (image) => `docker.io/${image}`);
}

function setPodImages(service: string, become: (image: string) => string): Fault {
  return {
    async inject(ctx) {
      const [name] = await podsOf(ctx, service);
      if (name === undefined) throw new Error(`${service} has no pod`);
      const pod = await ctx.kube.get('pods', ctx.app.namespace, name);
      const images: Record<string, string> = {};
      for (const container of pod.spec.containers) images[container.name] = container.image;
      const containers = Object.entries(images).map(([container, image]) => ({
        name: container,
        image: become(image),
      }));
      await ctx.kube.patch('pods', ctx.app.namespace, name, { spec: { containers } });
      return { name, uid: pod.metadata.uid, images };
    },
    async recover(ctx, undo) {
      const pod: Json = await ctx.kube.get('pods', ctx.app.namespace, undo.name);
      if (pod?.metadata.uid !== undo.uid) return;
      const containers = Object.entries(undo.images).map(([name, image]) => ({ name, image }));
      await ctx.kube.patch('pods', ctx.app.namespace, undo.name, { spec: { containers } });
    },
  };
}
