import type { Json, KubeObject } from '../../../kube/object.ts';

/** The first podFailurePolicy rule that a failed pod meets, with upstream's message. */
export function failureAction(job: KubeObject, pod: KubeObject): { action: string; message: string } | undefined {
  const rules: Json[] = job.spec.podFailurePolicy?.rules ?? [];
  for (const [index, rule] of rules.entries()) {
    const why = rule.onExitCodes ? exitCodeMatch(rule.onExitCodes, pod) : conditionMatch(rule.onPodConditions, pod);
    if (!why) continue;
    const subject = `for pod ${pod.metadata.namespace}/${pod.metadata.name}`;
    const tail = `matching ${rule.action} rule at index ${index}`;
    return { action: rule.action, message: why(subject, tail) };
  }
  return undefined;
}

type Text = (subject: string, tail: string) => string;

function exitCodeMatch(wanted: Json, pod: KubeObject): Text | undefined {
  const statuses: Json[] = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  for (const status of statuses) {
    const code = status.state?.terminated?.exitCode;
    if (code === undefined || code === 0 || (wanted.containerName && wanted.containerName !== status.name)) continue;
    if (wanted.values.includes(code) === (wanted.operator === 'In')) {
      return (subject, tail) => `Container ${status.name} ${subject} failed with exit code ${code} ${tail}`;
    }
  }
  return undefined;
}

function conditionMatch(patterns: Json[] | undefined, pod: KubeObject): Text | undefined {
  for (const pattern of patterns ?? []) {
    const status = pattern.status ?? 'True';
    if (pod.status?.conditions?.some((it: Json) => it.type === pattern.type && it.status === status)) {
      return (subject, tail) => `Pod ${subject.slice('for pod '.length)} has condition ${pattern.type} ${tail}`;
    }
  }
  return undefined;
}
