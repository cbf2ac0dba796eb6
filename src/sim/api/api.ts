import type { Json, KubeObject } from '../../kube/object.ts';
import type { ApiError } from '../../kube/status.ts';
import type { Conn } from '../net/net.ts';
import type { ExitStatus, Readable, Writable } from '../process/os.ts';
import type { Signal, Task, Thread } from '../process/task.ts';
import type { UserInfo } from './admission.ts';
import type { KindRef } from './kind.ts';
import type { Replay } from './webhooks/calls.ts';

/** A request as it would cross the wire. */
export interface ApiRequest {
  method: string;
  /** With query string, e.g. `/api/v1/namespaces/default/pods?limit=500`. */
  path: string;
  /** Lower-case names. */
  headers: Record<string, string>;
  body?: string | Uint8Array;
  user: UserInfo;
  /** What webhooks have answered so far, set by the server when it handles a request again. */
  replay?: Replay;
}

export interface ApiResponse {
  status: number;
  headers: Record<string, string>;
  body: string;
  /** Watches, `log?follow`: the body goes on; each chunk is complete (a JSON line, some log lines). */
  stream?: ApiStream;
}

export interface ApiStream {
  /** Called once. Chunks that are already there come at once. */
  start(onChunk: (chunk: string) => void, onEnd: () => void): void;
  cancel(): void;
}

/** The API server as a function. `respond` is mostly called before handle returns; proxies answer in virtual time. */
export interface ApiHandler {
  handle(request: ApiRequest, respond: (response: ApiResponse) => void): void;
  /** exec, attach and port-forward: what a WebSocket (or kubectl in memory) sits on. Throws ApiError before it opens. */
  exec(request: ExecRequest): ExecSession;
  /** Throws the ApiError that `exec` would throw before it opens; nothing is run. */
  assertExec(request: Pick<ExecRequest, 'namespace' | 'pod' | 'container' | 'command' | 'attach' | 'user'>): void;
  /** Throws the ApiError that refuses a port-forward before it opens; nothing is dialled. */
  assertForward(request: Pick<ExecRequest, 'namespace' | 'pod' | 'user'>): void;
  /** Asks admission about an exec, attach or port-forward that is allowed otherwise, which may take virtual time. */
  admitConnect(request: ConnectRequest, done: (refused?: ApiError) => void): void;
  dialPod(namespace: string, pod: string, port: number, th: Thread): Task<Conn>;
}

export interface ConnectRequest {
  namespace: string;
  pod: string;
  subresource: 'exec' | 'attach' | 'portforward';
  /** PodExecOptions, PodAttachOptions or PodPortForwardOptions. */
  options: Json;
  user: UserInfo;
}

export interface ExecRequest {
  namespace: string;
  pod: string;
  container?: string;
  command: string[];
  stdin?: Readable;
  stdout: Writable;
  stderr: Writable;
  tty?: boolean;
  attach?: boolean;
  user: UserInfo;
}

export interface ExecSession {
  readonly finished: Signal;
  /** Set when finished. `error` is a failure to run at all, in the kubelet's words (HTTP 500 "Internal error occurred: …"). */
  result: { exit?: ExitStatus; error?: string } | undefined;
  cancel(): void;
  /** The client's window has another size; without a terminal nothing happens. */
  resize(columns: number, rows: number): void;
}

export type WatchType = 'ADDED' | 'MODIFIED' | 'DELETED';

/** `old` is the previous version for MODIFIED, the last one for DELETED. */
export type WatchHandler = (type: WatchType, object: KubeObject, old?: KubeObject) => void;

export interface DeleteOptions {
  propagationPolicy?: 'Orphan' | 'Background' | 'Foreground';
  gracePeriodSeconds?: number;
  preconditions?: { uid?: string; resourceVersion?: string };
}

/**
 * The API as controllers, scheduler and kubelet use it: in memory, synchronous, with the same admission, validation
 * and managed fields as requests from outside. Errors are ApiError. Reads return stored (immutable) objects.
 * `ref` may be the shorthand `apps/v1/Deployment` or `v1/Pod`.
 */
