import { clone, type Json, type KubeObject } from '../../../kube/object.ts';
import type { FieldError } from '../../../kube/status.ts';
import { validateTolerations } from './common/affinity.ts';
import { defineKind } from './common/define.ts';
import { deepEqual, forbidden, invalid, invalids, required } from './common/field.ts';
import { ipAddress } from './common/names.ts';
import { defaultPod, defaultPodSpec } from './common/pod-defaults.ts';
import { podRow } from './common/pod-row.ts';
import { validatePodSpec } from './common/pod-spec.ts';
import { validatePodSubresource } from './common/pod-subresources.ts';
import { podWarnings, surprisingName } from './common/pod-warnings.ts';
import { podQosClass } from './common/qos.ts';
import { specDiff } from './common/spec-diff.ts';
import { columns } from './common/table.ts';

const UPDATABLE = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
].join(',');

/** What holds for pods and not for templates. */
function validatePodOnly(pod: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  for (const list of ['containers', 'initContainers'])
    for (const [i, container] of (pod.spec[list] ?? []).entries())
      if (container.image && container.image !== container.image.trim())
        errors.push(
          invalid(`spec.${list}[${i}].image`, container.image, 'must not have leading or trailing whitespace'),
        );
  if (pod.spec.serviceAccountName) return errors;
  for (const [v, volume] of (pod.spec.volumes ?? []).entries())
    for (const [s, source] of (volume.projected?.sources ?? []).entries())
      if (source.serviceAccountToken)
        errors.push(
          forbidden(
            `spec.volumes[${v}].projected.sources[${s}].serviceAccountToken`,
            'must not be specified when serviceAccountName is not set',
          ),
        );
  return errors;
}

function validateContainerList(list: string, pod: KubeObject, old: KubeObject): FieldError | undefined {
  if ((pod.spec[list] ?? []).length === (old.spec[list] ?? []).length) return undefined;
  return forbidden(`spec.${list}`, 'pod updates may not add or remove containers');
}

function validateDeadline(value: number | undefined, old: number | undefined): FieldError | undefined {
  const path = 'spec.activeDeadlineSeconds';
  if (value !== undefined && old !== undefined && old < value)
    return invalid(path, value, 'must be less than or equal to previous value');
  if (value === undefined && old !== undefined)
    return invalid(path, null, 'must not update from a positive integer to nil value');
  return undefined;
}

function validateTolerationUpdate(pod: KubeObject, old: KubeObject): FieldError[] {
  const next: Json[] = pod.spec.tolerations ?? [];
  const kept = (old.spec.tolerations ?? []).every((toleration: Json) =>
    next.some((item) => deepEqual({ ...toleration, tolerationSeconds: 0 }, { ...item, tolerationSeconds: 0 })),
  );
  return kept
    ? validateTolerations(next, 'spec.tolerations')
    : [forbidden('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds')];
}

function validatePodUpdate(pod: KubeObject, old: KubeObject): FieldError[] {
  for (const list of ['containers', 'initContainers']) {
    const error = validateContainerList(list, pod, old);
    if (error) return [error];
  }
  const blank: FieldError[] = [];
  for (const list of ['containers', 'initContainers'])
    for (const [i, container] of (pod.spec[list] ?? []).entries())
      if (!container.image) blank.push(required(`spec.${list}[${i}].image`));
  const deadline = validateDeadline(pod.spec.activeDeadlineSeconds, old.spec.activeDeadlineSeconds);
  const errors = deadline ? [...blank, deadline] : blank;
  errors.push(...validateTolerationUpdate(pod, old));
  const known = new Set((old.spec.schedulingGates ?? []).map((gate: Json) => gate.name));
  for (const [i, gate] of (pod.spec.schedulingGates ?? []).entries())
    if (!known.has(gate.name))
      errors.push(
        forbidden(
          `spec.schedulingGates[${i}].name`,
          `only deletion is allowed, but found new scheduling gate '${gate.name}'`,
        ),
      );
  const munged = clone(pod.spec);
  for (const list of ['containers', 'initContainers'])
    for (const [i, container] of (munged[list] ?? []).entries()) container.image = old.spec[list][i].image;
  for (const name of ['activeDeadlineSeconds', 'tolerations', 'schedulingGates']) {
    if (old.spec[name] === undefined) delete munged[name];
    else munged[name] = old.spec[name];
  }
  if ((old.spec.schedulingGates ?? []).length > 0) {
    munged.nodeSelector = old.spec.nodeSelector;
    munged.affinity = old.spec.affinity;
    if (munged.nodeSelector === undefined) delete munged.nodeSelector;
    if (munged.affinity === undefined) delete munged.affinity;
  }
  if (!deepEqual(munged, old.spec))
    errors.push(
      forbidden(
        'spec',
        `pod updates may not change fields other than ${UPDATABLE}\n${specDiff(old.spec, munged, 'PodSpec')}`,
      ),
    );
  return errors;
}

