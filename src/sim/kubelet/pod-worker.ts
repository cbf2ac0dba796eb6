import { clone, deepEqual, type Json, type KubeObject } from '../../kube/object.ts';
import { Signal, type Task, Thread } from '../process/task.ts';
import type { Timer } from '../world.ts';
import { isSidecar } from './conditions.ts';
import { type StartContext, type StartFailure, startContainer } from './container-start.ts';
import { runHook, stopContainer } from './container-stop.ts';
import { checkBackoff, nextDelayMs, RETRY_MS } from './crash-backoff.ts';
import type { EnvContext } from './env.ts';
import type { Instance } from './instance.ts';
import { fieldPathOf, type NodeContext, podText, RELIST_MS } from './node-context.ts';
import { graceMsOf, type Planned, planActions } from './pod-actions.ts';
import { PodProbes } from './prober.ts';
import { accepted, REFUSED_MS } from './refused.ts';
import { Resizes } from './resizes.ts';
import { cgroupLimits } from './resources.ts';
import { createSandbox, type Sandbox } from './sandbox.ts';
import { podStatus } from './status.ts';
import { PodVolumes } from './volumes.ts';

const MOUNT_TIMEOUT_MS = 123_000;
const HOOK_TIMEOUT_MS = 600_000;
const DEADLINE_MESSAGE = 'Pod was active on the node longer than the specified deadline';

/** What came of one sync: the pod is over, or when to look again. */
type SyncResult = { over: true } | { over: false; nextMs: number };

/** One pod on its node, from admission to the end. */
export class PodWorker {
  readonly uid: string;
  readonly volumes: PodVolumes;
  probes: PodProbes;
  /** Newest first. */
  instances: Instance[] = [];
  sandbox: Sandbox | undefined;
  /** All is stopped and the last status is written. */
  finished = false;
  terminating = false;
  #unmounted = false;
  readonly #reasons = new Map<string, StartFailure>();
  readonly #wake = new Signal();
  readonly #resizes: Resizes;
  #pending = true;
  #relist: Timer | undefined;
  #thread: Thread | undefined;
  #deadline: Timer | undefined;
  #verdict: { reason: string; message: string } | undefined;
  readonly #startTime: string;
  readonly #seenAt: string;
  #gone = false;

  constructor(
    readonly node: NodeContext,
    public pod: KubeObject,
  ) {
    this.uid = pod.metadata.uid;
    this.#startTime = pod.status?.startTime ?? node.world.nowIso;
    this.#seenAt = node.world.nowIsoMicro;
    this.#resizes = new Resizes(node, pod);
    this.volumes = new PodVolumes({ world: node.world, api: node.api, pod, disk: node.disk, env: () => this.env() });
    this.probes = new PodProbes(this);
    this.#planDeadline();
    this.#thread = new Thread(node.world);
    this.#thread.start(this.#guard(this.#live(this.#thread)));
  }

  get podIP(): string {
    return this.sandbox?.ns.ip ?? '';
  }

  env(): EnvContext {
    const { api, hostIP, nodeName, capacity } = this.node;
    const seenAt = this.#seenAt;
    return { api, pod: this.pod, podIP: this.podIP, hostIP, nodeName, nodeCapacity: capacity, seenAt };
  }

  nextAttempt(name: string): number {
    const newest = this.instances.find((i) => i.name === name);
    return newest ? newest.attempt + 1 : 0;
  }

  running(name: string): Instance | undefined {
    const newest = this.instances.find((i) => i.name === name);
    return newest?.state === 'running' ? newest : undefined;
  }

  add(instance: Instance): void {
    this.instances.unshift(instance);
  }

