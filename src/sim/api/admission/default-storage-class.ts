import type { AdmissionPlugin } from '../admission.ts';
import { isFor } from './errors.ts';

const STORAGE_CLASS = { group: 'storage.k8s.io', version: 'v1', kind: 'StorageClass' };
const ANNOTATIONS = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class'];

/** Claims without a class get the newest default one; `storageClassName: ""` asks for none. */
export const defaultStorageClass: AdmissionPlugin = {
  name: 'DefaultStorageClass',
  admit(request) {
    const { object } = request;
    if (!object || !isFor(request, '', 'persistentvolumeclaims', 'CREATE')) return;
    if (object.spec.storageClassName !== undefined) return;
    if (object.metadata.annotations?.['volume.beta.kubernetes.io/storage-class']) return;
    const defaults = request.ctx
      .list(STORAGE_CLASS)
      .filter((item) => ANNOTATIONS.some((key) => item.metadata.annotations?.[key] === 'true'))
      .sort(
        (a, b) =>
          b.metadata.creationTimestamp.localeCompare(a.metadata.creationTimestamp) ||
          a.metadata.name.localeCompare(b.metadata.name),
      );
    if (defaults[0]) object.spec.storageClassName = defaults[0].metadata.name;
  },
};
