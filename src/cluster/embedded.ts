import { InternalError, UserError } from '../core/errors.ts';
import { ApiError } from '../kube/status.ts';
import type { ApiResponse, ApiStream, ExecSession } from '../sim/api/api.ts';
import { CLUSTER_ADMIN } from '../sim/bootstrap/system.ts';
import type { DisturbanceTarget } from '../sim/disturb/disturbances.ts';
import type { Readable, Writable } from '../sim/process/os.ts';
import type { Task } from '../sim/process/task.ts';
import { createSimulation, type Simulation } from '../sim/simulation.ts';
import type {
  Cluster,
  ClusterClock,
  ClusterExec,
  ClusterExecResult,
  ClusterRequest,
  ClusterResponse,
  ClusterStream,
  Disturbance,
  Disturbances,
  PodSelector,
} from './cluster.ts';

/** How far the world is moved at a time while something is awaited, and while somebody sleeps, so that an abort is noticed. */
const SLICE_MS = 250;
const SLEEP_SLICE_MS = 10_000;
/** Virtual time that one request takes: a client's requests follow one another, and controllers work between them. */
const REQUEST_COST_MS = 2;
/** A request that the world does not answer within this virtual time is given up (service proxies, evictions). */
const ANSWER_LIMIT_MS = 120_000;
const EXEC_LIMIT_MS = 60_000;

/** The simulated cluster of this process behind the seam. Time moves only while somebody waits for something. */
export class EmbeddedCluster implements Cluster {
  readonly kind = 'embedded';
  readonly clock: ClusterClock;
  readonly disturbances: Disturbances;
  readonly #breathe: () => Promise<void>;
  #closed = false;

