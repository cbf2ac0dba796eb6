import { clone, type Json, type KubeObject } from '../../kube/object.ts';
import {
  type Condition,
  containersReadyCondition,
  initializedCondition,
  isSidecar,
  readyCondition,
} from './conditions.ts';
import { canonicalReference } from './images.ts';
import type { Instance } from './instance.ts';
import { qosClass } from './resources.ts';

/** What the kubelet knows of a pod when it writes its status. */
export interface StatusInput {
  pod: KubeObject;
  /** Newest first per container. */
  instances: readonly Instance[];
  /** Why a container could not be started at the last try. */
  reasons: ReadonlyMap<string, { reason: string; message: string }>;
  hostIP: string;
  podIP: string | undefined;
  sandboxReady: boolean;
  startTime: string;
  nowIso: string;
  /** The pod's worker has stopped or is stopping all containers. */
  terminating: boolean;
  /** All is stopped; only then a final phase is written. */
  finished: boolean;
  /** Set when the pod was ended by the kubelet, e.g. DeadlineExceeded. */
  verdict?: { reason: string; message: string };
  /** A resize that is asked for and not carried out. */
  resizePending?: Condition;
  probes: { ready(name: string, id: string): boolean; started(name: string, id: string): boolean };
}

const iso = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

/** The whole status of a pod with the phase it amounts to (which is written only when it is not final, or all is stopped), from what runs, what failed and what the API holds now (order and fields as 1.35 writes them). */
export function podStatus(input: StatusInput): { status: Json; phase: string } {
  const { pod } = input;
  const { spec } = pod;
  const old = pod.status ?? {};
  const init = (spec.initContainers ?? []).map((c: Json) =>
    containerStatus(input, c, 'init', old.initContainerStatuses),
  );
  const containers = (spec.containers ?? [])
    .map((c: Json) => containerStatus(input, c, 'app', old.containerStatuses))
    .sort((a: Json, b: Json) => (a.name < b.name ? -1 : 1));
  const ephemeral = (spec.ephemeralContainers ?? [])
    .map((c: Json) => containerStatus(input, c, 'ephemeral', old.ephemeralContainerStatuses))
    .sort((a: Json, b: Json) => (a.name < b.name ? -1 : 1));
  const lost = containers.some((s: Json) => s.state.terminated?.reason === 'ContainerStatusUnknown');
  // Lost containers fail the pod, but its conditions are still those of one that waits (measured).
  const judged = lost ? 'Pending' : podPhase(spec, init, containers, input.terminating);
  const computed = input.verdict ? 'Failed' : judged;
  const final = computed === 'Failed' || computed === 'Succeeded';
  const phase = final && !input.finished ? (old.phase ?? 'Pending') : lost ? 'Failed' : computed;
  const status: Json = {
    ...clone(old),
    observedGeneration: pod.metadata.generation,
    phase,
    hostIP: input.hostIP,
    hostIPs: [{ ip: input.hostIP }],
    startTime: input.startTime,
    qosClass: old.qosClass ?? qosClass(spec),
    containerStatuses: containers,
  };
  if (input.podIP) {
    status.podIP = input.podIP;
    status.podIPs = [{ ip: input.podIP }];
  }
  if (init.length > 0) status.initContainerStatuses = init;
  if (ephemeral.length > 0) status.ephemeralContainerStatuses = ephemeral;
  if (input.verdict && input.finished) Object.assign(status, input.verdict);
  status.conditions = mergeConditions(input, old.conditions ?? [], computed, init, containers);
  return { status, phase: computed };
}

