import type { FieldError } from '../../../../kube/status.ts';
import { invalid, invalids } from './field.ts';
import { percent, portName, portNumber } from './names.ts';

export type IntOrString = number | string;

/** Number or `25%` of `total`; percentages round up or down as the field demands. */
export function scaledValue(value: IntOrString | undefined, total: number, roundUp: boolean): number {
  if (value === undefined) return 0;
  if (typeof value === 'number') return value;
  const share = (Number.parseInt(value, 10) * total) / 100;
  return roundUp ? Math.ceil(share) : Math.floor(share);
}

/** Percentage of a string value, undefined for numbers and for what is no percentage. */
export function percentOf(value: IntOrString | undefined): number | undefined {
  return typeof value === 'string' && percent(value).length === 0 ? Number.parseInt(value, 10) : undefined;
}

/** ValidatePositiveIntOrPercent. */
export function validateIntOrPercent(value: IntOrString, path: string): FieldError[] {
  if (typeof value === 'string') return invalids(path, value, percent(value));
  return value < 0 ? [invalid(path, value, 'must be greater than or equal to 0')] : [];
}

/** IsNotMoreThan100Percent. */
export function validateAtMost100(value: IntOrString, path: string): FieldError[] {
  const share = percentOf(value);
  return share !== undefined && share > 100 ? [invalid(path, value, 'must not be greater than 100%')] : [];
}

export function validatePort(port: IntOrString, path: string): FieldError[] {
  return invalids(path, port, typeof port === 'number' ? portNumber(port) : portName(port));
}
