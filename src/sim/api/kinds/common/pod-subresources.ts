import type { Json, KubeObject } from '../../../../kube/object.ts';
import type { FieldError } from '../../../../kube/status.ts';
import { deepEqual, forbidden } from './field.ts';
import { podQosClass } from './qos.ts';
import { specDiff } from './spec-diff.ts';

/** What a write to pods/ephemeralcontainers or pods/resize may not do. */
export function validatePodSubresource(pod: KubeObject, old: KubeObject, subresource: string): FieldError[] {
  if (subresource === 'ephemeralcontainers') return validateEphemeralUpdate(pod, old);
  return subresource === 'resize' ? validateResize(pod, old) : [];
}

/** Ephemeral containers come and stay as they are. */
function validateEphemeralUpdate(pod: KubeObject, old: KubeObject): FieldError[] {
  const path = 'spec.ephemeralContainers';
  const next: Json[] = pod.spec.ephemeralContainers ?? [];
  const errors: FieldError[] = [];
  for (const before of old.spec.ephemeralContainers ?? []) {
    const after = next.find((c) => c.name === before.name);
    const name = JSON.stringify(before.name);
    if (!after) errors.push(forbidden(path, `existing ephemeral containers ${name} may not be removed\n`));
    else if (!deepEqual(after, before)) {
      const difference = specDiff(before, after, 'EphemeralContainer');
      errors.push(forbidden(path, `existing ephemeral containers ${name} may not be changed\n${difference}`));
    }
  }
  return errors;
}

const RESIZABLE = new Set(['cpu', 'memory']);

function validateResize(pod: KubeObject, old: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  if (podQosClass(pod.spec) !== (old.status?.qosClass ?? podQosClass(old.spec))) errors.push(invalidQos(pod));
  for (const list of ['containers', 'initContainers'])
    for (const [i, container] of (pod.spec[list] ?? []).entries())
      errors.push(
        ...removed(container.resources ?? {}, old.spec[list][i]?.resources ?? {}, `spec.${list}[${i}].resources`),
      );
  if (errors.length === 0 && !onlyResizable(pod.spec, old.spec))
    errors.push(forbidden('spec', 'only cpu and memory resources are mutable'));
  return errors;
}

function invalidQos(pod: KubeObject): FieldError {
  const { qosClass } = pod.status ?? {};
  return {
    type: 'FieldValueInvalid',
    field: 'spec',
    value: qosClass,
    detail: 'Pod QOS Class may not change as a result of resizing',
  };
}

/** What was asked for once cannot be given back whole. */
function removed(next: Json, before: Json, path: string): FieldError[] {
  const gone = (kind: 'requests' | 'limits'): boolean =>
    Object.keys(before[kind] ?? {}).some((name) => RESIZABLE.has(name) && next[kind]?.[name] === undefined);
  const errors: FieldError[] = [];
  if (gone('requests')) errors.push(forbidden(`${path}.requests`, 'resource requests cannot be removed'));
  if (gone('limits')) errors.push(forbidden(`${path}.limits`, 'resource limits cannot be removed'));
  return errors;
}

function onlyResizable(next: Json, before: Json): boolean {
  const others = (spec: Json): Json =>
    [...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(({ resources = {} }: Json) =>
      ['requests', 'limits'].map((kind) =>
        Object.entries(resources[kind] ?? {}).filter(([name]) => !RESIZABLE.has(name)),
      ),
    );
  return deepEqual(others(next), others(before));
}
