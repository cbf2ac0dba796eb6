import type { Json, KubeObject } from '../../../kube/object.ts';
import type { ApiError } from '../../../kube/status.ts';
import type { ApiClient } from '../../api/api.ts';
import { matchesNodeAffinity } from '../../scheduler/filters/node.ts';
import { pinnedNodes } from '../../scheduler/find.ts';
import type { World } from '../../world.ts';
import { byCreation, sameJson, scaledValue } from './objects.ts';
import { claim, isPodAvailable, isPodReady, nextAvailableIn, PodControl, podFromTemplate, slowStart } from './pods.ts';
import { currentRevision, isCollision, REVISION_LABEL, revisionsOf, truncateHistory } from './revisions.ts';
import { isEmptySelector } from './selector.ts';
import { findUntoleratedTaint, type Toleration } from './taints.ts';
import { podTemplateHash } from './template-hash.ts';

const COMPONENT = 'daemonset-controller';
const GENERATION = 'deprecated.daemonset.template.generation';
/** What every daemon pod tolerates beside its own tolerations. */
const TOLERATIONS: readonly [key: string, effect: string][] = [
  ['node.kubernetes.io/not-ready', 'NoExecute'],
  ['node.kubernetes.io/unreachable', 'NoExecute'],
  ['node.kubernetes.io/disk-pressure', 'NoSchedule'],
  ['node.kubernetes.io/memory-pressure', 'NoSchedule'],
  ['node.kubernetes.io/pid-pressure', 'NoSchedule'],
  ['node.kubernetes.io/unschedulable', 'NoSchedule'],
];

function tolerations(template: Json): Toleration[] {
  const extra = TOLERATIONS.map(([key, effect]) => ({ key, operator: 'Exists', effect }));
  if (template.spec.hostNetwork) {
    extra.push({ key: 'node.kubernetes.io/network-unavailable', operator: 'Exists', effect: 'NoSchedule' });
  }
  return [...(template.spec.tolerations ?? []), ...extra];
}

/** One sync of one DaemonSet (pkg/controller/daemon). */
export class DaemonSetSync {
  readonly #pods: PodControl;
  readonly #nodes: readonly KubeObject[];
  #hash = '';
  #error: ApiError | undefined;

  constructor(
    readonly world: World,
    readonly api: ApiClient,
    readonly set: KubeObject,
  ) {
    this.#pods = new PodControl(api, COMPONENT);
    this.#nodes = api.list('v1/Node');
  }

  /** Answers after how many ms to look again, if at all. */
  run(): number | undefined {
    const { set, api } = this;
    if (isEmptySelector(set.spec.selector)) {
      this.#event(
        'Warning',
        'SelectingAll',
        'This daemon set is selecting all pods. A non-empty selector is required.',
      );
      return undefined;
    }
    if (set.metadata.deletionTimestamp) return undefined;
    const revisions = revisionsOf(api, set);
    const revision = this.#findRevision(revisions);
    this.#hash = revision.metadata.labels?.[REVISION_LABEL] as string;
    const pods = claim(api, set, 'v1/Pod', set.spec.selector);
    this.#manage(this.#byNode(pods));
    if (!this.#error && set.spec.updateStrategy?.type !== 'OnDelete') this.#roll(this.#byNode(this.#owned()));
    const now = this.#owned();
    this.#writeStatus(this.#byNode(now));
    const live = new Set([this.#hash, ...now.map((pod) => pod.metadata.labels?.[REVISION_LABEL])]);
    const isLive = (it: KubeObject): boolean => live.has(it.metadata.labels?.[REVISION_LABEL]);
    truncateHistory(api, revisions, isLive, set.spec.revisionHistoryLimit ?? 10);
    if (this.#error) throw this.#error;
    return nextAvailableIn(now, set.spec.minReadySeconds ?? 0, this.world.nowMs);
  }

  #owned(): KubeObject[] {
    return claim(this.api, this.set, 'v1/Pod', this.set.spec.selector);
  }

  #byNode(pods: readonly KubeObject[]): Map<string, KubeObject[]> {
    const byNode = new Map<string, KubeObject[]>();
    for (const pod of pods) {
      const name = pod.spec.nodeName ?? [...(pinnedNodes(pod) ?? [])][0];
      if (name) byNode.set(name, [...(byNode.get(name) ?? []), pod]);
    }
    return byNode;
  }

  /** Whether a pod belongs on that node, and whether one that is there may stay. */
  #fits(node: KubeObject): { run: boolean; stay: boolean } {
    const { template } = this.set.spec;
    const pod = { ...template, metadata: { ...template.metadata } } as KubeObject;
    if (!matchesNodeAffinity(pod, node)) return { run: false, stay: false };
    const tolerated = tolerations(template);
    const run = !findUntoleratedTaint(node.spec?.taints, tolerated, ['NoSchedule', 'NoExecute']);
    return { run, stay: !findUntoleratedTaint(node.spec?.taints, tolerated, ['NoExecute']) };
  }

