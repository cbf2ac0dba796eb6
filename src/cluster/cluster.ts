import type { Status } from '../kube/status.ts';
/** The API server did not answer at all; the message is the system's (`connect ECONNREFUSED …`). */
export class ClusterUnreachable extends Error {
  override readonly name = 'ClusterUnreachable';
}

/**
 * The seam: everything above speaks to a cluster only through this. Two implementations: the embedded simulated one
 * (embedded.ts) and any real one that a kubeconfig reaches (kubernetes.ts).
 */
export interface Cluster {
  readonly kind: 'embedded' | 'kubernetes';
  /** One API request; the body is complete. Never throws for HTTP errors, only ClusterUnreachable. */
  request(request: ClusterRequest): Promise<ClusterResponse>;
  /** A watch or `log?follow`: chunks arrive while time passes (see {@link ClusterClock.sleep}). */
  stream(request: ClusterRequest, onChunk: (text: string) => void): Promise<ClusterStream>;
  /** Runs a command in a container; resolves when it ended, was cut at `timeoutMs` or could not be run. */
  exec(request: ClusterExec): Promise<ClusterExecResult>;
  readonly clock: ClusterClock;
  /** Network, node and kill disturbances: the simulator's controls, or Chaos Mesh resources. */
  readonly disturbances: Disturbances;
  /** Ends everything that this handle started. */
  close(): Promise<void>;
}

export interface ClusterRequest {
  method: string;
  /** Path with query. */
  path: string;
  headers?: Record<string, string>;
  body?: string;
  signal?: AbortSignal;
}

export interface ClusterResponse {
  status: number;
  headers: Record<string, string>;
  body: string;
}

export interface ClusterStream {
  response: ClusterResponse;
  /** True when the server has ended the stream. */
  readonly ended: boolean;
  close(): void;
}

export interface ClusterExec {
  namespace: string;
  pod: string;
  container?: string;
  command: string[];
  stdin?: string;
  timeoutMs?: number;
  signal?: AbortSignal;
  /** Gets the output while it is made; the result holds all of it besides. */
  onOutput?(stream: 'stdout' | 'stderr', text: string): void;
}

export interface ClusterExecResult {
  stdout: string;
  stderr: string;
  /** Undefined when it was cut or could not run. */
  exitCode?: number;
  timedOut?: boolean;
  /** The API's error when it could not run, as a Status. */
  error?: Partial<Pick<Status, 'reason' | 'details'>> & { code: number; message: string };
}

/** Time as the cluster has it. On the embedded cluster sleeping is what moves the world. */
export interface ClusterClock {
  now(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Whoever lives beside the cluster on its time; set where waiting moves the world, not on the wall clock. */
  companion?: ClockCompanion;
}

/** Something that has to be told of each step of time, and that keeps steps from passing over what it plans. */
export interface ClockCompanion {
  /** When it wants to be told next (epoch ms), Infinity for whenever. */
  nextMs(): number;
  moved(): void;
}

/** What nature or an operator of the infrastructure can do to a cluster. Each returns a way to undo it. */
export interface Disturbances {
  /** Throws UserError UNSUPPORTED when the cluster lacks what disturbances need; absent where nothing is needed. */
  check?(): Promise<void>;
  /** Loses that share (0..1) of the packets which the selected pods send. Lasts until removed. */
  packetLoss(target: PodSelector, loss: number): Promise<Disturbance>;
  /** Delays what the selected pods send. */
  packetDelay(target: PodSelector, delayMs: number): Promise<Disturbance>;
  partition(target: PodSelector): Promise<Disturbance>;
  /** Kills the container's processes once (SIGKILL). */
  killContainer(target: PodSelector, container: string): Promise<void>;
  /** Keeps killing it, so that it never serves for long, until removed. */
  killContainerRepeatedly(target: PodSelector, container: string, periodMs: number): Promise<Disturbance>;
}

/** A disturbance hits pods that exist when it starts, as Chaos Mesh's do; a pod made later is not touched by it. */
export interface PodSelector {
  namespace: string;
  labels: Record<string, string>;
}

export interface Disturbance {
  remove(): Promise<void>;
}
