import type { Json } from '../../kube/object.ts';
import { isSidecar } from './conditions.ts';
import { specHash } from './container-start.ts';
import type { Instance } from './instance.ts';
import type { PodProbes } from './prober.ts';
import { restartPolicyOf, shouldRestart } from './status.ts';

export interface Planned {
  container: Json;
  kind: Instance['kind'];
}

export interface PodActions {
  kill: { container: Json; instance: Instance; message: string }[];
  start: Planned[];
}

/**
 * computePodActions: what to stop and start, judged by what was seen at the last listing of containers (`seen`, newest
 * first), which may be a little behind, as upstream's cache is.
 */
export function planActions(spec: Json, seen: readonly Instance[], probes: PodProbes): PodActions {
  const actions: PodActions = { kill: [], start: [] };
  const newest = (name: string): Instance | undefined => seen.find((i) => i.name === name);
  for (const container of spec.ephemeralContainers ?? []) {
    if (!newest(container.name)) actions.start.push({ container, kind: 'ephemeral' });
  }
  const begun = seen.some((i) => i.kind === 'app');
  for (const container of spec.initContainers ?? []) {
    const done = initStep(spec, container, newest(container.name), begun, probes, actions);
    if (!done) return actions;
  }
  for (const container of spec.containers ?? [])
    regularStep(spec, container, 'app', newest(container.name), probes, actions);
  return actions;
}

/** True when the next container may be looked at. */
function initStep(
  spec: Json,
  container: Json,
  instance: Instance | undefined,
  begun: boolean,
  probes: PodProbes,
  actions: PodActions,
): boolean {
  if (isSidecar(container)) {
    regularStep(spec, container, 'init', instance, probes, actions);
    if (begun) return true;
    return instance?.state === 'running' && probes.started(container.name, instance.id);
  }
  if (begun || instance?.exit?.code === 0) return true;
  if (instance && instance.state !== 'exited') return false;
  if (shouldRestart(restartPolicyOf(spec, container, 'init', instance?.exit?.code), instance?.exit)) {
    actions.start.push({ container, kind: 'init' });
  }
  return false;
}

function regularStep(
  spec: Json,
  container: Json,
  kind: 'init' | 'app',
  instance: Instance | undefined,
  probes: PodProbes,
  actions: PodActions,
): void {
  const policy = restartPolicyOf(spec, container, kind, instance?.exit?.code);
  if (instance?.state !== 'running') {
    if (shouldRestart(policy, instance?.exit)) actions.start.push({ container, kind });
    return;
  }
  const { name } = container;
  const failed = probes.failed(name, instance.id);
  let message: string;
  let restart = policy !== 'Never';
  if (instance.specHash !== specHash(container)) {
    message = `Container ${name} definition changed`;
    restart = true;
  } else if (resizeRestarts(container, instance)) {
    actions.kill.push({ container, instance, message: `Container ${name} resize requires restart` });
    actions.start.push({ container, kind });
    return;
  } else if (failed) message = `Container ${name} failed ${failed} probe`;
  else return;
  if (restart) actions.start.push({ container, kind });
  actions.kill.push({ container, instance, message: restart ? `${message}, will be restarted` : message });
}

/** A resource changed whose resizePolicy asks for a restart. */
function resizeRestarts(container: Json, instance: Instance): boolean {
  return (container.resizePolicy ?? []).some(
    ({ resourceName: name, restartPolicy }: Json) =>
      restartPolicy === 'RestartContainer' &&
      ['requests', 'limits'].some((kind) => container.resources?.[kind]?.[name] !== instance.resources[kind]?.[name]),
  );
}

/** Grace period in ms: a probe's own comes before the pod's. */
export function graceMsOf(spec: Json, probe?: Json): number {
  return (probe?.terminationGracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? 30) * 1000;
}
