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

/** The autoscaling/v1 view of a stored autoscaling/v2 autoscaler: cpu in fields, the rest in annotations. */
export function toHpaV1(hpa: KubeObject): KubeObject {
  const out = clone(hpa);
  out.apiVersion = 'autoscaling/v1';
  const { metrics = [], behavior, ...spec } = out.spec;
  const cpu = metrics.find(isCpuUtilization);
  if (cpu) spec.targetCPUUtilizationPercentage = cpu.resource.target.averageUtilization;
  const rest = metrics.filter((metric: Json) => metric !== cpu);
  if (rest.length > 0) setAnnotation(out, METRICS, rest);
  if (behavior) setAnnotation(out, BEHAVIOR, behavior);
  out.spec = spec;
  const { conditions, currentMetrics, ...status } = out.status ?? {};
  const current = (currentMetrics ?? []).find(
    (item: Json) => item.type === 'Resource' && item.resource?.name === 'cpu',
  );
  if (current?.resource.current?.averageUtilization !== undefined)
    status.currentCPUUtilizationPercentage = current.resource.current.averageUtilization;
  if (conditions?.length > 0) setAnnotation(out, CONDITIONS, conditions);
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
  const rest: Json[] = annotations[METRICS] ? JSON.parse(annotations[METRICS]) : [];
  const target = { type: 'Utilization', averageUtilization: cpu };
  const metrics = cpu === undefined ? rest : [...rest, { type: 'Resource', resource: { name: 'cpu', target } }];
  if (metrics.length > 0) spec.metrics = metrics;
  if (annotations[BEHAVIOR]) spec.behavior = JSON.parse(annotations[BEHAVIOR]);
  for (const key of [METRICS, CURRENT, CONDITIONS, BEHAVIOR]) delete annotations[key];
  if (Object.keys(annotations).length > 0) out.metadata.annotations = annotations;
  else delete out.metadata.annotations;
  out.spec = spec;
  if (out.status) delete out.status.currentCPUUtilizationPercentage;
  return out;
}
