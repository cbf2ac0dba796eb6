import type { KubeObject } from '../../../kube/object.ts';
import type { FieldError } from '../../../kube/status.ts';
import { JsonSyntaxError, parseJson } from '../json-text.ts';
import { base64Bytes, frozenData, MAX_DATA_BYTES } from './common/data.ts';
import { defineKind } from './common/define.ts';
import { immutable, invalid, invalids, required, tooLong } from './common/field.ts';
import { configMapKey } from './common/names.ts';
import { setDefault } from './common/pod-defaults.ts';
import { age, columns } from './common/table.ts';

/** Keys that must be there, by type. */
const NEEDED: Record<string, string[]> = {
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
};

function validate(object: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const data: Record<string, string> = object.data ?? {};
  let size = 0;
  for (const key of Object.keys(data).sort()) {
    errors.push(...invalids(`data[${key}]`, key, configMapKey(key)));
    size += base64Bytes(data[key] ?? '');
  }
  if (size > MAX_DATA_BYTES) errors.push(tooLong('data', MAX_DATA_BYTES));
  for (const key of NEEDED[object.type] ?? []) {
    if (!(key in data)) errors.push(required(`data[${key}]`));
    else if (key.startsWith('.docker')) errors.push(...jsonProblems(`data[${key}]`, data[key] ?? ''));
  }
  if (object.type === 'kubernetes.io/basic-auth' && !('username' in data) && !('password' in data))
    errors.push(required('data[username]'), required('data[password]'));
  const account = 'kubernetes.io/service-account.name';
  if (object.type === 'kubernetes.io/service-account-token' && !object.metadata.annotations?.[account])
    errors.push(required(`metadata.annotations[${account}]`));
  return errors;
}

function jsonProblems(field: string, encoded: string): FieldError[] {
  try {
    parseJson(Buffer.from(encoded, 'base64').toString('utf8'));
    return [];
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    return [invalid(field, '<secret contents redacted>', error.message)];
  }
}

/** What Go's reader of key pairs says first about bytes that are none. */
function pairWarnings(data: Record<string, string>): string[] {
  const isPem = (name: string): boolean =>
    Buffer.from(data[name] ?? '', 'base64')
      .toString('latin1')
      .includes('-----BEGIN ');
  if (!isPem('tls.crt')) return ['tls: failed to find any PEM data in certificate input'];
  return isPem('tls.key') ? [] : ['tls: failed to find any PEM data in key input'];
}

/** v1 Secret. */
export const secret = defineKind({
  group: '',
  version: 'v1',
  kind: 'Secret',
  generation: false,
  deleteReturnsStatus: true,
  setDefaults(draft) {
    if (draft.stringData) {
      draft.data ??= {};
      for (const key in draft.stringData) draft.data[key] = Buffer.from(draft.stringData[key]).toString('base64');
      delete draft.stringData;
    }
    setDefault(draft, 'type', 'Opaque');
  },
  prepareForUpdate(draft, old) {
    if (!draft.type) draft.type = old.type;
  },
  validate,
  validateUpdate: (object, old) => [...immutable('type', object.type, old.type), ...frozenData(object, old, ['data'])],
  selectableFields: (object) => ({ type: object.type ?? '' }),
  warnings: (object) => (object.type === 'kubernetes.io/tls' ? pairWarnings(object.data ?? {}) : []),
  columns: columns('Name', 'Type', 'Data', 'Age'),
  row: (object, ctx) => [object.metadata.name, object.type, Object.keys(object.data ?? {}).length, age(object, ctx)],
});
