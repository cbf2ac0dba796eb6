import { clone, type Json, type KubeObject } from '../../../kube/object.ts';
import { quantityNumber, quantityOf } from '../../../kube/quantity.ts';
import type { ApiClient } from '../../api/api.ts';
import type { World } from '../../world.ts';
import type { PodMetrics } from '../context.ts';
import { type AutoscalerMemory, applyBehavior } from './autoscaler-behavior.ts';
import { isServed } from './kinds.ts';
import { attempt, type Condition, sameJson, setCondition } from './objects.ts';
import { isPodActive, isPodReady } from './pods.ts';
import { matchesSelector } from './selector.ts';

const REF = 'autoscaling/v2/HorizontalPodAutoscaler';
/** Ratios this close to 1 change nothing. */
const TOLERANCE = 0.1;
/** A smaller size must have been asked for this long. */
const DOWNSCALE_WINDOW_MS = 300_000;
const NO_METRICS_API =
  'unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)';

interface Reading {
  replicas: number;
  name: string;
  status: Json;
}

class MetricError extends Error {
  constructor(
    readonly reason: string,
    message: string,
  ) {
    super(message);
  }
}

/** One pass over one autoscaler (pkg/controller/podautoscaler): resource metrics; the others answer as unavailable. */
export class AutoscalerSync {
  readonly #hpa: KubeObject;

  constructor(
    readonly world: World,
    readonly api: ApiClient,
    autoscaler: KubeObject,
    readonly metrics: PodMetrics | undefined,
    readonly memory: AutoscalerMemory,
  ) {
    this.#hpa = clone(autoscaler);
    this.#hpa.status ??= {};
    this.#hpa.status.conditions ??= [];
  }

  run(): void {
    const { spec, metadata, status } = this.#hpa;
    const target = spec.scaleTargetRef;
    const ref = `${target.apiVersion}/${target.kind}`;
    const object = isServed(this.api, ref) ? this.api.get(ref, metadata.namespace, target.name) : undefined;
    if (!object) {
      const [group] = target.apiVersion.includes('/') ? target.apiVersion.split('/') : [''];
      const plural = `${target.kind.toLowerCase()}s${group ? `.${group}` : ''}`;
      const why = `${plural} "${target.name}" not found`;
      this.#event('Warning', 'FailedGetScale', why);
      const message = `the HPA controller was unable to get the target's current scale: ${why}`;
      this.#condition('AbleToScale', 'False', 'FailedGetScale', message);
      this.#write();
      return;
    }
    const got = "the HPA controller was able to get the target's current scale";
    this.#condition('AbleToScale', 'True', 'SucceededGetScale', got);
    const current: number = object.spec.replicas ?? 1;
    const wanted = this.#decide(object, current);
    if (wanted !== undefined && wanted.replicas !== current) this.#scale(object, wanted.replicas, wanted.reason);
    status.currentReplicas = object.status?.replicas ?? current;
    status.desiredReplicas = wanted?.replicas ?? status.desiredReplicas ?? 0;
    status.currentMetrics ??= null;
    this.#write();
  }

