import type { Json, KubeObject } from '../../../../kube/object.ts';
import type { FieldError } from '../../../../kube/status.ts';
import { deepEqual, invalid, invalids, notSupported, required } from './field.ts';
import { dnsSubdomain, pathSegment } from './names.ts';

export const RBAC_GROUP = 'rbac.authorization.k8s.io';

export function validateRules(rules: Json[] | undefined, namespaced: boolean): FieldError[] {
  return (rules ?? []).flatMap((rule, i) => validateRule(rule, namespaced, `rules[${i}]`));
}

function validateRule(rule: Json, namespaced: boolean, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const count = (name: string): number => (rule[name] ?? []).length;
  if (count('verbs') === 0) errors.push(required(`${path}.verbs`, 'verbs must contain at least one value'));
  if (count('nonResourceURLs') > 0) {
    const at = `${path}.nonResourceURLs`;
    if (namespaced)
      errors.push(invalid(at, rule.nonResourceURLs, 'namespaced rules cannot apply to non-resource URLs'));
    if (count('apiGroups') + count('resources') + count('resourceNames') > 0)
      errors.push(
        invalid(at, rule.nonResourceURLs, 'rules cannot apply to both regular resources and non-resource URLs'),
      );
    return errors;
  }
  if (count('apiGroups') === 0)
    errors.push(required(`${path}.apiGroups`, 'resource rules must supply at least one api group'));
  if (count('resources') === 0)
    errors.push(required(`${path}.resources`, 'resource rules must supply at least one resource'));
  return errors;
}

/** Subjects and role reference get their API group. */
export function defaultBinding(binding: KubeObject): void {
  if (binding.roleRef && !binding.roleRef.apiGroup) binding.roleRef.apiGroup = RBAC_GROUP;
  for (const subject of binding.subjects ?? [])
    if ((subject.kind === 'User' || subject.kind === 'Group') && !subject.apiGroup) subject.apiGroup = RBAC_GROUP;
}

export function validateBinding(binding: KubeObject, kinds: string[]): FieldError[] {
  const { apiGroup, kind, name } = binding.roleRef;
  const errors: FieldError[] = [];
  if (apiGroup !== RBAC_GROUP) errors.push(notSupported('roleRef.apiGroup', apiGroup, [RBAC_GROUP]));
  if (!kinds.includes(kind)) errors.push(notSupported('roleRef.kind', kind, kinds));
  if (!name) errors.push(required('roleRef.name'));
  else errors.push(...invalids('roleRef.name', name, pathSegment(name)));
  for (const [i, subject] of (binding.subjects ?? []).entries())
    errors.push(...validateSubject(subject, kinds.includes('Role'), `subjects[${i}]`));
  return errors;
}

function validateSubject(subject: Json, namespaced: boolean, path: string): FieldError[] {
  const errors: FieldError[] = subject.name ? [] : [required(`${path}.name`)];
  if (subject.kind === 'ServiceAccount') {
    if (subject.name) errors.push(...invalids(`${path}.name`, subject.name, dnsSubdomain(subject.name)));
    if (subject.apiGroup) errors.push(notSupported(`${path}.apiGroup`, subject.apiGroup, ['']));
    if (!namespaced && !subject.namespace) errors.push(required(`${path}.namespace`));
  } else if (subject.kind === 'User' || subject.kind === 'Group') {
    if (subject.apiGroup !== RBAC_GROUP) errors.push(notSupported(`${path}.apiGroup`, subject.apiGroup, [RBAC_GROUP]));
  } else errors.push(notSupported(`${path}.kind`, subject.kind, ['ServiceAccount', 'User', 'Group']));
  return errors;
}

export function validateBindingUpdate(binding: KubeObject, old: KubeObject): FieldError[] {
  if (deepEqual(binding.roleRef, old.roleRef)) return [];
  const { apiGroup, kind, name } = binding.roleRef;
  return [invalid('roleRef', { APIGroup: apiGroup, Kind: kind, Name: name }, 'cannot change roleRef')];
}

/** Cells Users, Groups and ServiceAccounts. */
export function subjectCells(binding: KubeObject): string[] {
  const subjects: Json[] = binding.subjects ?? [];
  const names = (kind: string): string[] => subjects.filter((item) => item.kind === kind).map((item) => item.name);
  const accounts = subjects
    .filter((item) => item.kind === 'ServiceAccount')
    .map((item) => `${item.namespace ?? ''}/${item.name}`);
  return [names('User').join(', '), names('Group').join(', '), accounts.join(', ')];
}

/** Storage knows no difference between an empty list of rules and none. */
export function noRules(draft: KubeObject): void {
  if (draft['rules']?.length === 0) draft['rules'] = null;
}
