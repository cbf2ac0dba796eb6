import { type FieldError, OMITTED_VALUE } from '../../kube/status.ts';

const TITLES: Record<FieldError['type'], string> = {
  FieldValueNotFound: 'Not found',
  FieldValueRequired: 'Required value',
  FieldValueDuplicate: 'Duplicate value',
  FieldValueInvalid: 'Invalid value',
  FieldValueNotSupported: 'Unsupported value',
  FieldValueForbidden: 'Forbidden',
  FieldValueTooLong: 'Too long',
  FieldValueTooMany: 'Too many',
  InternalError: 'Internal error',
  FieldValueTypeInvalid: 'Invalid value',
};

const WITHOUT_VALUE = new Set<FieldError['type']>([
  'FieldValueRequired',
  'FieldValueForbidden',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'InternalError',
]);

/** `Invalid value: "x": why`, as k8s.io/apimachinery field.Error.ErrorBody prints it. */
export function formatFieldErrorBody(error: FieldError): string {
  const title = TITLES[error.type];
  const value = WITHOUT_VALUE.has(error.type) || error.value === OMITTED_VALUE ? '' : `: ${printValue(error.value)}`;
  const detail = error.detail === undefined || error.detail === '' ? '' : `: ${error.detail}`;
  return `${title}${value}${detail}`;
}

/** `spec.replicas: Invalid value: -1: must be greater than or equal to 0` */
export function formatFieldError(error: FieldError): string {
  return `${error.field}: ${formatFieldErrorBody(error)}`;
}

const GO_ESCAPES: Record<string, string> = { '<': '\\u003c', '>': '\\u003e', '&': '\\u0026' };

/** Texts are printed by Go's `%q`. */
const GO_CONTROLS: Record<string, string> = { '07': '\\a', '0b': '\\v' };

/** Label selectors are printed in the order of their Go struct, whatever order they were sent in. */
function selectorFirst(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('matchLabels' in value && 'matchExpressions' in value))
    return value;
  const { matchLabels, matchExpressions, ...rest } = value;
  return { matchLabels, matchExpressions, ...rest };
}

function printValue(value: unknown): string {
  if (value === undefined || value === null) return 'null';
  const text = JSON.stringify(value, selectorFirst);
  // Structures are printed by Go's JSON encoder, which writes for HTML.
  if (typeof value === 'object') return text.replace(/[<>&]/g, (one) => GO_ESCAPES[one] as string);
  return text.replace(/\\u00([01][0-9a-f])/g, (_, code) => GO_CONTROLS[code] ?? `\\x${code}`);
}
