import type { Json } from '../../../kube/object.ts';

export type Labels = Record<string, string> | undefined;

interface Requirement {
  key: string;
  operator: string;
  values?: string[];
}

/** One match expression of a label selector or a node selector (which adds Gt and Lt). */
export function matchesRequirement(requirement: Requirement, labels: Labels): boolean {
  const value = labels?.[requirement.key];
  const values = requirement.values ?? [];
  switch (requirement.operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return value !== undefined && Number(value) > Number(values[0]);
    case 'Lt':
      return value !== undefined && Number(value) < Number(values[0]);
    default:
      return false;
  }
}

/** metav1.LabelSelector: an absent one matches nothing, an empty one everything. */
export function matchesSelector(selector: Json, labels: Labels): boolean {
  if (!selector) return false;
  return (
    matchesSet(selector.matchLabels, labels) &&
    (selector.matchExpressions ?? []).every((requirement: Requirement) => matchesRequirement(requirement, labels))
  );
}

/** An equality map, e.g. a Service's selector; an absent one matches everything. */
export function matchesSet(set: Labels, labels: Labels): boolean {
  for (const key in set) if (labels?.[key] !== set[key]) return false;
  return true;
}

export function isEmptySelector(selector: Json): boolean {
  return !selector || (!Object.keys(selector.matchLabels ?? {}).length && !selector.matchExpressions?.length);
}
