import type { FieldError } from '../../../kube/status.ts';
import { defineKind } from './common/define.ts';
import { deepEqual, forbidden, IMMUTABLE, invalid, invalids, required, tooLong } from './common/field.ts';
import { dnsSubdomain } from './common/names.ts';
import { age, columns } from './common/table.ts';

const DRIVER_NAME_MAX = 63;

function validateDriverName(name: string | undefined, path: string): FieldError[] {
  if (!name) return [required(path)];
  const errors = name.length > DRIVER_NAME_MAX ? [tooLong(path, DRIVER_NAME_MAX)] : [];
  return [...errors, ...invalids(path, name, dnsSubdomain(name.toLowerCase()))];
}

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
    const { persistentVolumeName: volume, inlineVolumeSpec: inline } = spec.source ?? {};
    const one = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';
    if (volume === undefined && !inline) errors.push(required('spec.source', one));
    else if (volume !== undefined && inline) errors.push(forbidden('spec.source', one));
    else if (volume === '')
      errors.push(required('spec.source.persistentVolumeName', 'must specify non empty persistentVolumeName'));
    errors.push(...invalids('spec.nodeName', spec.nodeName, dnsSubdomain(spec.nodeName ?? '')));
    // The driver's name is looked at twice.
    return [...errors, ...validateDriverName(spec.attacher, 'spec.attacher')];
  },
  validateUpdate: ({ spec }, old) => {
    if (deepEqual(spec, old.spec)) return [];
    const { persistentVolumeName = null, inlineVolumeSpec = null } = spec.source ?? {};
    const Source = { PersistentVolumeName: persistentVolumeName, InlineVolumeSpec: inlineVolumeSpec };
    return [invalid('spec', { Attacher: spec.attacher ?? '', Source, NodeName: spec.nodeName ?? '' }, IMMUTABLE)];
  },
  validateCreate: ({ spec }) => {
    const volume = spec.source?.persistentVolumeName;
    return volume ? invalids('spec.source.persistentVolumeName', volume, dnsSubdomain(volume)) : [];
  },
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
