import { defineKind } from './common/define.ts';
import { deepEqual, forbidden, required } from './common/field.ts';
import { age, columns } from './common/table.ts';

/** storage.k8s.io/v1 VolumeAttachment. */
export const volumeAttachment = defineKind({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttachment',
  requiresResourceVersion: true,
  generation: false,
  hasStatus: true,
  validate({ spec }) {
    const errors = spec.attacher ? [] : [required('spec.attacher')];
    if (!spec.source?.persistentVolumeName && !spec.source?.inlineVolumeSpec)
      errors.push(required('spec.source', 'must specify exactly one of inlineVolumeSpec and persistentVolumeName'));
    if (!spec.nodeName) errors.push(required('spec.nodeName'));
    return errors;
  },
  validateUpdate: (object, old) => (deepEqual(object.spec, old.spec) ? [] : [forbidden('spec', 'field is immutable')]),
  columns: columns('Name', 'Attacher', 'PV', 'Node', 'Attached:boolean', 'Age'),
  row: ({ spec, status = {}, ...object }, ctx) => [
    object.metadata.name,
    spec.attacher,
    spec.source?.persistentVolumeName ?? '',
    spec.nodeName,
    status.attached ?? false,
    age({ spec, status, ...object }, ctx),
  ],
});