  #decide(object: KubeObject, current: number): { replicas: number; reason: string } | undefined {
    const { spec } = this.#hpa;
    const min: number = spec.minReplicas ?? 1;
    if (current === 0 && min !== 0) {
      const message = 'scaling is disabled since the replica count of the target is zero';
      this.#condition('ScalingActive', 'False', 'ScalingDisabled', message);
      return { replicas: 0, reason: '' };
    }
    if (current > spec.maxReplicas) {
      return { replicas: spec.maxReplicas, reason: 'Current number of replicas above Spec.MaxReplicas' };
    }
    if (current < min) return { replicas: min, reason: 'Current number of replicas below Spec.MinReplicas' };
    const reading = this.#compute(object, current);
    if (!reading) return undefined;
    const limited = this.#stabilize(reading.replicas, current, min);
    const reason = limited > current ? `${reading.name} above target` : 'All metrics below target';
    return { replicas: limited, reason };
  }

  /** The largest size any metric asks for. */
  #compute(object: KubeObject, current: number): Reading | undefined {
    const metrics: Json[] = this.#hpa.spec.metrics ?? [];
    const readings: Reading[] = [];
    const errors: MetricError[] = [];
    this.#hpa.status.currentMetrics = metrics.map((metric) => {
      try {
        const reading = this.#read(metric, object, current);
        readings.push(reading);
        return reading.status;
      } catch (error) {
        if (!(error instanceof MetricError)) throw error;
        this.#event('Warning', error.reason, error.message);
        errors.push(error);
        return { type: '' };
      }
    });
    const [first] = errors;
    const best = readings.reduce<Reading | undefined>(
      (top, it) => (top && top.replicas >= it.replicas ? top : it),
      undefined,
    );
    if (first && (!best || best.replicas < current)) {
      const text = `failed to get ${this.#resourceOf(metrics[0])} resource metric value: ${first.message}`;
      const summary = `invalid metrics (${errors.length} invalid out of ${metrics.length}), first error is: ${text}`;
      const message = `the HPA was unable to compute the replica count: ${first.message}`;
      this.#condition('ScalingActive', 'False', first.reason, message);
      this.#event('Warning', 'FailedComputeMetricsReplicas', summary);
      return undefined;
    }
    if (!best) return undefined;
    const message = `the HPA was able to successfully calculate a replica count from ${best.name}`;
    this.#condition('ScalingActive', 'True', 'ValidMetricFound', message);
    return best;
  }

  #resourceOf(metric: Json): string {
    return metric?.resource?.name ?? metric?.containerResource?.name ?? '';
  }

  #read(metric: Json, object: KubeObject, current: number): Reading {
    const source = metric.resource ?? metric.containerResource;
    if (!source) {
      const what = metric.type === 'External' ? 'FailedGetExternalMetric' : `FailedGet${metric.type}Metric`;
      throw new MetricError(what, 'unable to get metric: no custom metrics API is registered');
    }
    const reason = metric.containerResource ? 'FailedGetContainerResourceMetric' : 'FailedGetResourceMetric';
    const utilization = source.target.type === 'Utilization';
    const prefix = utilization ? `failed to get ${source.name} utilization: ` : '';
    const fail = (text: string): never => {
      throw new MetricError(reason, `${prefix}${text}`);
    };
    const unable = `unable to get metrics for resource ${source.name}: `;
    if (!this.metrics) return fail(`${unable}${NO_METRICS_API}`);
    const pods = this.api
      .list('v1/Pod', object.metadata.namespace)
      .filter((pod) => matchesSelector(object.spec.selector, pod.metadata.labels) && isPodActive(pod));
    let used = 0;
    let requested = 0;
    let counted = 0;
    for (const pod of pods) {
      const samples = isPodReady(pod) ? this.metrics(pod) : undefined;
      if (!samples) continue;
      counted++;
      for (const container of pod.spec.containers) {
        if (source.container && source.container !== container.name) continue;
        const sample = samples.find((it) => it.container === container.name);
        used += (source.name === 'cpu' ? sample?.cpu : sample?.memory) ?? 0;
        const request = container.resources?.requests?.[source.name];
        if (utilization && request === undefined) {
          fail(`missing request for ${source.name} in container ${container.name} of Pod ${pod.metadata.name}`);
        }
        requested += quantityNumber(request) ?? 0;
      }
    }
    if (!counted) fail(`${unable}no metrics returned from resource metrics API`);
    return this.#reading(source, { used, requested, counted }, current, pods.length);
  }

  #reading(
    source: Json,
    { used, requested, counted }: { used: number; requested: number; counted: number },
    current: number,
    pods: number,
  ): Reading {
    const utilization = source.target.type === 'Utilization';
    const percent = Math.floor((100 * used) / (requested || 1));
    const goal = utilization ? source.target.averageUtilization : (quantityNumber(source.target.averageValue) ?? 0);
    const ratio = (utilization ? percent : used / counted) / goal;
    const replicas = Math.abs(ratio - 1) <= TOLERANCE ? current : Math.ceil(ratio * (counted || pods));
    const format = source.name === 'cpu' ? 'DecimalSI' : 'BinarySI';
    const average = source.name === 'cpu' ? Math.ceil((used / counted) * 1000) / 1000 : Math.floor(used / counted);
    const value = {
      ...(utilization ? { averageUtilization: percent } : {}),
      averageValue: quantityOf(average, format),
    };
    const name = utilization
      ? `${source.name} resource utilization (percentage of request)`
      : `${source.name} resource`;
    return { replicas, name, status: { type: 'Resource', resource: { name: source.name, current: value } } };
  }

  /** Scale-down waits for its window, scale-up is at most double or four more; then the bounds. */
  #stabilize(proposed: number, current: number, min: number): number {
    const now = this.world.nowMs;
    if (this.#hpa.spec.behavior) return this.#withBehavior(proposed, current, min);
    const past = this.memory.recommendations;
    past.push({ atMs: now, replicas: proposed });
    const highest = Math.max(...past.filter((it) => now - it.atMs <= DOWNSCALE_WINDOW_MS).map((it) => it.replicas));
    const stable = Math.max(proposed, Math.min(current, highest));
    if (stable !== proposed) {
      const message = 'recent recommendations were higher than current one, applying the highest recent recommendation';
      this.#condition('AbleToScale', 'True', 'ScaleDownStabilized', message);
    } else {
      const message = 'recommended size matches current size';
      this.#condition('AbleToScale', 'True', 'ReadyForNewScale', message);
    }
    const limit = Math.max(2 * current, current + 4, 4);
    const { maxReplicas } = this.#hpa.spec;
    const bounded = Math.min(Math.max(stable, min), maxReplicas, limit);
    const [status, reason, message] =
      stable > maxReplicas
        ? ['True', 'TooManyReplicas', 'the desired replica count is more than the maximum replica count']
        : stable < min
          ? ['True', 'TooFewReplicas', 'the desired replica count is less than the minimum replica count']
          : stable > limit
            ? ['True', 'ScaleUpLimit', 'the desired replica count is increasing faster than the maximum scale rate']
            : ['False', 'DesiredWithinRange', 'the desired count is within the acceptable range'];
    this.#condition('ScalingLimited', status as string, reason as string, message as string);
    return bounded;
  }

  #withBehavior(proposed: number, current: number, min: number): number {
    const now = { spec: this.#hpa.spec, nowMs: this.world.nowMs, current, min };
    const { replicas, able, limited } = applyBehavior(now, proposed, this.memory);
    this.#condition('AbleToScale', 'True', ...able);
    if (limited) this.#condition('ScalingLimited', 'True', ...limited);
    else {
      const message = 'the desired count is within the acceptable range';
      this.#condition('ScalingLimited', 'False', 'DesiredWithinRange', message);
    }
    return replicas;
  }

  #scale(object: KubeObject, replicas: number, reason: string): void {
    const { namespace, name } = object.metadata;
    const error = attempt(() =>
      this.api.modify(`${object.apiVersion}/${object.kind}`, namespace, name, (draft) => {
        draft.spec.replicas = replicas;
      }),
    );
    if (error) {
      this.#event('Warning', 'FailedRescale', `New size: ${replicas}; reason: ${reason}; error: ${error.message}`);
      const message = `the HPA controller was unable to update the target scale: ${error.message}`;
      this.#condition('AbleToScale', 'False', 'FailedUpdateScale', message);
      this.#write();
      throw error;
    }
    const message = `the HPA controller was able to update the target scale to ${replicas}`;
    this.#condition('AbleToScale', 'True', 'SucceededRescale', message);
    this.#event('Normal', 'SuccessfulRescale', `New size: ${replicas}; reason: ${reason}`);
    this.#hpa.status.lastScaleTime = this.world.nowIso;
    this.memory.changes.push({ atMs: this.world.nowMs, by: replicas - (object.spec.replicas ?? 1) });
  }

  #condition(type: string, status: string, reason: string, message: string): void {
    const conditions: Condition[] = this.#hpa.status.conditions;
    setCondition(conditions, { type, status, reason, message }, this.world.nowIso);
  }

  #write(): void {
    const { namespace, name } = this.#hpa.metadata;
    const { status } = this.#hpa;
    const write = (draft: KubeObject): void => {
      if (!sameJson(draft.status ?? {}, status)) draft.status = status;
    };
    this.api.modify(REF, namespace, name, write, 'status');
  }

  #event(type: 'Normal' | 'Warning', reason: string, message: string): void {
    const component = 'horizontal-pod-autoscaler';
    this.api.events.record({ regarding: this.#hpa, type, reason, message, component });
  }
}