function mergeConditions(input: StatusInput, old: Json[], phase: string, init: Json[], containers: Json[]): Json[] {
  const { spec, metadata } = input.pod;
  const ready = containersReadyCondition(spec, phase, init, containers);
  const own: Condition[] = [
    { type: 'PodReadyToStartContainers', status: input.sandboxReady ? 'True' : 'False' },
    initializedCondition(spec, phase, init, containers),
    readyCondition(spec, old, ready),
    ready,
    { type: 'PodScheduled', status: 'True' },
  ];
  const stamp = (condition: Condition): Json => {
    const before = old.find((c) => c.type === condition.type);
    const same = before?.status === condition.status;
    return {
      lastProbeTime: null,
      lastTransitionTime: same ? before.lastTransitionTime : input.nowIso,
      ...(condition.message ? { message: condition.message } : {}),
      observedGeneration: metadata.generation,
      ...(condition.reason ? { reason: condition.reason } : {}),
      status: condition.status,
      type: condition.type,
    };
  };
  const result = own.map(stamp);
  const resized = input.resizePending ? [stamp(input.resizePending)] : [];
  const foreign = old.filter((c) => c.type !== 'PodResizePending' && !own.some((o) => o.type === c.type));
  return [...resized, ...foreign, ...result];
}

/** getPhase of the kubelet. */
function podPhase(spec: Json, init: Json[], containers: Json[], terminating: boolean): string {
  const inits = initPhase(spec, init, terminating);
  let running = 0;
  let waiting = 0;
  let stopped = 0;
  let succeeded = 0;
  let restarting = 0;
  for (const s of containers) {
    const exit = s.state.terminated ?? s.lastState?.terminated;
    if (s.state.running) running++;
    else if (exit) {
      stopped++;
      if (s.state.terminated && exit.exitCode === 0) succeeded++;
      const container = (spec.containers ?? []).find((c: Json) => c.name === s.name);
      const policy = restartPolicyOf(spec, container, 'app', exit.exitCode);
      if (s.state.waiting || shouldRestart(policy, { code: exit.exitCode })) restarting++;
    } else waiting++;
  }
  if (inits === 'failed') return 'Failed';
  if (inits === 'pending' || waiting > 0) return 'Pending';
  if (running > 0) return 'Running';
  if (stopped === 0) return 'Pending';
  if (restarting > 0 && !terminating) return 'Running';
  return stopped === succeeded ? 'Succeeded' : 'Failed';
}

/** Whether the init containers are done, still to come (a failed one that is tried again included), or failed for good. */
function initPhase(spec: Json, init: Json[], terminating: boolean): 'done' | 'pending' | 'failed' {
  let phase: 'done' | 'pending' = 'done';
  for (const container of spec.initContainers ?? []) {
    const s = init.find((x) => x.name === container.name);
    const last = s.state.terminated ?? (s.state.waiting ? s.lastState?.terminated : undefined);
    if (isSidecar(container)) {
      if (s.state.running ? !s.started : !last) phase = 'pending';
    } else if (last?.exitCode !== 0) {
      const code = last?.exitCode ?? 0;
      const again = shouldRestart(restartPolicyOf(spec, container, 'init', code), { code });
      if (last && (terminating || !again)) return 'failed';
      phase = 'pending';
    }
  }
  return phase;
}

/** A container that does not run and would be started again at the next sync. */
export function shouldRestart(policy: string, exit: { code: number } | undefined): boolean {
  if (!exit) return true;
  return policy === 'Always' || (policy === 'OnFailure' && exit.code !== 0);
}

/** The policy that holds for one container: its own, or the pod's (init containers: Always means OnFailure). */
export function restartPolicyOf(spec: Json, container: Json, kind: Instance['kind'], exitCode = 0): string {
  if (kind === 'ephemeral') return 'Never';
  for (const rule of container.restartPolicyRules ?? []) {
    const values: number[] = rule.exitCodes?.values ?? [];
    const hit = rule.exitCodes?.operator === 'NotIn' ? !values.includes(exitCode) : values.includes(exitCode);
    if (hit && rule.action === 'Restart') return 'Always';
  }
  if (container.restartPolicy) return container.restartPolicy;
  const policy = spec.restartPolicy ?? 'Always';
  return kind === 'init' && policy === 'Always' ? 'OnFailure' : policy;
}

