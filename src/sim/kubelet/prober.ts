import type { Json, KubeObject } from '../../kube/object.ts';
import { type Task, Thread } from '../process/task.ts';
import type { Timer } from '../world.ts';
import { isSidecar } from './conditions.ts';
import type { Instance } from './instance.ts';
import { fieldPathOf, type NodeContext } from './node-context.ts';
import { type ProbeOutcome, runProbe } from './probe-actions.ts';

type ProbeType = 'startup' | 'readiness' | 'liveness';
const TITLES: Record<ProbeType, string> = { startup: 'Startup', readiness: 'Readiness', liveness: 'Liveness' };

/** What the probes need of the pod's worker. */
export interface ProbedPod {
  readonly node: NodeContext;
  readonly pod: KubeObject;
  readonly podIP: string;
  running(name: string): Instance | undefined;
  /** A result changed: the pod must be synced. */
  onProbeResult(): void;
}

/** One probe of one container: upstream's prober worker. */
class ProbeWorker {
  readonly spec: Json;
  #timer: Timer | undefined;
  #containerId = '';
  /** undefined: not known yet (startup). */
  value: boolean | undefined;
  #last: boolean | undefined;
  #run = 0;
  #busy = false;
  /** After a failed liveness or startup probe nothing is probed until the container was restarted. */
  #onHold = false;

  constructor(
    readonly probes: PodProbes,
    readonly container: Json,
    readonly kind: 'init' | 'app',
    readonly type: ProbeType,
  ) {
    this.spec = container[`${type}Probe`];
  }

  start(): void {
    this.#timer = this.probes.host.node.world.every((this.spec.periodSeconds ?? 10) * 1000, () => this.tick());
  }

  stop(): void {
    this.#timer?.cancel();
  }

  resultFor(id: string): boolean | undefined {
    return this.#containerId === id ? this.value : undefined;
  }

  tick(): void {
    const { host } = this.probes;
    const instance = host.running(this.container.name);
    if (!instance?.container || this.#busy) return;
    if (instance.id !== this.#containerId) this.#reset(instance.id);
    if (this.#onHold) return;
    const world = host.node.world;
    if ((world.nowMs - instance.startedMs) / 1000 < (this.spec.initialDelaySeconds ?? 0)) return;
    const started = this.probes.started(this.container.name, instance.id);
    if (this.type === 'startup' ? started : !started) return;
    this.#busy = true;
    const th = new Thread(world);
    th.start(this.#probe(th, instance));
  }

  #reset(id: string): void {
    this.#containerId = id;
    this.value = this.type === 'liveness' ? true : this.type === 'readiness' ? false : undefined;
    this.#onHold = false;
    this.#last = undefined;
    this.#run = 0;
  }

  *#probe(th: Thread, instance: Instance): Task<void> {
    const { host } = this.probes;
    const target = {
      node: host.node,
      container: instance.container as NonNullable<Instance['container']>,
      spec: this.container,
      podIP: host.podIP,
    };
    const outcome = yield* runProbe(th, target, this.spec, (this.spec.timeoutSeconds ?? 1) * 1000);
    this.#busy = false;
    if (this.probes.stopped || host.running(this.container.name) !== instance) return;
    this.#report(outcome);
    if (outcome.result === 'error') return;
    this.#take(outcome.result === 'success');
  }

  #report({ result, output }: ProbeOutcome): void {
    if (result === 'success') return;
    const { node, pod } = this.probes.host;
    const how = result === 'failure' ? 'failed' : 'errored and resulted in unknown state';
    const path = fieldPathOf(this.kind, this.container.name);
    node.record(pod, 'Warning', 'Unhealthy', `${TITLES[this.type]} probe ${how}: ${output}`, path);
  }

  #take(success: boolean): void {
    if (this.#last === success) this.#run++;
    else {
      this.#last = success;
      this.#run = 1;
    }
    const threshold = success ? (this.spec.successThreshold ?? 1) : (this.spec.failureThreshold ?? 3);
    if (this.#run < threshold) return;
    if (!success && this.type !== 'readiness') {
      this.#onHold = true;
      this.#run = 0;
    }
    if (this.value === success) return;
    this.value = success;
    this.probes.host.onProbeResult();
  }
}

/** All probes of one pod. */
export class PodProbes {
  readonly #workers: ProbeWorker[] = [];
  stopped = false;

  constructor(readonly host: ProbedPod) {
    const { spec } = host.pod;
    const add = (container: Json, kind: 'init' | 'app'): void => {
      for (const type of ['startup', 'readiness', 'liveness'] as const) {
        if (container[`${type}Probe`]) this.#workers.push(new ProbeWorker(this, container, kind, type));
      }
    };
    for (const container of spec.initContainers ?? []) if (isSidecar(container)) add(container, 'init');
    for (const container of spec.containers ?? []) add(container, 'app');
    for (const worker of this.#workers) worker.start();
  }

  #find(name: string, type: ProbeType): ProbeWorker | undefined {
    return this.#workers.find((w) => w.container.name === name && w.type === type);
  }

  ready(name: string, id: string): boolean {
    const worker = this.#find(name, 'readiness');
    return !worker || worker.resultFor(id) === true;
  }

  started(name: string, id: string): boolean {
    const worker = this.#find(name, 'startup');
    return !worker || worker.resultFor(id) === true;
  }

  /** `liveness` or `startup` when that probe says that this instance must be restarted. */
  failed(name: string, id: string): 'liveness' | 'startup' | undefined {
    for (const type of ['startup', 'liveness'] as const) {
      if (this.#find(name, type)?.resultFor(id) === false) return type;
    }
    return undefined;
  }

  /** A sync that finds containers running triggers their readiness probes that have not succeeded yet (UpdatePodStatus). */
  triggerReadiness(): void {
    for (const worker of this.#workers) {
      if (worker.type === 'readiness' && worker.value !== true) worker.tick();
    }
  }

  stop(): void {
    this.stopped = true;
    for (const worker of this.#workers) worker.stop();
  }
}
