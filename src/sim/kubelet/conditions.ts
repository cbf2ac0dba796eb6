import type { Json } from '../../kube/object.ts';

export interface Condition {
  type: string;
  status: 'True' | 'False';
  reason?: string;
  message?: string;
}

const list = (names: string[]): string => `[${names.join(' ')}]`;

export function isSidecar(container: Json): boolean {
  return container.restartPolicy === 'Always';
}

/** GeneratePodInitializedCondition of k8s.io/kubernetes/pkg/kubelet/status. */
export function initializedCondition(spec: Json, phase: string, init: Json[], containers: Json[]): Condition {
  const type = 'Initialized';
  const incomplete: string[] = [];
  const unknown: string[] = [];
  for (const container of spec.initContainers ?? []) {
    const status = init.find((s) => s.name === container.name);
    if (!status) unknown.push(container.name);
    else if (isSidecar(container) ? !status.started : !status.ready) incomplete.push(container.name);
  }
  if (phase === 'Succeeded' && unknown.length === 0) return { type, status: 'True', reason: 'PodCompleted' };
  const anyStarted = containers.some((s) => s.started || s.state?.terminated || s.lastState?.terminated);
  if (anyStarted) return { type, status: 'True' };
  const messages = [
    ...(unknown.length ? [`containers with unknown status: ${list(unknown)}`] : []),
    ...(incomplete.length ? [`containers with incomplete status: ${list(incomplete)}`] : []),
  ];
  if (messages.length === 0) return { type, status: 'True' };
  return { type, status: 'False', reason: 'ContainersNotInitialized', message: messages.join(', ') };
}

/** GenerateContainersReadyCondition. */
export function containersReadyCondition(spec: Json, phase: string, init: Json[], containers: Json[]): Condition {
  const type = 'ContainersReady';
  const unready: string[] = [];
  const unknown: string[] = [];
  const check = (container: Json, statuses: Json[]): void => {
    const status = statuses.find((s) => s.name === container.name);
    if (!status) unknown.push(container.name);
    else if (!status.ready) unready.push(container.name);
  };
  for (const container of spec.initContainers ?? []) if (isSidecar(container)) check(container, init);
  for (const container of spec.containers ?? []) check(container, containers);
  if (phase === 'Succeeded' && unknown.length === 0) return { type, status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed' && unknown.length === 0 && containers.length > 0)
    return { type, status: 'False', reason: 'PodFailed' };
  const messages = [
    ...(unknown.length ? [`containers with unknown status: ${list(unknown)}`] : []),
    ...(unready.length ? [`containers with unready status: ${list(unready)}`] : []),
  ];
  if (messages.length === 0) return { type, status: 'True' };
  return { type, status: 'False', reason: 'ContainersNotReady', message: messages.join(', ') };
}

/** GeneratePodReadyCondition: the containers and the pod's readiness gates. */
export function readyCondition(spec: Json, conditions: Json[], containersReady: Condition): Condition {
  if (containersReady.status !== 'True') return { ...containersReady, type: 'Ready' };
  const messages: string[] = [];
  for (const { conditionType } of spec.readinessGates ?? []) {
    const gate = conditions.find((c) => c.type === conditionType);
    if (!gate) messages.push(`corresponding condition of pod readiness gate "${conditionType}" does not exist.`);
    else if (gate.status !== 'True') {
      messages.push(`the status of pod readiness gate "${conditionType}" is not "True", but ${gate.status}`);
    }
  }
  if (messages.length === 0) return { type: 'Ready', status: 'True' };
  return { type: 'Ready', status: 'False', reason: 'ReadinessGatesNotReady', message: messages.join(', ') };
}