function validatePodStatus({ status = {} }: KubeObject, old: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  if (old.status?.qosClass && status.qosClass !== old.status.qosClass)
    errors.push(invalid('status.qosClass', status.qosClass ?? '', 'field is immutable'));
  const ips: string[] = status.podIPs?.map((item: Json) => item.ip) ?? (status.podIP ? [status.podIP] : []);
  for (const [i, ip] of ips.entries()) errors.push(...invalids(`status.podIPs[${i}]`, ip, ipAddress(ip)));
  return errors;
}

function validatePodCreate({ spec }: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  if ((spec.ephemeralContainers ?? []).length > 0)
    errors.push(forbidden('spec.ephemeralContainers', 'cannot be set on create'));
  if (spec.nodeName && (spec.schedulingGates ?? []).length > 0)
    errors.push(forbidden('spec.nodeName', 'cannot be set until all schedulingGates have been cleared'));
  return errors;
}

/** v1 Pod. */
export const pod = defineKind({
  group: '',
  version: 'v1',
  kind: 'Pod',
  generation: true,
  hasStatus: true,
  setDefaults(draft) {
    defaultPodSpec(draft.spec);
    defaultPod(draft.spec);
  },
  prepareForCreate(draft, ctx) {
    if (draft.spec.terminationGracePeriodSeconds < 0) draft.spec.terminationGracePeriodSeconds = 1;
    draft.status = { phase: 'Pending', qosClass: podQosClass(draft.spec) };
    if ((draft.spec.schedulingGates ?? []).length > 0)
      draft.status.conditions = [
        {
          type: 'PodScheduled',
          status: 'False',
          reason: 'SchedulingGated',
          message: 'Scheduling is blocked due to non-empty scheduling gates',
          lastProbeTime: null,
          lastTransitionTime: ctx.nowIso,
        },
      ];
  },
  validate: (object) => [...validatePodSpec(object.spec, 'spec'), ...validatePodOnly(object)],
  validateCreate: validatePodCreate,
  validateUpdate: validatePodUpdate,
  validateSubresource: validatePodSubresource,
  validateStatusUpdate: validatePodStatus,
  deleteReturnsStatus: false,
  gracePeriodSeconds(object, requested) {
    const own = object.spec.terminationGracePeriodSeconds ?? 30;
    const seconds = requested ?? own;
    const finished = object.status?.phase === 'Succeeded' || object.status?.phase === 'Failed';
    if (!object.spec.nodeName || finished) return 0;
    return seconds < 0 ? 1 : seconds;
  },
  selectableFields({ spec, status = {} }) {
    return {
      'spec.nodeName': spec.nodeName ?? '',
      'spec.restartPolicy': spec.restartPolicy ?? '',
      'spec.schedulerName': spec.schedulerName ?? '',
      'spec.serviceAccountName': spec.serviceAccountName ?? '',
      'spec.hostNetwork': String(spec.hostNetwork === true),
      'status.phase': status.phase ?? '',
      'status.podIP': status.podIPs?.[0]?.ip ?? status.podIP ?? '',
      'status.nominatedNodeName': status.nominatedNodeName ?? '',
    };
  },
  warnings: (object, old) => [
    ...(old ? [] : surprisingName(object.metadata.name, "this is used in the Pod's hostname")),
    ...podWarnings(object, ''),
  ],
  columns: columns('Name', 'Ready', 'Status', 'Restarts', 'Age', '~IP', '~Node', '~Nominated Node', '~Readiness Gates'),
  row: podRow,
});
