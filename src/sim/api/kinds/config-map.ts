import type { KubeObject } from '../../../kube/object.ts';
import type { FieldError } from '../../../kube/status.ts';
import { base64Bytes, frozenData, MAX_DATA_BYTES } from './common/data.ts';
import { defineKind } from './common/define.ts';
import { invalid, invalids, tooLong } from './common/field.ts';
import { configMapKey } from './common/names.ts';
import { age, columns } from './common/table.ts';

function validate(object: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const data: Record<string, string> = object.data ?? {};
  const binary: Record<string, string> = object.binaryData ?? {};
  let size = 0;
  for (const key of Object.keys(data).sort()) {
    errors.push(...invalids(`data[${key}]`, key, configMapKey(key)));
    if (key in binary) errors.push(invalid(`data[${key}]`, key, 'duplicate of key present in binaryData'));
    size += Buffer.byteLength(data[key] ?? '');
  }
  for (const key of Object.keys(binary).sort()) {
    errors.push(...invalids(`binaryData[${key}]`, key, configMapKey(key)));
    size += base64Bytes(binary[key] ?? '');
  }
  if (size > MAX_DATA_BYTES) errors.push(tooLong('[]', MAX_DATA_BYTES));
  return errors;
}

/** v1 ConfigMap. */
export const configMap = defineKind({
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  generation: false,
  deleteReturnsStatus: true,
  validate,
  validateUpdate: (object, old) => frozenData(object, old, ['data', 'binaryData']),
  columns: columns('Name', 'Data', 'Age'),
  row: (object, ctx) => [
    object.metadata.name,
    Object.keys(object.data ?? {}).length + Object.keys(object.binaryData ?? {}).length,
    age(object, ctx),
  ],
});
