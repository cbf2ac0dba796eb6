import type { AdmissionPlugin } from '../admission.ts';
import { isFor } from './errors.ts';

const INGRESS_CLASS = { group: 'networking.k8s.io', version: 'v1', kind: 'IngressClass' };

/** Ingresses without a class get the newest default one. */
export const defaultIngressClass: AdmissionPlugin = {
  name: 'DefaultIngressClass',
  admit(request) {
    const { object } = request;
    if (!object || !isFor(request, 'networking.k8s.io', 'ingresses', 'CREATE')) return;
    if (object.spec.ingressClassName !== undefined) return;
    if (object.metadata.annotations?.['kubernetes.io/ingress.class']) return;
    const defaults = request.ctx
      .list(INGRESS_CLASS)
      .filter((item) => item.metadata.annotations?.['ingressclass.kubernetes.io/is-default-class'] === 'true')
      .sort(
        (a, b) =>
          b.metadata.creationTimestamp.localeCompare(a.metadata.creationTimestamp) ||
          a.metadata.name.localeCompare(b.metadata.name),
      );
    if (defaults[0]) object.spec.ingressClassName = defaults[0].metadata.name;
  },
};
