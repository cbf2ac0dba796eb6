import { clone } from '../../../kube/object.ts';
import type { AdmissionPlugin } from '../admission.ts';
import { forbid, isFor } from './errors.ts';

const RUNTIME_CLASS = { group: 'node.k8s.io', version: 'v1', kind: 'RuntimeClass' };

/** A pod's runtime class must exist; its overhead and scheduling go into the pod. */
export const runtimeClassAdmission: AdmissionPlugin = {
  name: 'RuntimeClass',
  admit(request) {
    const pod = request.object;
    if (!pod || !isFor(request, '', 'pods', 'CREATE')) return;
    const { spec } = pod;
    if (!spec.runtimeClassName) {
      if (!spec.overhead) return;
      throw forbid(request, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead');
    }
    const found = request.ctx.get(RUNTIME_CLASS, undefined, spec.runtimeClassName);
    if (!found) throw forbid(request, `pod rejected: RuntimeClass ${JSON.stringify(spec.runtimeClassName)} not found`);
    if (found.overhead?.podFixed) spec.overhead = clone(found.overhead.podFixed);
    for (const [key, value] of Object.entries<string>(found.scheduling?.nodeSelector ?? {})) {
      const own = spec.nodeSelector?.[key];
      if (own !== undefined && own !== value)
        throw forbid(
          request,
          `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`,
        );
      spec.nodeSelector = { ...spec.nodeSelector, [key]: value };
    }
    if (found.scheduling?.tolerations)
      spec.tolerations = [...(spec.tolerations ?? []), ...clone(found.scheduling.tolerations)];
  },
};
