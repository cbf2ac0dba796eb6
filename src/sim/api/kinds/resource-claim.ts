import { defineKind } from './common/define.ts';
import { setDeviceRequestDefaults, validateDeviceRequests } from './common/device-requests.ts';
import { deepEqual, IMMUTABLE, invalid } from './common/field.ts';
import { internalShape } from './common/internal-shape.ts';
import { age, columns } from './common/table.ts';

/** resource.k8s.io/v1 ResourceClaim. */
export const resourceClaim = defineKind({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceClaim',
  deleteReturnsStatus: false,
  hasStatus: true,
  generation: false,
  setDefaults: ({ spec }) => setDeviceRequestDefaults(spec?.devices),
  validateCreate: ({ spec }) => validateDeviceRequests(spec?.devices, 'spec.devices'),
  validateUpdate: ({ spec }, old) =>
    deepEqual(spec, old.spec) ? [] : [invalid('spec', internalShape('ClaimSpec', spec), IMMUTABLE)],
  columns: columns('Name', 'State', 'Age'),
  row: (object, ctx) => {
    const { allocation, reservedFor = [] } = object.status ?? {};
    const states = [
      ...(object.metadata.deletionTimestamp ? ['deleted'] : []),
      ...(allocation ? ['allocated'] : object.metadata.deletionTimestamp ? [] : ['pending']),
      ...(reservedFor.length > 0 ? ['reserved'] : []),
    ];
    return [object.metadata.name, states.join(','), age(object, ctx)];
  },
});
