import type { Json } from '../../../../kube/object.ts';
import type { FieldError } from '../../../../kube/status.ts';
import { forbidden, invalid, invalids, notSupported, required } from './field.ts';
import { dnsLabel, dnsSubdomain } from './names.ts';

const SUBJECTS = ['Group', 'ServiceAccount', 'User'];
/** Where each kind of subject is told. */
const FIELDS: [string, string][] = [
  ['ServiceAccount', 'serviceAccount'],
  ['User', 'user'],
  ['Group', 'group'],
];
const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'proxy', 'update', 'watch'];

function validateSubject(subject: Json, path: string): FieldError[] {
  const { kind } = subject;
  if (!SUBJECTS.includes(kind)) return [notSupported(`${path}.kind`, kind ?? '', SUBJECTS)];
  const errors: FieldError[] = [];
  const [, own = ''] = FIELDS.find(([name]) => name === kind) ?? [];
  const told = subject[own];
  const at = `${path}.${own}`;
  if (!told) errors.push(required(at, `${own} is required when subject kind is '${kind}'`));
  else if (kind === 'ServiceAccount') errors.push(...validateAccount(told, at));
  else if (!told.name) errors.push(required(`${at}.name`));
  for (const [name, field] of FIELDS)
    if (name !== kind && subject[field])
      errors.push(forbidden(`${path}.${field}`, `${field} is forbidden when subject kind is not '${name}'`));
  return errors;
}

function validateAccount({ name, namespace }: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!name) errors.push(required(`${path}.name`));
  else if (name !== '*') errors.push(...invalids(`${path}.name`, name, dnsSubdomain(name)));
  return namespace
    ? [...errors, ...invalids(`${path}.namespace`, namespace, dnsLabel(namespace))]
    : [...errors, required(`${path}.namespace`, 'must specify namespace for service account')];
}

/** A list in which `*` stands alone. */
function listed(values: string[], path: string, missing: string, what: string): FieldError[] {
  if (values.length === 0) return [required(path, missing)];
  return values.length > 1 && values.includes('*')
    ? [invalid(path, values, `if '*' is present, must not specify other ${what}`)]
    : [];
}

function validateVerbs(verbs: string[], path: string): FieldError[] {
  const errors = listed(verbs, path, 'verbs must contain at least one value', 'verbs');
  if (errors.length > 0 || verbs.includes('*') || verbs.every((verb) => VERBS.includes(verb))) return errors;
  return [notSupported(path, verbs, VERBS)];
}

function validateUrl(url: string, path: string): FieldError[] {
  if (url === '') return [invalid(path, url, 'must not be empty')];
  if (url === '/') return [];
  if (!url.startsWith('/')) return [invalid(path, url, 'must start with slash')];
  if (url.includes(' ')) return [invalid(path, url, 'must not contain white-space')];
  if (url.includes('//')) return [invalid(path, url, 'must not contain double slash')];
  const star = url.indexOf('*');
  if (star >= 0 && !/^\/[^*]*\/\*$|^\/\*$/.test(url))
    return [invalid(path, url, 'wildcard can only do suffix matching')];
  return [];
}

function validateUrls(rule: Json, path: string): FieldError[] {
  const urls: string[] = rule.nonResourceURLs ?? [];
  const field = `${path}.nonResourceURLs`;
  const errors = [
    ...validateVerbs(rule.verbs ?? [], `${path}.verbs`),
    ...listed(urls, field, 'nonResourceURLs must contain at least one value', 'non-resource URLs'),
  ];
  if (urls.includes('*')) return errors;
  return [...errors, ...urls.flatMap((url: string, i: number) => validateUrl(url, `${field}[${i}]`))];
}

function validateResources(rule: Json, path: string): FieldError[] {
  const { clusterScope } = rule;
  const of = (name: string): string[] => rule[name] ?? [];
  const namespaces = of('namespaces');
  const errors = [
    ...validateVerbs(of('verbs'), `${path}.verbs`),
    ...listed(of('apiGroups'), `${path}.apiGroups`, 'resource rules must supply at least one api group', 'api groups'),
    ...listed(of('resources'), `${path}.resources`, 'resource rules must supply at least one resource', 'resources'),
  ];
  const field = `${path}.namespaces`;
  const missing = 'resource rules that are not cluster scoped must supply at least one namespace';
  if (namespaces.length > 0 || !clusterScope) errors.push(...listed(namespaces, field, missing, 'namespaces'));
  if (namespaces.includes('*')) return errors;
  const intro = "each member of this list must be '*' or a DNS-1123 label; ";
  for (const [i, name] of namespaces.entries())
    errors.push(...dnsLabel(name).map((detail) => invalid(`${field}[${i}]`, name, `${intro}${detail}`)));
  return errors;
}

/** PolicyRulesWithSubjects: whose requests for what a flow schema takes. */
export function validateFlowRule(rule: Json, path: string): FieldError[] {
  const of = (name: string): Json[] => rule[name] ?? [];
  const [subjects, resourceRules, nonResourceRules] = [of('subjects'), of('resourceRules'), of('nonResourceRules')];
  const errors: FieldError[] = subjects.flatMap((one: Json, i: number) =>
    validateSubject(one, `${path}.subjects[${i}]`),
  );
  if (subjects.length === 0) errors.push(required(`${path}.subjects`, 'subjects must contain at least one value'));
  if (resourceRules.length === 0 && nonResourceRules.length === 0)
    errors.push(required(path, 'at least one of resourceRules and nonResourceRules has to be non-empty'));
  for (const [i, one] of resourceRules.entries()) errors.push(...validateResources(one, `${path}.resourceRules[${i}]`));
  for (const [i, one] of nonResourceRules.entries())
    errors.push(...validateUrls(one, `${path}.nonResourceRules[${i}]`));
  return errors;
}