  /**
   * @param breathe lets the process do other things (serve other sessions, hear of a cancellation) between two slices of time;
   *   it must not depend on the wall clock, so that a run stays repeatable.
   */
  constructor(
    readonly simulation: Simulation,
    breathe: () => Promise<void> = () => Promise.resolve(),
  ) {
    const { world } = simulation;
    this.#breathe = breathe;
    this.clock = { now: () => world.nowMs, sleep: (ms, signal) => this.#sleep(ms, signal) };
    this.disturbances = new EmbeddedDisturbances(simulation);
  }

  async request(request: ClusterRequest): Promise<ClusterResponse> {
    const { response, stream } = await this.#send(request);
    if (stream) return { ...response, body: response.body + (await this.#drain(stream)) };
    return response;
  }

  async stream(request: ClusterRequest, onChunk: (text: string) => void): Promise<ClusterStream> {
    const { response, stream } = await this.#send(request);
    let ended = stream === undefined;
    if (response.body !== '') onChunk(response.body);
    stream?.start(onChunk, () => {
      ended = true;
    });
    return {
      response,
      get ended() {
        return ended;
      },
      close: () => stream?.cancel(),
    };
  }

  async exec(request: ClusterExec): Promise<ClusterExecResult> {
    const { world, api } = this.simulation;
    const output = { stdout: '', stderr: '' };
    const sink = (name: 'stdout' | 'stderr'): Writable => ({
      write: (text) => {
        output[name] += text;
        request.onOutput?.(name, text);
      },
      close: () => {},
    });
    let session: ExecSession;
    try {
      const { namespace, pod, container, command, stdin } = request;
      await this.#admitExec(request);
      session = api.handler.exec({
        namespace,
        pod,
        container,
        command,
        stdin: stdin === undefined ? undefined : textReader(stdin),
        stdout: sink('stdout'),
        stderr: sink('stderr'),
        user: CLUSTER_ADMIN,
      });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const { code, message, reason, status } = error;
      return { ...output, error: { code, message, reason, details: status.details } };
    }
    const finished = await this.waitUntil(
      () => session.result !== undefined,
      request.timeoutMs ?? EXEC_LIMIT_MS,
      request.signal,
    );
    if (!finished) {
      session.cancel();
      world.advance(1);
      this.#assertSound();
      return { ...output, timedOut: true };
    }
    const { result } = session;
    if (result?.error !== undefined) {
      const message = `Internal error occurred: ${result.error}`;
      return { ...output, error: { code: 500, message, reason: 'InternalError' } };
    }
    return { ...output, exitCode: result?.exit?.code };
  }

  /** Throws what admission has against it. */
  async #admitExec({ namespace, pod, container, command, stdin }: ClusterExec): Promise<void> {
    const { handler } = this.simulation.api;
    const flags = { ...(stdin === undefined ? {} : { stdin: true }), stdout: true, stderr: true };
    const options = {
      kind: 'PodExecOptions',
      apiVersion: 'v1',
      ...flags,
      ...(container ? { container } : {}),
      command,
    };
    const request = { namespace, pod, user: CLUSTER_ADMIN, subresource: 'exec', options } as const;
    handler.assertExec({ namespace, pod, container, command, user: CLUSTER_ADMIN });
    let outcome: { refused?: ApiError } | undefined;
    handler.admitConnect(request, (refused) => {
      outcome = { refused };
    });
    if (outcome === undefined) await this.waitUntil(() => outcome !== undefined, EXEC_LIMIT_MS);
    if (outcome?.refused) throw outcome.refused;
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  async #send(request: ClusterRequest): Promise<{ response: ClusterResponse; stream?: ApiStream }> {
    if (this.#closed) throw closedError();
    const { world } = this.simulation;
    let answer: ApiResponse | undefined;
    const { method, path, body, headers = {}, signal } = request;
    this.simulation.api.handler.handle(
      { method, path, body, headers: { accept: 'application/json', ...headers }, user: CLUSTER_ADMIN },
      (response) => {
        answer = response;
      },
    );
    if (!answer) await this.waitUntil(() => answer !== undefined, ANSWER_LIMIT_MS, signal);
    else this.#assertSound();
    if (!answer) return { response: { status: 504, headers: {}, body: timeoutStatus() } };
    world.advance(REQUEST_COST_MS);
    const { status, headers: answered, body: text, stream } = answer;
    return { response: { status, headers: answered, body: text }, stream };
  }

  async #sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const { world } = this.simulation;
    const untilMs = world.nowMs + ms;
    while (world.nowMs < untilMs) {
      signal?.throwIfAborted();
      if (this.#closed) throw closedError();
      world.advance(this.#slice(Math.min(SLEEP_SLICE_MS, untilMs - world.nowMs)));
      this.#assertSound();
      this.clock.companion?.moved();
      await this.#breathe();
    }
    signal?.throwIfAborted();
  }

  /** At most `ms`, at least one, and not past what the companion plans. */
  #slice(ms: number): number {
    const plannedMs = (this.clock.companion?.nextMs() ?? Number.POSITIVE_INFINITY) - this.simulation.world.nowMs;
    return Math.min(ms, Math.max(1, plannedMs));
  }

  /** Moves the world until `done` holds; false when the virtual time or the caller's patience is over. */
  async waitUntil(done: () => boolean, limitMs: number, signal?: AbortSignal): Promise<boolean> {
    const { world } = this.simulation;
    const endMs = world.nowMs + limitMs;
    while (!done()) {
      if (world.nowMs >= endMs || signal?.aborted) return false;
      world.runUntil(done, this.#slice(Math.min(SLICE_MS, endMs - world.nowMs)));
      this.#assertSound();
      this.clock.companion?.moved();
      await this.#breathe();
    }
    return true;
  }

  /** A mistake of ours inside the simulated world must void the run, not look like a symptom. */
  #assertSound(): void {
    const { internalErrors } = this.simulation.world;
    if (internalErrors.length > 0) throw new InternalError(`the simulation is broken: ${internalErrors[0]?.message}`);
  }

  async #drain(stream: ApiStream): Promise<string> {
    let text = '';
    let ended = false;
    stream.start(
      (chunk) => {
        text += chunk;
      },
      () => {
        ended = true;
      },
    );
    await this.waitUntil(() => ended, ANSWER_LIMIT_MS);
    stream.cancel();
    return text;
  }
}

function closedError(): UserError {
  return new UserError('STATE', 'the cluster is closed');
}

function timeoutStatus(): string {
  return JSON.stringify({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'the request timed out',
    reason: 'Timeout',
    code: 504,
  });
}

function textReader(text: string): Readable {
  let rest: string | undefined = text;
  return {
    *read(): Task<string | undefined> {
      const piece = rest === '' ? undefined : rest;
      rest = undefined;
      return piece;
    },
  };
}

/** Disturbances of pods that exist when they start, by uid: a replaced pod is free of them, as with Chaos Mesh. */
class EmbeddedDisturbances implements Disturbances {
  readonly #simulation: Simulation;

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
  }

  async packetLoss(target: PodSelector, loss: number): Promise<Disturbance> {
    return asDisturbance(this.#simulation.network.disturb.loss(this.#existing(target), loss));
  }

  async packetDelay(target: PodSelector, delayMs: number): Promise<Disturbance> {
    return asDisturbance(this.#simulation.network.disturb.delay(this.#existing(target), delayMs));
  }

  async partition(target: PodSelector): Promise<Disturbance> {
    return asDisturbance(this.#simulation.network.disturb.partition(this.#existing(target)));
  }

  async killContainer(target: PodSelector, container: string): Promise<void> {
    this.#kill(this.#pods(target), container);
  }

  async killContainerRepeatedly(target: PodSelector, container: string, periodMs: number): Promise<Disturbance> {
    const uids = this.#pods(target);
    this.#kill(uids, container);
    const timer = this.#simulation.world.every(periodMs, () => this.#kill(uids, container));
    return asDisturbance({ remove: () => timer.cancel() });
  }

  #kill(uids: ReadonlySet<string>, container: string): void {
    for (const uid of uids) {
      for (const kubelet of this.#simulation.kubelets.values()) kubelet.killContainer(uid, container);
    }
  }

  #existing(target: PodSelector): DisturbanceTarget {
    const uids = this.#pods(target);
    return { ...target, only: (pod) => uids.has(pod.uid) };
  }

  #pods({ namespace, labels }: PodSelector): Set<string> {
    const client = this.#simulation.api.client({ user: CLUSTER_ADMIN, fieldManager: 'disturbance' });
    return new Set(client.list('v1/Pod', namespace, { matchLabels: labels }).map((pod) => pod.metadata.uid));
  }
}

function asDisturbance(active: { remove(): void }): Disturbance {
  return { remove: async () => active.remove() };
}

/** A fresh embedded cluster. */
export function createEmbeddedCluster(seed: string): EmbeddedCluster {
  return new EmbeddedCluster(createSimulation({ seed }));
}
