import type { Json, KubeObject } from '../../../kube/object.ts';
import { defineKind } from './common/define.ts';
import { validateHpaSpec } from './common/hpa-validation.ts';
import { setDefaultPointer } from './common/pod-defaults.ts';
import { age, columns } from './common/table.ts';

const PERIOD_SECONDS = 15;

/** Rules that a `behavior` gets for what it leaves out. Upstream's defaults before behaviors existed. */
function completeBehavior(behavior: Json): void {
  const percent = { type: 'Percent', value: 100, periodSeconds: PERIOD_SECONDS };
  const pods = { type: 'Pods', value: 4, periodSeconds: PERIOD_SECONDS };
  behavior.scaleUp = {
    stabilizationWindowSeconds: 0,
    selectPolicy: 'Max',
    policies: [pods, percent],
    ...behavior.scaleUp,
  };
  behavior.scaleDown = { selectPolicy: 'Max', policies: [percent], ...behavior.scaleDown };
}

function utilization(value: number | undefined, missing: string): string {
  return value === undefined ? missing : `${value}%`;
}

/** One entry of column TARGETS. */
function targetText(spec: Json, status: Json): string {
  const field = spec.type.charAt(0).toLowerCase() + spec.type.slice(1);
  const { target = {}, name } = spec[field] ?? {};
  const current = status?.[field]?.current;
  const prefix = spec.type === 'Resource' || spec.type === 'ContainerResource' ? `${name}: ` : '';
  if (prefix && target.averageValue === undefined)
    return `${prefix}${utilization(current?.averageUtilization, '<unknown>')}/${utilization(target.averageUtilization, '<auto>')}`;
  const average = target.averageValue !== undefined;
  const now = (average ? current?.averageValue : current?.value) ?? '<unknown>';
  const suffix = average && (spec.type === 'Object' || spec.type === 'External') ? ' (avg)' : '';
  return `${prefix}${now}/${average ? target.averageValue : target.value}${suffix}`;
}

function targetsText(hpa: KubeObject): string {
  const specs: Json[] = hpa.spec.metrics ?? [];
  if (specs.length === 0) return '<none>';
  const list = specs.slice(0, 2).map((spec, i) => targetText(spec, hpa.status?.currentMetrics?.[i]));
  const text = list.join(', ');
  return specs.length > 2 ? `${text} + ${specs.length - 2} more...` : text;
}

const COLUMNS = columns('Name', 'Reference', 'Targets', 'MinPods', 'MaxPods', 'Replicas', 'Age');

function row(object: KubeObject, ctx: { nowMs: number }): unknown[] {
  const { spec, status = {} } = object;
  return [
    object.metadata.name,
    `${spec.scaleTargetRef.kind}/${spec.scaleTargetRef.name}`,
    targetsText(object),
    spec.minReplicas === undefined ? '<unset>' : String(spec.minReplicas),
    spec.maxReplicas,
    status.currentReplicas ?? 0,
    age(object, ctx),
  ];
}

/** autoscaling/v2 HorizontalPodAutoscaler: the stored form; autoscaling/v1 is a view of it. */
export const horizontalPodAutoscaler = defineKind({
  group: 'autoscaling',
  version: 'v2',
  kind: 'HorizontalPodAutoscaler',
  generation: false,
  hasStatus: true,
  deleteReturnsStatus: true,
  setDefaults({ spec }) {
    setDefaultPointer(spec, 'minReplicas', 1);
    if (!(spec.metrics?.length > 0))
      spec.metrics = [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
      ];
    if (spec.behavior) completeBehavior(spec.behavior);
  },
  validate: ({ spec }) => validateHpaSpec(spec),
  columns: COLUMNS,
  row,
});
