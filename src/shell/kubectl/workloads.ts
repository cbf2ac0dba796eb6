import type { Json } from '../../kube/object.ts';

/** The pod spec inside a workload, undefined for kinds without one. */
export function podSpecOf(object: Json): Json {
  if (object.kind === 'Pod') return object.spec;
  if (object.kind === 'CronJob') return object.spec.jobTemplate.spec.template.spec;
  return object.spec?.template?.spec;
}

/** What Go's structs have and a manifest may leave out: they print as empty. */
export function fillIn(object: Json): void {
  const { spec } = object;
  for (const one of [...(podSpecOf(object)?.initContainers ?? []), ...(podSpecOf(object)?.containers ?? [])])
    one.resources ??= {};
  if (object.kind === 'Deployment') spec.strategy ??= {};
  if (object.kind === 'DaemonSet' || object.kind === 'StatefulSet') spec.updateStrategy ??= {};
  if (object.kind === 'Service') object.status ??= { loadBalancer: {} };
  if (podSpecOf(object)) object.status ??= {};
}
