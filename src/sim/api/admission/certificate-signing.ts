import type { Json } from '../../../kube/object.ts';
import type { AdmissionPlugin } from '../admission.ts';
import { isFor } from './errors.ts';

/** Writes into a request for a certificate who makes it, and when conditions came. */
export const certificateSigning: AdmissionPlugin = {
  name: 'CertificateSigning',
  admit(request) {
    const { object, old, user, ctx } = request;
    if (!object || request.ref.group !== 'certificates.k8s.io') return;
    if (isFor(request, 'certificates.k8s.io', 'certificatesigningrequests', 'CREATE')) {
      const { uid: _, extra: __, ...spec } = object['spec'];
      const { uid, extra } = user;
      object['spec'] = {
        ...spec,
        username: user.username,
        ...(uid ? { uid } : {}),
        groups: [...user.groups],
        ...(extra ? { extra } : {}),
      };
    }
    const before: Json[] = old?.['status']?.conditions ?? [];
    for (const condition of object['status']?.conditions ?? []) {
      condition.lastUpdateTime ??= ctx.nowIso;
      const same = before.find((one) => one.type === condition.type && one.status === condition.status);
      condition.lastTransitionTime ??= same?.lastTransitionTime ?? ctx.nowIso;
    }
  },
};
