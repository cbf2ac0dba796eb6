import type { Json, KubeObject } from '../../../kube/object.ts';
import {
  assertDaemon,
  type ChaosAction,
  ChaosError,
  type ChaosHost,
  type ChaosRecord,
  podId,
  podOf,
} from './action.ts';
import { selectPods } from './select.ts';

/** Image that pod-failure puts into containers (`POD_FAILURE_PAUSE_IMAGE` of the controller). */
const PAUSE_IMAGE = 'gcr.io/google-containers/pause:latest';
const ANNOTATION_LENGTH_MAX = 63;

/** PodChaos: `pod-kill` deletes pods, `container-kill` kills containers, `pod-failure` gives them an image that does nothing. */
export const podChaos: ChaosAction = {
  oneShot: ({ spec }) => spec.action !== 'pod-failure',
  setDefaults: () => {},
  select({ api, world }, { spec }) {
    const pods = selectPods(api, world.rng('chaos-mesh/select'), spec);
    if (spec.action !== 'container-kill') return { '.': pods.map(podId) };
    return { '.': pods.flatMap((pod) => containersOf(pod, spec.containerNames)) };
  },
  apply(host, chaos, record) {
    const pod = podOf(host, record);
    if (!pod) throw new ChaosError(`Pod "${record.id.split('/')[1]}" not found`);
    const { name, namespace, uid } = pod.metadata;
    const { action, gracePeriod } = chaos.spec;
    if (action === 'pod-kill') host.api.delete('v1/Pod', namespace, name, { gracePeriodSeconds: gracePeriod ?? 0 });
    else if (action === 'pod-failure') failPod(host.api, chaos, pod);
    else killContainer(host, pod, uid, containerOf(record));
  },
  recover(host, chaos, record) {
    const pod = podOf(host, record);
    if (pod && chaos.spec.action === 'pod-failure') mendPod(host.api, chaos, pod);
  },
};

function killContainer(host: ChaosHost, pod: KubeObject, uid: string, container: string): void {
  assertDaemon(host, pod);
  if (!host.killContainer(uid, container))
    throw new ChaosError(`container ${container} of pod ${podId(pod)} does not run`);
}

function containersOf(pod: KubeObject, names: readonly string[] | undefined): string[] {
  const all: string[] = pod.spec.containers.map((one: Json) => one.name);
  if (!names?.length) return all.slice(0, 1).map((name) => `${podId(pod)}/${name}`);
  return all.filter((name) => names.includes(name)).map((name) => `${podId(pod)}/${name}`);
}

function containerOf({ id }: ChaosRecord): string {
  return id.split('/')[2] as string;
}

/** Where the image that was replaced is kept; the short form when a name of an annotation cannot be that long. */
function annotationOf(chaos: KubeObject, container: string, list: 'containers' | 'initContainers'): string {
  const place = `${container}-${list === 'containers' ? 'normal' : 'init'}`;
  const key = `chaos-mesh-${chaos.metadata.name}-${chaos.spec.action}-${place}-image`;
  return key.length > ANNOTATION_LENGTH_MAX ? place : key;
}

type Api = ChaosHost['api'];

function editContainers(
  api: Api,
  chaos: KubeObject,
  pod: KubeObject,
  edit: (container: Json, annotations: Json, key: string) => void,
): void {
  api.modify('v1/Pod', pod.metadata.namespace, pod.metadata.name, (draft) => {
    const annotations = { ...draft.metadata.annotations };
    for (const list of ['containers', 'initContainers'] as const)
      for (const container of draft.spec[list] ?? [])
        edit(container, annotations, annotationOf(chaos, container.name, list));
    draft.metadata.annotations = annotations;
  });
}

function failPod(api: Api, chaos: KubeObject, pod: KubeObject): void {
  editContainers(api, chaos, pod, (container, annotations, key) => {
    if (annotations[key] !== undefined) return;
    annotations[key] = container.image;
    container.image = PAUSE_IMAGE;
  });
}

function mendPod(api: Api, chaos: KubeObject, pod: KubeObject): void {
  editContainers(api, chaos, pod, (container, annotations, key) => {
    if (annotations[key] === undefined) return;
    container.image = annotations[key];
    delete annotations[key];
  });
}
