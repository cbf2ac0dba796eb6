import { compareQuantities } from '../../../kube/quantity.ts';
import { defineKind } from './common/define.ts';
import { immutable, invalid, invalids } from './common/field.ts';
import { dnsSubdomain } from './common/names.ts';
import { validateSelector } from './common/selectors.ts';
import { CREATED_AT, createdAtRow } from './common/table.ts';

const SIZES = ['capacity', 'maximumVolumeSize'];

/** storage.k8s.io/v1 CSIStorageCapacity. */
export const csiStorageCapacity = defineKind({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIStorageCapacity',
  requiresResourceVersion: true,
  validate: (object) => [
    ...validateSelector(object['nodeTopology'], 'nodeTopology'),
    ...invalids('storageClassName', object['storageClassName'] ?? '', dnsSubdomain(object['storageClassName'] ?? '')),
    ...SIZES.filter((field) => object[field] !== undefined && compareQuantities(object[field], '0') < 0).map((field) =>
      invalid(field, object[field], 'must be greater than or equal to 0'),
    ),
  ],
  validateUpdate: (object, old) => [
    ...immutable('nodeTopology', object['nodeTopology'], old['nodeTopology']),
    ...immutable('storageClassName', object['storageClassName'] ?? '', old['storageClassName'] ?? ''),
  ],
  columns: CREATED_AT,
  row: createdAtRow,
});
