import type { Json } from '../../../../kube/object.ts';
import type { FieldError } from '../../../../kube/status.ts';
import { duplicate, invalid, invalids, notSupported, oneOf, required } from './field.ts';
import { pathSegment } from './names.ts';
import { validateSelector } from './selectors.ts';

const OPERATIONS = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];
const SCOPES = ['*', 'Cluster', 'Namespaced'];
export const MATCH_POLICIES = ['Equivalent', 'Exact'];

/** `*` stands for all and so must stand alone. */
function alone(values: string[], path: string, what: string): FieldError[] {
  return values.length > 1 && values.includes('*')
    ? [invalid(path, values, `if '*' is present, must not specify other ${what}`)]
    : [];
}

/** RuleWithOperations: which requests a webhook or a policy is asked about. */
export function validateRule(rule: Json, path: string): FieldError[] {
  const of = (name: string): string[] => rule[name] ?? [];
  const [operations, apiVersions, { scope }] = [of('operations'), of('apiVersions'), rule];
  const errors: FieldError[] = [];
  const some = (name: string, values: string[], what: string): void => {
    if (values.length === 0) errors.push(required(`${path}.${name}`));
    errors.push(...alone(values, `${path}.${name}`, what));
  };
  some('operations', operations, 'operations');
  for (const [i, operation] of operations.entries())
    if (!OPERATIONS.includes(operation)) errors.push(notSupported(`${path}.operations[${i}]`, operation, OPERATIONS));
  some('apiGroups', of('apiGroups'), 'API groups');
  some('apiVersions', apiVersions, 'API versions');
  for (const [i, version] of apiVersions.entries())
    if (version === '') errors.push(required(`${path}.apiVersions[${i}]`));
  errors.push(...validateResources(of('resources'), `${path}.resources`));
  if (scope !== undefined && !SCOPES.includes(scope)) errors.push(notSupported(`${path}.scope`, scope, SCOPES));
  return errors;
}

/** `pods`, `pods/log`, `pods/*`, with `*` in either place; what a pattern before covers may not stand again. */
function validateResources(resources: string[], path: string): FieldError[] {
  if (resources.length === 0) return [required(path)];
  const errors: FieldError[] = [];
  const [wholes, subs] = [new Set<string>(), new Set<string>()];
  let isPlainLast = false;
  for (const [i, text] of resources.entries()) {
    const at = `${path}[${i}]`;
    if (text === '') {
      errors.push(required(at));
      continue;
    }
    const slash = text.indexOf('/');
    if (slash < 0) {
      isPlainLast = text !== '*';
      continue;
    }
    const [main, sub] = [text.slice(0, slash), text.slice(slash + 1)];
    if (wholes.has(main)) errors.push(invalid(at, text, `if '${main}/*' is present, must not specify ${text}`));
    if (subs.has(sub)) errors.push(invalid(at, text, `if '*/${sub}' is present, must not specify ${text}`));
    if (sub === '*') wholes.add(main);
    if (main === '*') subs.add(sub);
  }
  if (resources.length > 1 && resources.includes('*/*'))
    errors.push(invalid(path, resources, "if '*/*' is present, must not specify other resources"));
  if (resources.includes('*') && isPlainLast)
    errors.push(invalid(path, resources, "if '*' is present, must not specify other resources without subresources"));
  return errors;
}

function validateNamedRule(rule: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [i, name] of (rule.resourceNames ?? []).entries()) {
    errors.push(...invalids(`${path}.resourceNames[${i}]`, name, pathSegment(name)));
    if (seen.has(name)) errors.push(duplicate(`${path}.resourceNames[${i}]`, name));
    seen.add(name);
  }
  return [...errors, ...validateRule(rule, path)];
}

/** MatchResources of policies and their bindings. */
export function validateMatchResources(match: Json, path: string): FieldError[] {
  if (!match) return [];
  const errors = oneOf(`${path}.matchPolicy`, match.matchPolicy, MATCH_POLICIES);
  for (const name of ['namespaceSelector', 'objectSelector'])
    errors.push(...validateSelector(match[name], `${path}.${name}`));
  for (const list of ['resourceRules', 'excludeResourceRules'])
    for (const [i, rule] of (match[list] ?? []).entries())
      errors.push(...validateNamedRule(rule, `${path}.${list}[${i}]`));
  return errors;
}
