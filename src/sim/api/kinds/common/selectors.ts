import type { FieldError } from '../../../../kube/status.ts';
import { forbidden, invalid, invalids, required } from './field.ts';
import { labelValue, qualifiedName } from './names.ts';

export interface LabelSelectorRequirement {
  key: string;
  operator: string;
  values?: string[] | null;
}

/** metav1.LabelSelector. */
export interface LabelSelector {
  matchLabels?: Record<string, string> | null;
  matchExpressions?: LabelSelectorRequirement[] | null;
}

type Labels = Record<string, string> | null | undefined;

/** A nil selector matches nothing, an empty one everything. */
export function selectorMatches(selector: LabelSelector | null | undefined, labels: Labels): boolean {
  if (!selector) return false;
  const set = labels ?? {};
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) if (set[key] !== value) return false;
  return (selector.matchExpressions ?? []).every((requirement) => requirementMatches(requirement, set));
}

function requirementMatches({ key, operator, values }: LabelSelectorRequirement, set: Record<string, string>): boolean {
  const value = set[key];
  if (operator === 'In') return value !== undefined && (values ?? []).includes(value);
  if (operator === 'NotIn') return value === undefined || !(values ?? []).includes(value);
  if (operator === 'Exists') return value !== undefined;
  return operator === 'DoesNotExist' && value === undefined;
}

/** Plain maps, as Services and ReplicationControllers carry them; an empty one matches nothing there. */
export function labelsMatch(wanted: Labels, labels: Labels): boolean {
  return Object.entries(wanted ?? {}).every(([key, value]) => labels?.[key] === value);
}

/** `labels.FormatLabels`: `a=1,b=2` by key, `<none>` when empty. */
export function formatLabels(labels: Labels): string {
  const keys = Object.keys(labels ?? {}).sort();
  return keys.length === 0 ? '<none>' : keys.map((key) => `${key}=${labels?.[key]}`).join(',');
}

function requirementText({ key, operator, values }: LabelSelectorRequirement): string {
  const list = [...(values ?? [])].sort().join(',');
  if (operator === 'In') return `${key} in (${list})`;
  if (operator === 'NotIn') return `${key} notin (${list})`;
  return operator === 'Exists' ? key : `!${key}`;
}

/** The selector as text, requirements by key; empty for an empty one. */
export function selectorText(selector: LabelSelector | null | undefined): string {
  const all = [
    ...Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => ({ key, text: `${key}=${value}` })),
    ...(selector?.matchExpressions ?? []).map((item) => ({ key: item.key, text: requirementText(item) })),
  ];
  all.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return all.map((item) => item.text).join(',');
}

/** `metav1.FormatLabelSelector`: `<none>` for empty or nil. */
export function formatSelector(selector: LabelSelector | null | undefined): string {
  return selectorText(selector) || '<none>';
}

export function isEmptySelector(selector: LabelSelector | null | undefined): boolean {
  return Object.keys(selector?.matchLabels ?? {}).length + (selector?.matchExpressions?.length ?? 0) === 0;
}

export function validateLabels(labels: Labels, path: string): FieldError[] {
  return Object.keys(labels ?? {})
    .sort()
    .flatMap((key) => [
      ...invalids(path, key, qualifiedName(key)),
      ...invalids(path, labels?.[key], labelValue(labels?.[key] ?? '')),
    ]);
}

export function validateSelector(selector: LabelSelector | null | undefined, path: string): FieldError[] {
  if (!selector) return [];
  return [
    ...validateLabels(selector.matchLabels, `${path}.matchLabels`),
    ...(selector.matchExpressions ?? []).flatMap((item, i) =>
      validateRequirement(item, `${path}.matchExpressions[${i}]`),
    ),
  ];
}

function validateRequirement({ key, operator, values }: LabelSelectorRequirement, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const count = values?.length ?? 0;
  if (operator === 'In' || operator === 'NotIn') {
    if (count === 0) errors.push(required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (count > 0)
      errors.push(forbidden(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
  } else errors.push(invalid(`${path}.operator`, operator, 'not a valid selector operator'));
  errors.push(...invalids(`${path}.key`, key, qualifiedName(key)));
  for (const [i, value] of (values ?? []).entries())
    errors.push(...invalids(`${path}.values[${i}]`, value, labelValue(value)));
  return errors;
}

/** `&LabelSelector{…}`, as Go prints it. */
export function goLabelSelector(selector: LabelSelector | null | undefined): string {
  const matchLabels = selector?.matchLabels ?? {};
  const matchExpressions = selector?.matchExpressions ?? [];
  const pairs = Object.keys(matchLabels)
    .sort()
    .map((key) => `${key}: ${matchLabels[key]},`);
  const parts = matchExpressions.map(
    ({ key, operator, values }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${(values ?? []).join(' ')}],},`,
  );
  return `&LabelSelector{MatchLabels:map[string]string{${pairs.join('')}},MatchExpressions:[]LabelSelectorRequirement{${parts.join('')}},}`;
}
