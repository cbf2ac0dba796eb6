import type { AdmissionPlugin } from '../admission.ts';
import { forbid, namespaceNotFound } from './errors.ts';

const IMMORTAL = ['default', 'kube-system', 'kube-public'];
const NAMESPACE = { group: '', version: 'v1', kind: 'Namespace' };

/** No object in a namespace that is missing or going away; some namespaces never go. */
export const namespaceLifecycle: AdmissionPlugin = {
  name: 'NamespaceLifecycle',
  admit(request) {
    if (request.resource === 'namespaces' && request.operation === 'DELETE' && IMMORTAL.includes(request.name))
      throw forbid(request, 'this namespace may not be deleted');
    const { namespace } = request;
    // Access reviews answer without looking at the namespace.
    if (!namespace || request.resource === 'namespaces' || request.resource === 'localsubjectaccessreviews') return;
    if (request.operation !== 'CREATE') return;
    const found = request.ctx.get(NAMESPACE, undefined, namespace);
    if (!found) throw namespaceNotFound(namespace);
    if (found.status?.phase !== 'Terminating' && !found.metadata.deletionTimestamp) return;
    const field = 'metadata.namespace';
    throw forbid(request, `unable to create new content in namespace ${namespace} because it is being terminated`, [
      { reason: 'NamespaceTerminating', message: `namespace ${namespace} is being terminated`, field },
    ]);
  },
};
