import type { Json } from '../../../../kube/object.ts';
import type { FieldError } from '../../../../kube/status.ts';
import { duplicate, forbidden, invalid, invalids, notSupported, required } from './field.ts';
import { dnsLabel, dnsSubdomain, labelValue, qualifiedName } from './names.ts';
import { validateSelector } from './selectors.ts';

const SPREAD_ACTIONS = ['DoNotSchedule', 'ScheduleAnyway'];
const INCLUSION = ['Honor', 'Ignore'];
const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

export function validateAffinity(affinity: Json, path: string): FieldError[] {
  if (!affinity) return [];
  const errors: FieldError[] = [];
  const node = affinity.nodeAffinity;
  const nodePath = `${path}.nodeAffinity`;
  const hard = 'requiredDuringSchedulingIgnoredDuringExecution';
  const soft = 'preferredDuringSchedulingIgnoredDuringExecution';
  if (node?.[hard]) errors.push(...validateNodeSelector(node[hard], `${nodePath}.${hard}`));
  for (const [i, term] of (node?.[soft] ?? []).entries()) {
    const at = `${nodePath}.${soft}[${i}]`;
    if (term.weight < 1 || term.weight > 100)
      errors.push(invalid(`${at}.weight`, term.weight, 'must be in the range 1-100'));
    errors.push(...validateNodeTerm(term.preference, `${at}.preference`));
  }
  for (const name of ['podAffinity', 'podAntiAffinity']) {
    for (const [i, term] of (affinity[name]?.[hard] ?? []).entries())
      errors.push(...validatePodTerm(term, `${path}.${name}.${hard}[${i}]`));
    for (const [i, term] of (affinity[name]?.[soft] ?? []).entries()) {
      const at = `${path}.${name}.${soft}[${i}]`;
      if (term.weight < 1 || term.weight > 100)
        errors.push(invalid(`${at}.weight`, term.weight, 'must be in the range 1-100'));
      errors.push(...validatePodTerm(term.podAffinityTerm, `${at}.podAffinityTerm`));
    }
  }
  return errors;
}

export function validateNodeSelector(selector: Json, path: string): FieldError[] {
  const terms: Json[] = selector.nodeSelectorTerms ?? [];
  if (terms.length === 0) return [required(`${path}.nodeSelectorTerms`, 'must have at least one node selector term')];
  return terms.flatMap((term, i) => validateNodeTerm(term, `${path}.nodeSelectorTerms[${i}]`));
}

function validateNodeTerm(term: Json, path: string): FieldError[] {
  const expressions: Json[] = term?.matchExpressions ?? [];
  const fields: Json[] = term?.matchFields ?? [];
  return [
    ...expressions.flatMap((item, i) => validateNodeRequirement(item, `${path}.matchExpressions[${i}]`)),
    ...fields.flatMap((item, i) => validateNodeField(item, `${path}.matchFields[${i}]`)),
  ];
}

