import { defineKind } from './common/define.ts';
import { deepEqual, forbidden, invalids, required } from './common/field.ts';
import { dnsSubdomain } from './common/names.ts';
import { age, columns } from './common/table.ts';

/** storage.k8s.io/v1 VolumeAttachment. */
export const volumeAttachment = defineKind({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttachment',
  deleteReturnsStatus: false,
  requiresResourceVersion: true,
  generation: false,
  hasStatus: true,
  validate({ spec }) {
    const errors = spec.attacher ? [] : [required('spec.attacher')];
    if (!spec.source?.persistentVolumeName && !spec.source?.inlineVolumeSpec)
      errors.push(required('spec.source', 'must specify exactly one of inlineVolumeSpec and persistentVolumeName'));
    errors.push(...invalids('spec.nodeName', spec.nodeName, dnsSubdomain(spec.nodeName ?? '')));
    // The driver's name is looked at twice.
    return spec.attacher ? errors : [...errors, required('spec.attacher')];
  },
  validateUpdate: (object, old) => (deepEqual(object.spec, old.spec) ? [] : [forbidden('spec', 'field is immutable')]),
  columns: columns('Name', 'Attacher:string:name', 'PV', 'Node', 'Attached:boolean', 'Age'),
  row: ({ spec, status = {}, ...object }, ctx) => [
    object.metadata.name,
    spec.attacher,
    spec.source?.persistentVolumeName ?? '',
    spec.nodeName,
    status.attached ?? false,
    age({ spec, status, ...object }, ctx),
  ],
});
