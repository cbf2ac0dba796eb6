import type { Json } from '../../../kube/object.ts';
import { compareQuantities } from '../../../kube/quantity.ts';
import type { FieldError } from '../../../kube/status.ts';
import { defineKind } from './common/define.ts';
import { duplicate, forbidden, invalid, invalids, required } from './common/field.ts';
import { qualifiedName } from './common/names.ts';
import { validateResourceName } from './common/resources.ts';
import { CREATED_AT, createdAtRow } from './common/table.ts';

const TYPES = ['Pod', 'Container', 'PersistentVolumeClaim'];
const LISTS = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'];

/** Pairs that must be ordered: [low, high, field and value at fault, words of the message]. */
const ORDER: [string, string, string, string, string, string][] = [
  ['min', 'max', 'min', 'min', 'min value', 'max value'],
  ['min', 'defaultRequest', 'defaultRequest', 'defaultRequest', 'min value', 'default request value'],
  ['defaultRequest', 'max', 'defaultRequest', 'defaultRequest', 'default request value', 'max value'],
  ['defaultRequest', 'default', 'defaultRequest', 'defaultRequest', 'default request value', 'default limit value'],
  ['min', 'default', 'default', 'min', 'min value', 'default value'],
  ['default', 'max', 'default', 'max', 'default value', 'max value'],
];

function validateItem(item: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const pod = item.type === 'Pod';
  for (const list of LISTS) {
    if (pod && list.startsWith('default')) {
      if (Object.keys(item[list] ?? {}).length > 0)
        errors.push(forbidden(`${path}.${list}`, "may not be specified when `type` is 'Pod'"));
      continue;
    }
    for (const name of Object.keys(item[list] ?? {}))
      errors.push(...validateResourceName(name, `${path}.${list}[${name}]`));
  }
  if (item.type === 'PersistentVolumeClaim' && !item.min?.storage && !item.max?.storage)
    errors.push(
      required(`${path}.limits`, 'either minimum or maximum storage value is required, but neither was provided'),
    );
  const names = new Set(LISTS.flatMap((list) => Object.keys(item[list] ?? {})));
  for (const name of [...names].sort()) errors.push(...validateOrder(item, name, path));
  return errors;
}

function validateOrder(item: Json, name: string, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [low, high, field, culprit, lowWords, highWords] of ORDER) {
    const a = item[low]?.[name];
    const b = item[high]?.[name];
    if (a === undefined || b === undefined || compareQuantities(a, b) <= 0) continue;
    const detail = `${lowWords} ${a} is greater than ${highWords} ${b}`;
    errors.push(invalid(`${path}.${field}[${name}]`, item[culprit][name], detail));
  }
  const ratio = item.maxLimitRequestRatio?.[name];
  if (ratio !== undefined && compareQuantities(ratio, '1') < 0)
    errors.push(invalid(`${path}.maxLimitRequestRatio[${name}]`, ratio, `ratio ${ratio} is less than 1`));
  return errors;
}

/** v1 LimitRange. */
export const limitRange = defineKind({
  group: '',
  version: 'v1',
  kind: 'LimitRange',
  createOnUpdate: true,
  generation: false,
  deleteReturnsStatus: true,
  setDefaults(draft) {
    for (const item of draft.spec.limits ?? []) {
      if (item.type !== 'Container') continue;
      const limits = { ...item.max, ...item.default };
      const requests = { ...item.min, ...limits, ...item.defaultRequest };
      if (Object.keys(limits).length > 0) item.default = limits;
      if (Object.keys(requests).length > 0) item.defaultRequest = requests;
    }
  },
  validate({ spec }) {
    const errors: FieldError[] = [];
    const seen = new Set<string>();
    for (const [i, item] of (spec.limits ?? []).entries()) {
      const path = `spec.limits[${i}]`;
      const names = invalids(`${path}.type`, item.type, qualifiedName(item.type ?? ''));
      errors.push(...names);
      if (names.length === 0 && !TYPES.includes(item.type) && !item.type?.includes('/'))
        errors.push(invalid(`${path}.type`, item.type, 'must be a standard limit type or fully qualified'));
      if (seen.has(item.type)) errors.push(duplicate(`${path}.type`, item.type));
      seen.add(item.type);
      errors.push(...validateItem(item, path));
    }
    return errors;
  },
  columns: CREATED_AT,
  row: createdAtRow,
});