function validateNodeRequirement({ key, operator, values = [] }: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0)
      errors.push(required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0)
      errors.push(forbidden(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
  } else if (operator === 'Gt' || operator === 'Lt') {
    if (values.length !== 1)
      errors.push(required(`${path}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'"));
  } else errors.push(invalid(`${path}.operator`, operator, 'not a valid selector operator'));
  errors.push(...invalids(`${path}.key`, key, qualifiedName(key)));
  for (const [i, value] of values.entries()) errors.push(...invalids(`${path}.values[${i}]`, value, labelValue(value)));
  return errors;
}

function validateNodeField({ key, operator, values = [] }: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (operator !== 'In' && operator !== 'NotIn')
    errors.push(invalid(`${path}.operator`, operator, 'not a valid selector operator'));
  else if (values.length !== 1)
    errors.push(
      required(`${path}.values`, "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"),
    );
  if (key !== 'metadata.name') return [...errors, invalid(`${path}.key`, key, 'not a valid field selector key')];
  for (const [i, value] of values.entries())
    errors.push(...invalids(`${path}.values[${i}]`, value, dnsSubdomain(value)));
  return errors;
}

function validatePodTerm(term: Json, path: string): FieldError[] {
  const errors = [
    ...validateSelector(term.labelSelector, `${path}.labelSelector`),
    ...validateSelector(term.namespaceSelector, `${path}.namespaceSelector`),
  ];
  for (const name of term.namespaces ?? []) errors.push(...invalids(`${path}.namespace`, name, dnsLabel(name)));
  if (!term.topologyKey) errors.push(required(`${path}.topologyKey`, 'can not be empty'));
  errors.push(...invalids(`${path}.topologyKey`, term.topologyKey, qualifiedName(term.topologyKey ?? '')));
  return errors;
}

export function validateTolerations(tolerations: Json[] | undefined, path: string): FieldError[] {
  return (tolerations ?? []).flatMap((toleration, i) => validateToleration(toleration, `${path}[${i}]`));
}

function validateToleration(toleration: Json, path: string): FieldError[] {
  const { key = '', operator = '', value = '', effect = '', tolerationSeconds } = toleration;
  const errors = key ? invalids(`${path}.key`, key, qualifiedName(key)) : [];
  if (!key && operator !== 'Exists')
    errors.push(
      invalid(
        `${path}.operator`,
        operator,
        'operator must be Exists when `key` is empty, which means "match all values and all keys"',
      ),
    );
  if (tolerationSeconds !== undefined && effect !== 'NoExecute')
    errors.push(invalid(`${path}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"));
  if (operator === '' || operator === 'Equal') {
    const messages = labelValue(value);
    if (messages.length > 0) errors.push(invalid(`${path}.operator`, value, messages.join(';')));
  } else if (operator === 'Exists') {
    if (value) errors.push(invalid(`${path}.operator`, value, "value must be empty when `operator` is 'Exists'"));
  } else {
    const known = operator === 'Lt' || operator === 'Gt' ? ['Equal', 'Exists', 'Lt', 'Gt'] : ['Equal', 'Exists'];
    errors.push(notSupported(`${path}.operator`, operator, known));
  }
  if (effect && !EFFECTS.includes(effect)) errors.push(notSupported(`${path}.effect`, effect, EFFECTS));
  return errors;
}

export function validateSpread(constraints: Json[] | undefined, path: string): FieldError[] {
  const list = constraints ?? [];
  return list.flatMap((item, i) => {
    const at = `${path}[${i}]`;
    const errors: FieldError[] = [];
    if (!(item.maxSkew > 0)) errors.push(invalid(`${at}.maxSkew`, item.maxSkew, 'must be greater than zero'));
    if (!item.topologyKey) errors.push(required(`${at}.topologyKey`, 'can not be empty'));
    if (!SPREAD_ACTIONS.includes(item.whenUnsatisfiable))
      errors.push(notSupported(`${at}.whenUnsatisfiable`, item.whenUnsatisfiable, SPREAD_ACTIONS));
    const twin = list
      .slice(i + 1)
      .some((other) => other.topologyKey === item.topologyKey && other.whenUnsatisfiable === item.whenUnsatisfiable);
    if (twin)
      errors.push(
        duplicate(`${at}.{topologyKey, whenUnsatisfiable}`, `{${item.topologyKey}, ${item.whenUnsatisfiable}}`),
      );
    if (item.minDomains !== undefined) {
      if (item.minDomains <= 0) errors.push(invalid(`${at}.minDomains`, item.minDomains, 'must be greater than zero'));
      if (item.whenUnsatisfiable !== 'DoNotSchedule')
        errors.push(
          invalid(
            `${at}.minDomains`,
            item.minDomains,
            `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${item.whenUnsatisfiable}`,
          ),
        );
    }
    for (const name of ['nodeAffinityPolicy', 'nodeTaintsPolicy'])
      if (item[name] !== undefined && !INCLUSION.includes(item[name]))
        errors.push(notSupported(`${at}.${name}`, item[name], INCLUSION));
    return [...errors, ...validateSelector(item.labelSelector, `${at}.labelSelector`)];
  });
}
