import { compareQuantities } from '../../../kube/quantity.ts';
import type { AdmissionPlugin } from '../admission.ts';
import { forbid, isFor } from './errors.ts';

const STORAGE_CLASS = { group: 'storage.k8s.io', version: 'v1', kind: 'StorageClass' };

/** Claims grow only when bound and when their class allows it. */
export const persistentVolumeClaimResize: AdmissionPlugin = {
  name: 'PersistentVolumeClaimResize',
  validate(request) {
    const { object, old } = request;
    if (!object || !old || !isFor(request, '', 'persistentvolumeclaims', 'UPDATE')) return;
    const size: string | undefined = object.spec.resources?.requests?.storage;
    const oldSize: string | undefined = old.spec.resources?.requests?.storage;
    if (size === undefined || oldSize === undefined || compareQuantities(size, oldSize) <= 0) return;
    if (old.status?.phase !== 'Bound') throw forbid(request, 'Only bound persistent volume claims can be expanded');
    const storageClass = object.spec.storageClassName
      ? request.ctx.get(STORAGE_CLASS, undefined, object.spec.storageClassName)
      : undefined;
    if (storageClass?.allowVolumeExpansion !== true)
      throw forbid(
        request,
        'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
      );
  },
};
