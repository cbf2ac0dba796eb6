import { defineKind } from './common/define.ts';
import { setDeviceRequestDefaults, validateDeviceRequests } from './common/device-requests.ts';
import { age, columns } from './common/table.ts';

/** resource.k8s.io/v1 ResourceClaimTemplate. */
export const resourceClaimTemplate = defineKind({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceClaimTemplate',
  deleteReturnsStatus: false,
  setDefaults: ({ spec }) => setDeviceRequestDefaults(spec?.spec?.devices),
  validate: ({ spec }) => validateDeviceRequests(spec?.spec?.devices, 'spec.spec.devices'),
  columns: columns('Name', 'Age'),
  row: (object, ctx) => [object.metadata.name, age(object, ctx)],
});