function containerStatus(
  input: StatusInput,
  container: Json,
  kind: Instance['kind'],
  oldList: Json[] | undefined,
): Json {
  const { name } = container;
  const [newest, previous] = input.instances.filter((i) => i.name === name);
  const old = oldList?.find((s) => s.name === name);
  const volumeMounts = mountStatuses(container);
  if (!newest) return withoutInstance(input, container, volumeMounts, old);
  const state = instanceState(newest);
  const status: Json = {
    ...(container.resources?.requests && kind !== 'ephemeral'
      ? { allocatedResources: clone(container.resources.requests) }
      : {}),
    containerID: `containerd://${newest.id}`,
    image: canonicalReference(newest.imageReference),
    imageID: `${newest.image.repository}@${newest.image.digest}`,
    lastState: previous?.exit ? instanceState(previous) : {},
    name,
    ready: false,
    resources: clone(container.resources ?? {}),
    restartCount: newest.attempt,
    ...(kind === 'ephemeral' ? {} : { started: false }),
    state,
    ...(volumeMounts ? { volumeMounts } : {}),
  };
  if (newest.state === 'running') {
    if (kind !== 'ephemeral') {
      status.started = kind === 'app' || isSidecar(container) ? input.probes.started(name, newest.id) : true;
    }
    const serves = kind === 'app' || (kind === 'init' && isSidecar(container));
    status.ready = serves && status.started && input.probes.ready(name, newest.id);
  } else if (kind === 'init' && !isSidecar(container)) status.ready = newest.exit?.code === 0;
  const reason = input.reasons.get(name);
  const policy = restartPolicyOf(input.pod.spec, container, kind, newest.exit?.code);
  if (reason && newest.state !== 'running' && !input.terminating && shouldRestart(policy, newest.exit)) {
    if (state.terminated) status.lastState = state;
    status.state = { waiting: { message: reason.message, reason: reason.reason } };
  }
  return status;
}

function withoutInstance(input: StatusInput, container: Json, volumeMounts: Json[] | undefined, old: Json): Json {
  const reason = input.terminating ? undefined : input.reasons.get(container.name);
  const hasInit = (input.pod.spec.initContainers ?? []).length > 0;
  let state: Json = { waiting: { reason: hasInit ? 'PodInitializing' : 'ContainerCreating' } };
  if (reason) state = { waiting: { message: reason.message, reason: reason.reason } };
  // TerminatePod: once a pod has initialized, a container that cannot be found counts as failed.
  const initialized = (input.pod.spec.initContainers ?? []).every((c: Json) =>
    input.instances.some((i) => i.name === c.name && (isSidecar(c) || i.exit?.code === 0)),
  );
  if (input.finished && initialized) {
    state = {
      terminated: {
        exitCode: 137,
        finishedAt: null,
        message: 'The container could not be located when the pod was terminated',
        reason: 'ContainerStatusUnknown',
        startedAt: null,
      },
    };
  }
  return {
    image: container.image,
    imageID: '',
    lastState: clone(old?.lastState ?? {}),
    name: container.name,
    ready: false,
    restartCount: old?.restartCount ?? 0,
    started: false,
    state,
    ...(volumeMounts ? { volumeMounts } : {}),
  };
}

function mountStatuses(container: Json): Json[] | undefined {
  if (!container.volumeMounts?.length) return undefined;
  return container.volumeMounts.map((vm: Json) => ({
    mountPath: vm.mountPath,
    name: vm.name,
    ...(vm.readOnly ? { readOnly: true, recursiveReadOnly: 'Disabled' } : {}),
  }));
}

function instanceState(instance: Instance): Json {
  if (instance.state === 'running') return { running: { startedAt: iso(instance.startedMs) } };
  const { exit } = instance;
  if (!exit) return { waiting: { reason: 'ContainerCreating' } };
  return {
    terminated: {
      containerID: `containerd://${instance.id}`,
      exitCode: exit.code,
      finishedAt: iso(exit.finishedMs),
      ...(exit.message ? { message: exit.message } : {}),
      reason: exit.reason,
      startedAt: iso(exit.startedMs),
    },
  };
}
