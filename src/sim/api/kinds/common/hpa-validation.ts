import type { Json } from '../../../../kube/object.ts';
import type { FieldError } from '../../../../kube/status.ts';
import { forbidden, invalid, invalids, notSupported, required } from './field.ts';
import { pathSegment } from './names.ts';

const SOURCES: Record<string, string> = {
  Object: 'object',
  External: 'external',
  Pods: 'pods',
  Resource: 'resource',
  ContainerResource: 'containerResource',
};
const TYPES = Object.keys(SOURCES).sort();
const TARGETS = ['AverageValue', 'Utilization', 'Value'];

/** validateHorizontalPodAutoscalerSpec of the v2 form. */
export function validateHpaSpec(spec: Json): FieldError[] {
  const errors: FieldError[] = [];
  const { minReplicas, maxReplicas } = spec;
  if (minReplicas !== undefined && minReplicas < 1)
    errors.push(invalid('spec.minReplicas', minReplicas, 'must be greater than or equal to 1'));
  if (maxReplicas < 1) errors.push(invalid('spec.maxReplicas', maxReplicas, 'must be greater than 0'));
  if (minReplicas !== undefined && maxReplicas < minReplicas)
    errors.push(invalid('spec.maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`'));
  errors.push(...validateReference(spec.scaleTargetRef, 'spec.scaleTargetRef'));
  const { apiVersion = '' } = spec.scaleTargetRef ?? {};
  if (!apiVersion.includes('/'))
    errors.push(invalid('spec.scaleTargetRef.apiVersion', apiVersion, 'apiVersion must specify API group'));
  const outside = (spec.metrics ?? []).some((metric: Json) => metric.type === 'Object' || metric.type === 'External');
  if (minReplicas === 0 && !outside)
    errors.push(
      forbidden(
        'spec.metrics',
        'must specify at least one Object or External metric to support scaling to zero replicas',
      ),
    );
  for (const [i, metric] of (spec.metrics ?? []).entries())
    errors.push(...validateMetric(metric, `spec.metrics[${i}]`));
  for (const name of ['scaleUp', 'scaleDown'])
    if (spec.behavior?.[name]) errors.push(...validateRules(spec.behavior[name], `spec.behavior.${name}`));
  return errors;
}

function validateReference(ref: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const name of ['kind', 'name']) {
    if (!ref?.[name]) errors.push(required(`${path}.${name}`));
    else errors.push(...invalids(`${path}.${name}`, ref[name], pathSegment(ref[name])));
  }
  return errors;
}

function validateMetric(metric: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const own = SOURCES[metric.type ?? ''];
  if (!metric.type) errors.push(required(`${path}.type`, 'must specify a metric source type'));
  if (!own) errors.push(notSupported(`${path}.type`, metric.type ?? '', TYPES));
  const present = Object.values(SOURCES).filter((name) => metric[name]);
  const first = present[0];
  if (first) errors.push(...validateSource(first, metric[first], `${path}.${first}`));
  if (own && !metric[own])
    errors.push(required(`${path}.${own}`, 'must populate information for the given metric source'));
  if (!own) errors.push(notSupported(`${path}.type`, metric.type ?? '', TYPES));
  if (present.length !== 1)
    for (const name of present)
      if (name !== own) errors.push(forbidden(`${path}.${name}`, 'must populate the given metric source only'));
  return errors;
}

function validateSource(kind: string, source: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const target = source.target ?? {};
  const at = `${path}.target`;
  if (kind === 'object') errors.push(...validateReference(source.describedObject, `${path}.describedObject`));
  if (kind === 'resource' || kind === 'containerResource') {
    if (!source.name) errors.push(required(`${path}.name`, 'must specify a resource name'));
    if (kind === 'containerResource' && !source.container)
      errors.push(required(`${path}.container`, 'must specify a container'));
  } else if (!source.metric?.name) errors.push(required(`${path}.metric.name`, 'must specify a metric name'));
  errors.push(...validateTarget(target, at));
  const { value, averageValue, averageUtilization } = target;
  if (kind === 'resource' || kind === 'containerResource') {
    if (averageUtilization === undefined && averageValue === undefined)
      errors.push(required(`${at}.averageUtilization`, 'must set either a target raw value or a target utilization'));
    if (averageUtilization !== undefined && averageValue !== undefined)
      errors.push(forbidden(`${at}.averageValue`, 'may not set both a target raw value and a target utilization'));
  } else if (kind === 'pods') {
    if (averageValue === undefined)
      errors.push(required(`${at}.averageValue`, 'must specify a positive target averageValue'));
  } else if (value === undefined && averageValue === undefined) {
    const words =
      kind === 'object' ? 'a target value or averageValue' : 'a target value for metric or a per-pod target';
    errors.push(required(`${at}.averageValue`, `must set either ${words}`));
  }
  return errors;
}

function validateTarget(target: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!target.type) errors.push(required(`${path}.type`, 'must specify a metric target type'));
  if (!TARGETS.includes(target.type))
    errors.push(invalid(`${path}.type`, target.type ?? '', 'must be either Utilization, Value, or AverageValue'));
  if (target.averageUtilization !== undefined && target.averageUtilization < 1)
    errors.push(invalid(`${path}.averageUtilization`, target.averageUtilization, 'must be greater than 0'));
  for (const name of ['value', 'averageValue'])
    if (target[name] !== undefined && /^(-|0$)/.test(String(target[name])))
      errors.push(invalid(`${path}.${name}`, target[name], 'must be positive'));
  return errors;
}

function validateRules(rules: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const window = rules.stabilizationWindowSeconds;
  if (window < 0)
    errors.push(invalid(`${path}.stabilizationWindowSeconds`, window, 'must be greater than or equal to zero'));
  if (window > 3600)
    errors.push(invalid(`${path}.stabilizationWindowSeconds`, window, 'must be less than or equal to 3600'));
  const select = rules.selectPolicy;
  if (select !== undefined && !['Disabled', 'Max', 'Min'].includes(select))
    errors.push(notSupported(`${path}.selectPolicy`, select, ['Disabled', 'Max', 'Min']));
  const policies: Json[] = rules.policies ?? [];
  if (policies.length === 0) errors.push(required(`${path}.policies`, 'must specify at least one Policy'));
  for (const [i, policy] of policies.entries()) {
    const at = `${path}.policies[${i}]`;
    if (!['Pods', 'Percent'].includes(policy.type))
      errors.push(notSupported(`${at}.type`, policy.type, ['Percent', 'Pods']));
    for (const name of ['value', 'periodSeconds'])
      if (policy[name] <= 0) errors.push(invalid(`${at}.${name}`, policy[name], 'must be greater than zero'));
    if (policy.periodSeconds > 1800)
      errors.push(invalid(`${at}.periodSeconds`, policy.periodSeconds, 'must be less than or equal to 1800'));
  }
  return errors;
}