export interface ApiClient {
  get(ref: KindRef | string, namespace: string | undefined, name: string): KubeObject | undefined;
  list(ref: KindRef | string, namespace?: string, labelSelector?: Json): readonly KubeObject[];
  /** A `v1/Binding` binds the pod that its metadata names (pods/binding), as the scheduler does. */
  create(object: Json): KubeObject;
  /**
   * Full update; conflicts when metadata.resourceVersion is set and stale. `finalize` is the Namespace's: it writes
   * spec.finalizers and removes the namespace when the last one is gone.
   */
  update(object: KubeObject, subresource?: 'status' | 'finalize'): KubeObject;
  /**
   * Read, change a copy, write; no write when nothing changed. Undefined when the object is gone.
   * The usual way for controllers to write status.
   */
  modify(
    ref: KindRef | string,
    namespace: string | undefined,
    name: string,
    change: (draft: KubeObject) => void,
    subresource?: 'status',
  ): KubeObject | undefined;
  delete(ref: KindRef | string, namespace: string | undefined, name: string, options?: DeleteOptions): void;
  /** Replays what exists as ADDED (in the running event), then follows. Delivery is by the event queue, in order. */
  watch(ref: KindRef | string, handler: WatchHandler): () => void;
  readonly events: EventRecorder;
}

/** Writes Events with upstream's counting (same event again: count + 1) and aggregation. */
export interface EventRecorder {
  record(event: {
    /** The object the event is about. */
    regarding: KubeObject;
    type: 'Normal' | 'Warning';
    reason: string;
    message: string;
    /** reportingComponent / source.component, e.g. `kubelet`. */
    component: string;
    /** Node name for kubelet events. */
    host?: string;
    /** `spec.containers{main}` */
    fieldPath?: string;
    /** Recorders of events.k8s.io/v1 (the scheduler) set these instead of source and count. */
    action?: string;
    related?: KubeObject;
  }): void;
}

/** What the API server asks of the node that runs a pod: the kubelet's own API. */
export interface NodeApi {
  /** Text of the container's log; ApiError (400/404 texts of the kubelet) when there is none. */
  logs(
    pod: KubeObject,
    container: string,
    options: {
      previous?: boolean;
      sinceMs?: number;
      tailLines?: number;
      limitBytes?: number;
      timestamps?: boolean;
      /** Called with new lines until cancelled; onEnd when the container is over. */
      follow?: { onLines(text: string): void; onEnd(): void };
    },
  ): { text: string; cancel(): void };
  exec(pod: KubeObject, container: string, request: ExecRequest): ExecSession;
  /** Connects to a port of the pod: from inside it (port-forward), or at the address given, as from elsewhere. */
  dial(pod: KubeObject, port: number, th: Thread, address?: string): Task<Conn>;
  /** cAdvisor's view, for metrics and `kubectl top`. */
  stats(): ContainerStats[];
}

/** One cgroup: a container, or with container '' the pod as a whole; counters since the container started. */
export interface ContainerStats {
  namespace: string;
  pod: string;
  podUid: string;
  /** Container name; `POD` for the sandbox; '' for the pod cgroup. */
  container: string;
  image: string;
  id: string;
  startMs: number;
  cpuUsageUs: number;
  cpuUserUs: number;
  cpuSystemUs: number;
  throttledUs: number;
  throttledPeriods: number;
  periods: number;
  memoryRssBytes: number;
  memoryCacheBytes: number;
  memoryWorkingSetBytes: number;
  memoryMappedFileBytes: number;
  memoryLimitBytes: number;
  cpuQuotaUs?: number;
  cpuShares: number;
  threads: number;
  oomEvents: number;
  network?: {
    rxBytes: number;
    txBytes: number;
    rxPackets: number;
    txPackets: number;
    rxDropped: number;
    txDropped: number;
  };
}
