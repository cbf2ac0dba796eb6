import type { Json } from '../../kube/object.ts';

/** metav1.LabelSelector against labels; an empty selector matches everything. */
export function selectorMatches(selector: Json, labels: Readonly<Record<string, string>> | undefined): boolean {
  for (const key in selector.matchLabels ?? {}) if (labels?.[key] !== selector.matchLabels[key]) return false;
  return (selector.matchExpressions ?? []).every((requirement: Json) => {
    const value = labels?.[requirement.key];
    switch (requirement.operator) {
      case 'In':
        return value !== undefined && requirement.values.includes(value);
      case 'NotIn':
        return value === undefined || !requirement.values.includes(value);
      case 'Exists':
        return value !== undefined;
      default:
        return value === undefined;
    }
  });
}
