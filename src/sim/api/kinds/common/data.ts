import type { KubeObject } from '../../../../kube/object.ts';
import type { FieldError } from '../../../../kube/status.ts';
import { deepEqual, forbidden } from './field.ts';

/** MaxSecretSize, which bounds ConfigMaps as well. */
export const MAX_DATA_BYTES = 1024 * 1024;

export function base64Bytes(text: string): number {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  return Math.floor((text.length * 3) / 4) - padding;
}

/** What `immutable: true` forbids to change. */
export function frozenData(object: KubeObject, old: KubeObject, fields: readonly string[]): FieldError[] {
  if (old.immutable !== true) return [];
  const detail = 'field is immutable when `immutable` is set';
  const errors = object.immutable === true ? [] : [forbidden('immutable', detail)];
  for (const name of fields) if (!deepEqual(object[name], old[name])) errors.push(forbidden(name, detail));
  return errors;
}