  #manage(byNode: Map<string, KubeObject[]>): void {
    const missing: string[] = [];
    for (const node of this.#nodes) {
      const { name } = node.metadata;
      const pods = (byNode.get(name) ?? []).filter((pod) => !pod.metadata.deletionTimestamp);
      const { run, stay } = this.#fits(node);
      const there = byNode.get(name) ?? [];
      if (run && !there.length) missing.push(name);
      else if (!stay) for (const pod of pods) this.#delete(pod);
      else this.#keepOne(name, pods);
    }
    const created = slowStart(missing.length, (i) => this.#create(missing[i] as string));
    this.#error = created.error ?? this.#error;
  }

  /** A name that another template has makes the next try, which comes by itself, use another hash. */
  #findRevision(revisions: KubeObject[]): KubeObject {
    const { api, set } = this;
    const naming = {
      hash: (collisions: number) => podTemplateHash(set.spec.template, collisions || undefined),
      hashLabel: REVISION_LABEL,
      annotations: { [GENERATION]: set.metadata.annotations?.[GENERATION] ?? '1' },
    };
    const collisions: number = set.status?.collisionCount ?? 0;
    try {
      return currentRevision(api, set, revisions, naming, collisions);
    } catch (error) {
      if (!isCollision(error)) throw error;
      const count = (draft: KubeObject): void => {
        draft.status = { ...draft.status, collisionCount: collisions + 1 };
      };
      api.modify('apps/v1/DaemonSet', set.metadata.namespace, set.metadata.name, count, 'status');
      throw error;
    }
  }

  /** Removes ended pods, and all but the oldest of each revision of those that run. */
  #keepOne(node: string, pods: KubeObject[]): void {
    const running: KubeObject[] = [];
    for (const pod of pods) {
      const what = `daemon pod ${pod.metadata.namespace}/${pod.metadata.name} on node ${node}, will try to`;
      if (pod.status?.phase === 'Failed') {
        this.#event('Warning', 'FailedDaemonPod', `Found failed ${what} kill it`);
        this.#delete(pod);
      } else if (pod.status?.phase === 'Succeeded') {
        this.#event('Normal', 'SucceededDaemonPod', `Found succeeded ${what} delete it`);
        this.#delete(pod);
      } else running.push(pod);
    }
    const surge = this.#bounds().surge > 0;
    const fresh = running.filter((pod) => this.#isFresh(pod)).sort(byCreation);
    const old = running.filter((pod) => !this.#isFresh(pod)).sort(byCreation);
    if (surge) for (const pod of [...fresh.slice(1), ...old.slice(1)]) this.#delete(pod);
    else for (const pod of [...running].sort(byCreation).slice(1)) this.#delete(pod);
  }

  #create(node: string): void {
    const pod = podFromTemplate(this.set.spec.template, this.set);
    pod.metadata.labels[REVISION_LABEL] = this.#hash;
    pod.metadata.labels['pod-template-generation'] = this.set.metadata.annotations?.[GENERATION] ?? '1';
    pod.spec.tolerations = tolerations(this.set.spec.template);
    const pin = { key: 'metadata.name', operator: 'In', values: [node] };
    const affinity = pod.spec.affinity?.nodeAffinity ?? {};
    const terms: Json[] = affinity.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [{}];
    const nodeSelectorTerms = terms.map((term) => ({ ...term, matchFields: [pin] }));
    const nodeAffinity = { ...affinity, requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } };
    pod.spec.affinity = { ...pod.spec.affinity, nodeAffinity };
    this.#pods.create(pod, this.set);
  }

  #delete(pod: KubeObject): void {
    this.#error = slowStart(1, () => this.#pods.delete(pod, this.set)).error ?? this.#error;
  }

  #isFresh(pod: KubeObject): boolean {
    return pod.metadata.labels?.[REVISION_LABEL] === this.#hash;
  }

  #isAvailable(pod: KubeObject): boolean {
    return isPodAvailable(pod, this.set.spec.minReadySeconds ?? 0, this.world.nowMs);
  }

  #bounds(): { surge: number; unavailable: number } {
    const rolling = this.set.spec.updateStrategy?.rollingUpdate ?? {};
    const wanted = this.#nodes.filter((node) => this.#fits(node).run).length;
    const surge = scaledValue(rolling.maxSurge ?? 0, wanted, true);
    const unavailable = scaledValue(rolling.maxUnavailable ?? 1, wanted, true);
    return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
  }

  /** Replaces old pods: broken ones first, others while few enough are unavailable; with a surge, new ones come first. */
  #roll(byNode: Map<string, KubeObject[]>): void {
    const { surge, unavailable } = this.#bounds();
    let down = 0;
    const broken: KubeObject[] = [];
    const candidates: { old: KubeObject; node: string; fresh: KubeObject | undefined }[] = [];
    for (const node of this.#nodes) {
      if (!this.#fits(node).run) continue;
      const pods = (byNode.get(node.metadata.name) ?? []).filter((pod) => !pod.metadata.deletionTimestamp);
      const old = pods.find((pod) => !this.#isFresh(pod));
      const fresh = pods.find((pod) => this.#isFresh(pod));
      if (!pods.some((pod) => this.#isAvailable(pod))) down++;
      if (!old) continue;
      if (surge === 0 && !this.#isAvailable(old)) broken.push(old);
      else candidates.push({ old, node: node.metadata.name, fresh });
    }
    if (surge === 0) {
      const healthy = candidates.map(({ old }) => old).slice(0, Math.max(0, unavailable - down));
      for (const pod of [...broken, ...healthy]) this.#delete(pod);
      return;
    }
    const surging = candidates.filter(({ fresh }) => fresh).length;
    for (const { old, fresh } of candidates) {
      if (!this.#isAvailable(old) || (fresh && this.#isAvailable(fresh))) this.#delete(old);
    }
    const next = candidates.filter(({ fresh }) => !fresh).slice(0, Math.max(0, surge - surging));
    this.#error = slowStart(next.length, (i) => this.#create((next[i] as { node: string }).node)).error ?? this.#error;
  }

  #writeStatus(byNode: Map<string, KubeObject[]>): void {
    const { set } = this;
    const status: Json = {
      currentNumberScheduled: 0,
      desiredNumberScheduled: 0,
      numberMisscheduled: 0,
      numberReady: 0,
      updatedNumberScheduled: 0,
      numberAvailable: 0,
      numberUnavailable: 0,
      observedGeneration: set.metadata.generation,
    };
    for (const node of this.#nodes) {
      const pods = [...(byNode.get(node.metadata.name) ?? [])].sort(byCreation);
      const [pod] = pods;
      if (!this.#fits(node).run) {
        if (pod) status.numberMisscheduled++;
        continue;
      }
      status.desiredNumberScheduled++;
      if (!pod) continue;
      status.currentNumberScheduled++;
      if (pods.some(isPodReady)) status.numberReady++;
      if (pods.some((it) => this.#isAvailable(it))) status.numberAvailable++;
      if (pods.some((it) => this.#isFresh(it))) status.updatedNumberScheduled++;
    }
    status.numberUnavailable = status.desiredNumberScheduled - status.numberAvailable;
    for (const field of ['updatedNumberScheduled', 'numberAvailable', 'numberUnavailable']) {
      if (!status[field]) delete status[field];
    }
    if (set.status?.collisionCount !== undefined) status.collisionCount = set.status.collisionCount;
    if (sameJson(set.status ?? {}, status)) return;
    this.api.modify(
      'apps/v1/DaemonSet',
      set.metadata.namespace,
      set.metadata.name,
      (draft) => {
        draft.status = status;
      },
      'status',
    );
  }

  #event(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.api.events.record({ regarding: this.set, type, reason, message, component: COMPONENT });
  }
}
