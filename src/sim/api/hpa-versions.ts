import { clone, type Json, type KubeObject } from '../../kube/object.ts';

const CONDITIONS = 'autoscaling.alpha.kubernetes.io/conditions';
const METRICS = 'autoscaling.alpha.kubernetes.io/metrics';
const CURRENT = 'autoscaling.alpha.kubernetes.io/current-metrics';
const BEHAVIOR = 'autoscaling.alpha.kubernetes.io/behavior';

function isCpuUtilization(metric: Json): boolean {
  return (
    metric.type === 'Resource' && metric.resource?.name === 'cpu' && metric.resource.target?.type === 'Utilization'
  );
}

function setAnnotation(object: KubeObject, key: string, value: Json): void {
  object.metadata.annotations = { ...object.metadata.annotations, [key]: JSON.stringify(value) };
}

/** Resource metrics in autoscaling/v1 have their target beside the name. */
function metricV1(metric: Json): Json {
  if (metric.type !== 'Resource') return metric;
  const { name, target } = metric.resource;
  const targets = { targetAverageUtilization: target.averageUtilization, targetAverageValue: target.averageValue };
  return { type: 'Resource', resource: { name, ...targets } };
}

function metricV2(metric: Json): Json {
  if (metric.type !== 'Resource' || metric.resource.target) return metric;
  const { name, targetAverageUtilization: averageUtilization, targetAverageValue: averageValue } = metric.resource;
  const target =
    averageUtilization === undefined
      ? { type: 'AverageValue', averageValue }
      : { type: 'Utilization', averageUtilization };
  return { type: 'Resource', resource: { name, target } };
}

/** Fields in the order of autoscaling/v1's own condition type. */
function conditionV1({ type, status, lastTransitionTime, reason, message }: Json): Json {
  return { type, status, lastTransitionTime, reason, message };
}

/** Scaling rules as Go prints upstream's internal type, which has no JSON names. */
function rulesInGo(rules: Json): Json {
  if (!rules) return null;
  const policies = rules.policies?.map(({ type, value, periodSeconds }: Json) => ({
    Type: type,
    Value: value,
    PeriodSeconds: periodSeconds,
  }));
  return {
    StabilizationWindowSeconds: rules.stabilizationWindowSeconds ?? null,
    SelectPolicy: rules.selectPolicy ?? null,
    Policies: policies ?? null,
    Tolerance: rules.tolerance ?? null,
  };
}

/** The inverse of {@link rulesInGo} for both directions; names are taken in any case, as Go does. */
function behaviorV2(value: Json): Json {
  if (Array.isArray(value)) return value.map(behaviorV2);
  if (typeof value !== 'object' || value === null) return value;
  const known = Object.entries(value).filter(([, item]) => item !== null);
  return Object.fromEntries(
    known.map(([key, item]) => [key.charAt(0).toLowerCase() + key.slice(1), behaviorV2(item as Json)]),
  );
}

/** The autoscaling/v1 view of a stored autoscaling/v2 autoscaler: cpu in fields, the rest in annotations. */
export function toHpaV1(hpa: KubeObject): KubeObject {
  const out = clone(hpa);
  out.apiVersion = 'autoscaling/v1';
  const { metrics = [], behavior, ...spec } = out.spec;
  const cpu = metrics.find(isCpuUtilization);
  if (cpu) spec.targetCPUUtilizationPercentage = cpu.resource.target.averageUtilization;
  const rest = metrics.filter((metric: Json) => metric !== cpu);
  if (rest.length > 0) setAnnotation(out, METRICS, rest.map(metricV1));
  if (behavior)
    setAnnotation(out, BEHAVIOR, { ScaleUp: rulesInGo(behavior.scaleUp), ScaleDown: rulesInGo(behavior.scaleDown) });
  out.spec = spec;
  const { conditions, currentMetrics, ...status } = out.status ?? {};
  const current = (currentMetrics ?? []).find(
    (item: Json) => item.type === 'Resource' && item.resource?.name === 'cpu',
  );
  if (current?.resource.current?.averageUtilization !== undefined)
    status.currentCPUUtilizationPercentage = current.resource.current.averageUtilization;
  if (conditions?.length > 0) setAnnotation(out, CONDITIONS, conditions.map(conditionV1));
  if (currentMetrics?.length > 0 && !current) setAnnotation(out, CURRENT, currentMetrics);
  out.status = { currentReplicas: 0, desiredReplicas: 0, ...status };
  return out;
}

/** The stored autoscaling/v2 form of an autoscaling/v1 autoscaler. */
export function toHpaV2(hpa: KubeObject): KubeObject {
  const out = clone(hpa);
  out.apiVersion = 'autoscaling/v2';
  const { targetCPUUtilizationPercentage: cpu, ...spec } = out.spec;
  const annotations = { ...out.metadata.annotations };
  const rest: Json[] = annotations[METRICS] ? JSON.parse(annotations[METRICS]).map(metricV2) : [];
  const target = { type: 'Utilization', averageUtilization: cpu };
  const metrics = cpu === undefined ? rest : [...rest, { type: 'Resource', resource: { name: 'cpu', target } }];
  if (metrics.length > 0) spec.metrics = metrics;
  if (annotations[BEHAVIOR]) spec.behavior = behaviorV2(JSON.parse(annotations[BEHAVIOR]));
  for (const key of [METRICS, CURRENT, CONDITIONS, BEHAVIOR]) delete annotations[key];
  if (Object.keys(annotations).length > 0) out.metadata.annotations = annotations;
  else delete out.metadata.annotations;
  out.spec = spec;
  if (out.status) delete out.status.currentCPUUtilizationPercentage;
  return out;
}