  /** Of a container's dead instances only the newest is kept, once their end was seen (the log of the others goes). */
  #prune(seen: readonly Instance[]): void {
    const newest = new Map<string, string>();
    for (const { name, state, id } of seen) if (state === 'exited' && !newest.has(name)) newest.set(name, id);
    const old = new Set(seen.filter((i) => i.state === 'exited' && newest.get(i.name) !== i.id).map((i) => i.id));
    if (old.size > 0) this.instances = this.instances.filter((i) => !old.has(i.id));
  }

  onProbeResult(): void {
    this.wake();
  }

  /** Changes of containers are seen at the next listing. */
  wakeAtRelist(): void {
    if (this.#relist?.active) return;
    this.#relist = this.node.world.after(this.node.untilRelistMs(), () => this.wake());
  }

  wake(): void {
    this.#pending = true;
    this.#wake.fire();
  }

  /** The API has a new version of the pod. */
  update(pod: KubeObject, graceChanged: boolean): void {
    const changed = pod.metadata.generation !== this.pod.metadata.generation;
    this.pod = this.#resizes.admit(pod);
    if (changed) this.#takeSpec();
    if (pod.metadata.deletionTimestamp && (!this.terminating || graceChanged)) this.#terminate();
    else this.wake();
  }

  #terminate(): void {
    if (this.finished) {
      if (this.#unmounted) this.#deleteFromApi();
      return;
    }
    this.terminating = true;
    this.#thread?.cancel();
    this.#thread = new Thread(this.node.world);
    const graceMs = (this.pod.metadata.deletionGracePeriodSeconds ?? 30) * 1000;
    this.#thread.start(this.#guard(this.#end(this.#thread, graceMs)));
  }

  /** The object is gone from the API (forced deletion), or the node dies: everything stops at once. */
  abandon(): void {
    this.#gone = true;
    this.#thread?.cancel();
    for (const instance of [...this.instances]) instance.container?.signal('SIGKILL');
    this.#close();
  }

  /** The kubelet has stopped: containers run on, nobody looks after them. */
  pause(): void {
    this.#thread?.cancel();
    this.probes.stop();
  }

  /** The kubelet is back: it looks after what it finds. */
  resume(pod: KubeObject): void {
    this.pod = this.#resizes.admit(pod);
    if (this.finished) {
      if (pod.metadata.deletionTimestamp) this.#deleteFromApi();
      return;
    }
    this.probes = new PodProbes(this);
    if (this.terminating || pod.metadata.deletionTimestamp) {
      this.#terminate();
      return;
    }
    this.#pending = true;
    this.#thread = new Thread(this.node.world);
    this.#thread.start(this.#guard(this.#live(this.#thread)));
  }

  #close(): void {
    this.probes.stop();
    this.#relist?.cancel();
    this.#deadline?.cancel();
    if (this.sandbox) this.node.network.detach(this.sandbox.ns);
    this.sandbox = undefined;
    this.node.crashBackoff.forget(podText(this.pod));
  }

  /** A throw in the kubelet itself is our mistake and must not look like a node that hangs. */
  *#guard(task: Task<void>): Task<void> {
    try {
      yield* task;
    } catch (error) {
      if ((error as Error).name === 'Cancelled') throw error;
      this.node.world.reportInternalError(`kubelet, pod ${podText(this.pod)}`, error);
    }
  }

  *#live(th: Thread): Task<void> {
    let nextMs = 0;
    let endedMs: number | undefined;
    for (;;) {
      if (!this.#pending) yield* th.wait(this.#wake, nextMs);
      this.#pending = false;
      // A sync works on a listing of containers that is newer than the end of the last sync (GetNewerThan).
      const untilMs = this.node.untilRelistMs();
      if (endedMs !== undefined && endedMs >= th.nowMs + untilMs - RELIST_MS) yield* th.sleep(untilMs);
      const result = yield* this.#sync(th);
      if (result.over) break;
      nextMs = result.nextMs;
      endedMs = th.nowMs;
    }
    this.terminating = true;
    yield* this.#end(th, graceMsOf(this.pod.spec));
  }

  /** What may change in a running pod beside images: its deadline, and the resources of its containers (resize). */
  #takeSpec(): void {
    this.#deadline?.cancel();
    this.#planDeadline();
    const { spec } = this.pod;
    for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) {
      const machine = this.running(container.name)?.container;
      if (machine) machine.cgroup.limits = cgroupLimits(container);
    }
  }

  #planDeadline(): void {
    const seconds = this.pod.spec.activeDeadlineSeconds;
    if (seconds === undefined) return;
    const leftMs = Date.parse(this.#startTime) + seconds * 1000 - this.node.world.nowMs;
    // The kubelet looks for pods that are due once a second.
    const tickMs = this.node.rng.int(1000);
    this.#deadline = this.node.world.after(Math.max(0, leftMs) + tickMs, () => {
      if (this.terminating) return;
      this.#verdict = { reason: 'DeadlineExceeded', message: DEADLINE_MESSAGE };
      this.wake();
    });
  }

  *#sync(th: Thread): Task<SyncResult> {
    const { node } = this;
    const { spec } = this.pod;
    const seen = this.instances.map((i) => ({ ...i }));
    const phase = this.#writeStatus(seen);
    this.probes.triggerReadiness();
    this.#prune(seen);
    if (phase === 'Failed' || phase === 'Succeeded') return { over: true };
    if (!(yield* this.#mountVolumes(th))) return { over: false, nextMs: this.#jitter(RETRY_MS) };
    this.volumes.refresh();
    if (!this.sandbox) {
      yield* th.sleep(node.rng.lognormal(550, 900));
      this.sandbox = createSandbox(node, this.pod, () => this.pod);
      this.wakeAtRelist();
    }
    const actions = planActions(spec, seen, this.probes);
    for (const { container, instance, message } of actions.kill) {
      const live = this.instances.find((i) => i.id === instance.id);
      const probe = this.probes.failed(instance.name, instance.id);
      const graceMs = graceMsOf(spec, probe && container[`${probe}Probe`]);
      if (live) yield* this.#stop(th, container, live, graceMs, message);
    }
    const failures: StartFailure[] = [];
    for (const planned of actions.start) {
      const failure = yield* this.#start(th, planned, seen);
      if (failure) {
        this.#reasons.set(planned.container.name, failure);
        failures.push(failure);
      } else this.#reasons.delete(planned.container.name);
    }
    if (actions.kill.length === 0 && actions.start.length === 0) this.#resizes.settled(this.pod);
    return { over: false, nextMs: this.#jitter(nextDelayMs(failures)) };
  }

  #jitter(ms: number): number {
    return ms * this.node.rng.between(1, 1.5);
  }

  /** False when the time for mounting is over; the sync is tried again later. */
  *#mountVolumes(th: Thread): Task<boolean> {
    if (this.volumes.missing().length === 0) return true;
    yield* th.sleep(this.node.rng.between(60, 220));
    const endMs = th.nowMs + MOUNT_TIMEOUT_MS;
    for (;;) {
      const nextMs = this.volumes.trySetUp((message) => this.node.record(this.pod, 'Warning', 'FailedMount', message));
      if (nextMs === undefined) return true;
      if (th.nowMs >= endMs) {
        const names = this.volumes.missing().join(' ');
        const text = `unmounted volumes=[${names}], unattached volumes=[], failed to process volumes=[]`;
        this.node.record(
          this.pod,
          'Warning',
          'FailedMount',
          `Unable to attach or mount volumes: ${text}: context deadline exceeded`,
        );
        return false;
      }
      yield* th.sleep(Math.max(1, Math.min(nextMs, endMs) - th.nowMs));
    }
  }

  *#start(th: Thread, { container, kind }: Planned, seen: readonly Instance[]): Task<StartFailure | undefined> {
    const { node, pod } = this;
    const backingOff = checkBackoff(node, pod, { container, kind }, seen);
    if (backingOff) return backingOff;
    const ctx: StartContext = {
      node,
      pod,
      sandbox: this.sandbox as Sandbox,
      volumes: this.volumes,
      env: () => this.env(),
      nextAttempt: (name) => this.nextAttempt(name),
      add: (instance) => this.add(instance),
      exited: () => this.wakeAtRelist(),
    };
    const result = yield* startContainer(th, ctx, container, kind);
    if (result.instance) this.wakeAtRelist();
    const hook = container.lifecycle?.postStart;
    const machine = result.instance?.container;
    if (result.failure || !hook || !machine || !result.instance) return result.failure;
    const error = yield* runHook(th, node, pod, container, machine, hook, HOOK_TIMEOUT_MS, this.podIP);
    if (error === undefined) return undefined;
    node.record(pod, 'Warning', 'FailedPostStartHook', 'PostStartHook failed', fieldPathOf(kind, container.name));
    yield* this.#stop(th, container, result.instance, graceMsOf(pod.spec), 'FailedPostStartHook');
    return { reason: 'PostStartHookError', message: error };
  }

  *#stop(th: Thread, container: Json, instance: Instance, graceMs: number, message?: string): Task<void> {
    yield* stopContainer(th, this.node, this.pod, container, instance, { graceMs, message, podIP: this.podIP });
  }

  /** Stops all containers (regular ones at once, then side cars in reverse order), writes the last status, lets go. */
  *#end(th: Thread, graceMs: number): Task<void> {
    const { node, pod } = this;
    this.probes.stop();
    if (pod.metadata.deletionTimestamp || this.#verdict) this.#writeStatus(this.instances);
    const endMs = th.nowMs + graceMs;
    const specs: Json[] = [
      ...(pod.spec.initContainers ?? []),
      ...(pod.spec.containers ?? []),
      ...(pod.spec.ephemeralContainers ?? []),
    ];
    const specOf = (i: Instance): Json => specs.find((c) => c.name === i.name) ?? { name: i.name };
    const running = this.instances.filter((i) => i.state === 'running');
    const sidecars = running.filter((i) => i.kind === 'init' && isSidecar(specOf(i)));
    const threads: Thread[] = [];
    for (const instance of running.filter((i) => !sidecars.includes(i)).reverse()) {
      const thread = new Thread(node.world);
      threads.push(thread.start(this.#guard(this.#stop(thread, specOf(instance), instance, graceMs))));
    }
    for (const thread of threads) if (!thread.finished) yield* th.wait(thread.done);
    const order = (pod.spec.initContainers ?? []).map((c: Json) => c.name);
    for (const instance of sidecars.sort((a, b) => order.indexOf(b.name) - order.indexOf(a.name))) {
      yield* this.#stop(th, specOf(instance), instance, Math.max(0, endMs - th.nowMs));
    }
    yield* th.sleep(node.rng.between(100, 300));
    if (this.#gone) return;
    this.finished = true;
    const ip = this.podIP;
    this.#close();
    this.#writeStatus(this.instances, ip);
    // The last status is written when all is stopped; the object goes when the volumes are unmounted, too.
    yield* th.sleep(node.rng.between(200, 600));
    this.#unmounted = true;
    this.#tellVerdict();
    if (this.pod.metadata.deletionTimestamp) this.#deleteFromApi();
  }

  #deleteFromApi(): void {
    // The containers of a deleted pod go, with their logs, even when a finalizer keeps the object.
    this.instances = [];
    const { namespace, name } = this.pod.metadata;
    const current = this.node.api.get('v1/Pod', namespace, name);
    if (current?.metadata.uid !== this.uid) return;
    const options = { gracePeriodSeconds: 0, preconditions: { uid: this.uid } };
    if (!accepted(() => this.node.api.delete('v1/Pod', namespace, name, options)))
      this.node.world.after(REFUSED_MS, () => this.#deleteFromApi());
  }

  /** Upstream judges anew each time that it works out the status, and says so each time. */
  #tellVerdict(): void {
    const verdict = this.#verdict;
    if (verdict) this.node.record(this.pod, 'Normal', verdict.reason, verdict.message);
  }

  /** Writes what is so now; answers the phase it amounts to. */
  #writeStatus(instances: readonly Instance[], formerIP?: string): string {
    const { node } = this;
    this.#tellVerdict();
    const { namespace, name, generation } = this.pod.metadata;
    const current = node.api.get('v1/Pod', namespace, name);
    if (current?.metadata.uid !== this.uid) return 'Unknown';
    const pod = { ...current, spec: this.pod.spec, metadata: { ...current.metadata, generation } };
    const { status, phase } = podStatus({
      pod,
      instances,
      reasons: this.#reasons,
      hostIP: node.hostIP,
      podIP: formerIP || this.podIP || undefined,
      sandboxReady: this.sandbox !== undefined,
      startTime: this.#startTime,
      nowIso: node.world.nowIso,
      terminating: this.terminating,
      finished: this.finished,
      verdict: this.#verdict,
      resizePending: this.#resizes.pending,
      probes: this.probes,
    });
    if (deepEqual(status, current.status)) return phase;
    const write = (draft: KubeObject): void => {
      draft.status = clone(status);
    };
    const isWritten = accepted(() => node.api.modify('v1/Pod', namespace, name, write, 'status'));
    if (!isWritten && !this.#gone) node.world.after(REFUSED_MS, () => this.#writeAgain(formerIP));
    return phase;
  }

  /** The API server did not take the last status. */
  #writeAgain(formerIP: string | undefined): void {
    if (!this.#gone) this.#writeStatus(this.instances, formerIP);
  }
}
