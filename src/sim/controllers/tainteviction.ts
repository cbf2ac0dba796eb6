import type { KubeObject } from '../../kube/object.ts';
import type { ApiClient } from '../api/api.ts';
import type { Timer, World } from '../world.ts';
import type { Controller } from './context.ts';
import { attempt, deleteIfExists, sameJson, setCondition } from './lib/objects.ts';
import { type Taint, type Toleration, tolerates } from './lib/taints.ts';

/** Deletes pods from nodes whose NoExecute taints they do not tolerate, or no longer. */
export const tainteviction: Controller = {
  name: 'taint-eviction-controller',
  start({ world, api: clientFor }) {
    new TaintEviction(world, clientFor('taint-eviction-controller')).start();
  },
};

class TaintEviction {
  /** Planned deletions by pod uid. */
  readonly #planned = new Map<string, { atMs: number; timer: Timer }>();

  constructor(
    readonly world: World,
    readonly api: ApiClient,
  ) {}

  start(): void {
    this.api.watch('v1/Node', (type, node, old) => {
      if (type === 'DELETED' || (old && sameJson(noExecute(old), noExecute(node)))) return;
      if (!old && !noExecute(node).length) return;
      for (const pod of this.api.list('v1/Pod')) {
        if (pod.spec.nodeName === node.metadata.name) this.#judge(pod, noExecute(node));
      }
    });
    this.api.watch('v1/Pod', (type, pod, old) => {
      if (type === 'DELETED') return this.#cancel(pod);
      const unchanged = old && old.spec.nodeName === pod.spec.nodeName && old.spec.tolerations === pod.spec.tolerations;
      if (!pod.spec.nodeName || unchanged) return;
      const node = this.api.get('v1/Node', undefined, pod.spec.nodeName);
      const taints = node ? noExecute(node) : [];
      if (taints.length) this.#judge(pod, taints);
    });
  }

  #judge(pod: KubeObject, taints: Taint[]): void {
    if (pod.metadata.deletionTimestamp) return;
    if (!taints.length) {
      if (this.#cancel(pod)) this.#event(pod, `Cancelling deletion of Pod ${nameOf(pod)}`);
      return;
    }
    let seconds = Number.POSITIVE_INFINITY;
    for (const taint of taints) {
      const matching = (pod.spec.tolerations ?? []).filter((it: Toleration) => tolerates(it, taint));
      if (!matching.length) seconds = 0;
      for (const it of matching) {
        if (it.tolerationSeconds !== undefined) seconds = Math.min(seconds, Math.max(0, it.tolerationSeconds));
      }
    }
    if (seconds === Number.POSITIVE_INFINITY) {
      this.#cancel(pod);
      return;
    }
    const planned = this.#planned.get(pod.metadata.uid);
    if (planned && seconds > 0) return;
    planned?.timer.cancel();
    const timer = this.world.after(seconds * 1000, () => attempt(() => this.#evict(pod)));
    this.#planned.set(pod.metadata.uid, { atMs: this.world.nowMs + seconds * 1000, timer });
  }

  #cancel(pod: KubeObject): boolean {
    const planned = this.#planned.get(pod.metadata.uid);
    planned?.timer.cancel();
    this.#planned.delete(pod.metadata.uid);
    return planned !== undefined;
  }

  #evict(pod: KubeObject): void {
    const { namespace, name, uid } = pod.metadata;
    this.#planned.delete(uid);
    if (this.api.get('v1/Pod', namespace, name)?.metadata.uid !== uid) return;
    this.#event(pod, `Marking for deletion Pod ${nameOf(pod)}`);
    const mark = (draft: KubeObject): void => {
      draft.status.conditions ??= [];
      const message = 'Taint manager: deleting due to NoExecute taint';
      const condition = { type: 'DisruptionTarget', status: 'True', reason: 'DeletionByTaintManager', message };
      setCondition(draft.status.conditions, condition, this.world.nowIso);
    };
    this.api.modify('v1/Pod', namespace, name, mark, 'status');
    deleteIfExists(this.api, 'v1/Pod', namespace, name, { preconditions: { uid } });
  }

  #event(regarding: KubeObject, message: string): void {
    const component = 'taint-eviction-controller';
    this.api.events.record({ regarding, type: 'Normal', reason: 'TaintManagerEviction', message, component });
  }
}

function noExecute(node: KubeObject): Taint[] {
  return (node.spec?.taints ?? []).filter((taint: Taint) => taint.effect === 'NoExecute');
}

function nameOf(pod: KubeObject): string {
  return `${pod.metadata.namespace}/${pod.metadata.name}`;
}
