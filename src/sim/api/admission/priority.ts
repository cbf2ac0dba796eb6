import type { KubeObject } from '../../../kube/object.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../admission.ts';
import { forbid, isFor } from './errors.ts';

const PRIORITY_CLASS = { group: 'scheduling.k8s.io', version: 'v1', kind: 'PriorityClass' };
const SYSTEM_CLASSES = ['system-node-critical', 'system-cluster-critical'];

function defaultClass(request: AdmissionRequest): KubeObject | undefined {
  const candidates = request.ctx.list(PRIORITY_CLASS).filter((item) => item.globalDefault === true);
  return candidates.sort((a, b) => a.value - b.value)[0];
}

function admitPod(request: AdmissionRequest, pod: KubeObject): void {
  const { spec } = pod;
  let chosen: KubeObject | undefined;
  if (spec.priorityClassName) {
    chosen = request.ctx.get(PRIORITY_CLASS, undefined, spec.priorityClassName);
    if (!chosen) throw forbid(request, `no PriorityClass with name ${spec.priorityClassName} was found`);
  } else {
    chosen = defaultClass(request);
    if (chosen) spec.priorityClassName = chosen.metadata.name;
  }
  const priority = chosen?.value ?? 0;
  if (spec.priority !== undefined && spec.priority !== priority)
    throw forbid(
      request,
      `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${priority} from the given PriorityClass name`,
    );
  spec.priority = priority;
  const preemption = chosen?.preemptionPolicy ?? 'PreemptLowerPriority';
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== preemption)
    throw forbid(
      request,
      `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${preemption} from the given PriorityClass name`,
    );
  spec.preemptionPolicy = preemption;
}

/** Resolves priority classes of pods; at most one class may be the default. */
export const priority: AdmissionPlugin = {
  name: 'Priority',
  admit(request) {
    if (request.object && isFor(request, '', 'pods', 'CREATE')) admitPod(request, request.object);
  },
  validate(request) {
    const { object, name, operation } = request;
    if (operation === 'DELETE' && isFor(request, 'scheduling.k8s.io', 'priorityclasses', 'DELETE')) {
      if (SYSTEM_CLASSES.includes(name)) throw forbid(request, 'this is a system priority class and cannot be deleted');
      return;
    }
    if (!object?.globalDefault || !isFor(request, 'scheduling.k8s.io', 'priorityclasses', 'CREATE', 'UPDATE')) return;
    const other = defaultClass(request);
    if (other && other.metadata.name !== object.metadata.name)
      throw forbid(
        request,
        `PriorityClass ${other.metadata.name} is already marked as default. Only one default can exist`,
      );
  },
};
