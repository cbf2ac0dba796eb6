import { since } from '../../../../kube/duration.ts';
import type { Json, KubeObject } from '../../../../kube/object.ts';
import type { TableContext } from '../../kind.ts';
import { age } from './table.ts';

interface Tally {
  reason: string;
  ready: number;
  restarts: number;
  lastRestart: string;
}

function later(current: string, status: Json): string {
  const finished: string = status.lastState?.terminated?.finishedAt ?? '';
  return finished > current ? finished : current;
}

/** `Signal:9`, `ExitCode:1` or the reason of a terminated container. */
function terminatedText(terminated: Json): string {
  if (terminated.reason) return terminated.reason;
  return terminated.signal ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode}`;
}

function hasTrueCondition(pod: KubeObject, type: string): boolean {
  return (pod.status?.conditions ?? []).some((item: Json) => item.type === type && item.status === 'True');
}

/** Walks the init containers; says whether initialisation is still going on, and what sidecars counted. */
function walkInit(pod: KubeObject, tally: Tally): { initializing: boolean; sidecars: Tally } {
  const sidecars: Tally = { reason: '', ready: 0, restarts: 0, lastRestart: '' };
  const specs: Json[] = pod.spec.initContainers ?? [];
  for (const [i, status] of (pod.status?.initContainerStatuses ?? []).entries()) {
    const sidecar = specs.find((item) => item.name === status.name)?.restartPolicy === 'Always';
    tally.restarts += status.restartCount ?? 0;
    tally.lastRestart = later(tally.lastRestart, status);
    if (sidecar) {
      sidecars.restarts += status.restartCount ?? 0;
      sidecars.lastRestart = later(sidecars.lastRestart, status);
    }
    const { terminated, waiting } = status.state ?? {};
    if (terminated && (terminated.exitCode ?? 0) === 0) continue;
    if (sidecar && status.started) {
      if (status.ready) tally.ready++;
      continue;
    }
    if (terminated) tally.reason = `Init:${terminatedText(terminated)}`;
    else if (waiting?.reason && waiting.reason !== 'PodInitializing') tally.reason = `Init:${waiting.reason}`;
    else tally.reason = `Init:${i}/${specs.length}`;
    return { initializing: true, sidecars };
  }
  return { initializing: false, sidecars };
}

function walkContainers(pod: KubeObject, tally: Tally): void {
  let running = false;
  let errorReason = '';
  for (const status of [...(pod.status?.containerStatuses ?? [])].reverse()) {
    tally.restarts += status.restartCount ?? 0;
    tally.lastRestart = later(tally.lastRestart, status);
    const { waiting, terminated, running: isRunning } = status.state ?? {};
    if (waiting?.reason) tally.reason = waiting.reason;
    else if (terminated) {
      tally.reason = terminatedText(terminated);
      if (terminated.exitCode) errorReason = tally.reason;
    } else if (status.ready && isRunning) {
      running = true;
      tally.ready++;
    }
  }
  if (tally.reason !== 'Completed') return;
  if (running && hasTrueCondition(pod, 'Ready')) tally.reason = 'Running';
  else if (errorReason) tally.reason = errorReason;
  else if (running) tally.reason = 'NotReady';
}

/** Column STATUS and what belongs to it, as upstream's pod printer computes it. */
export function podSummary(pod: KubeObject): { status: string; ready: string; restarts: number; lastRestart: string } {
  const { spec, status = {} } = pod;
  const tally: Tally = { reason: status.reason || status.phase || '', ready: 0, restarts: 0, lastRestart: '' };
  for (const item of status.conditions ?? [])
    if (item.type === 'PodScheduled' && item.reason === 'SchedulingGated') tally.reason = 'SchedulingGated';
  const { initializing, sidecars } = walkInit(pod, tally);
  if (!initializing || hasTrueCondition(pod, 'Initialized')) {
    tally.restarts = sidecars.restarts;
    tally.lastRestart = sidecars.lastRestart;
    walkContainers(pod, tally);
  }
  const finished = status.phase === 'Succeeded' || status.phase === 'Failed';
  if (pod.metadata.deletionTimestamp && status.reason === 'NodeLost') tally.reason = 'Unknown';
  else if (pod.metadata.deletionTimestamp && !finished) tally.reason = 'Terminating';
  const sidecarCount = (spec.initContainers ?? []).filter((item: Json) => item.restartPolicy === 'Always').length;
  return {
    status: tally.reason,
    ready: `${tally.ready}/${(spec.containers ?? []).length + sidecarCount}`,
    restarts: tally.restarts,
    lastRestart: tally.lastRestart,
  };
}

/** The cells of `kubectl get pods -o wide`. */
export function podRow(pod: KubeObject, ctx: TableContext): unknown[] {
  const { spec, status = {} } = pod;
  const { status: text, ready, restarts, lastRestart } = podSummary(pod);
  const gates: Json[] = spec.readinessGates ?? [];
  const open = gates.filter((gate) => hasTrueCondition(pod, gate.conditionType)).length;
  return [
    pod.metadata.name,
    ready,
    text,
    restarts !== 0 && lastRestart ? `${restarts} (${since(lastRestart, ctx.nowMs)} ago)` : String(restarts),
    age(pod, ctx),
    status.podIPs?.[0]?.ip ?? status.podIP ?? '<none>',
    spec.nodeName || '<none>',
    status.nominatedNodeName || '<none>',
    gates.length > 0 ? `${open}/${gates.length}` : '<none>',
  ];
}
