import type { Json } from '../../../kube/object.ts';

/** What an autoscaler remembers between its passes. */
export interface AutoscalerMemory {
  /** Sizes that the metrics asked for. */
  recommendations: { atMs: number; replicas: number }[];
  /** Changes of size that it made, signed. */
  changes: { atMs: number; by: number }[];
}

export interface Limited {
  replicas: number;
  /** Reason and message of condition AbleToScale, and of ScalingLimited where the size was held back. */
  able: [reason: string, message: string];
  limited?: [reason: string, message: string];
}

const ABLE: Record<string, [string, string]> = {
  ready: ['ReadyForNewScale', 'recommended size matches current size'],
  up: [
    'ScaleUpStabilized',
    'recent recommendations were lower than current one, applying the lowest recent recommendation',
  ],
  down: [
    'ScaleDownStabilized',
    'recent recommendations were higher than current one, applying the highest recent recommendation',
  ],
};
const LIMITS: Record<string, [string, string]> = {
  many: ['TooManyReplicas', 'the desired replica count is more than the maximum replica count'],
  few: ['TooFewReplicas', 'the desired replica count is less than the minimum replica count'],
  fast: ['ScaleUpLimit', 'the desired replica count is increasing faster than the maximum scale rate'],
  slow: ['ScaleDownLimit', 'the desired replica count is decreasing faster than the maximum scale rate'],
};
const DOWN_WINDOW_SECONDS = 300;

/** Windows and rates of spec.behavior applied to a proposed size (normalizeDesiredReplicasWithBehaviors). */
export function applyBehavior(
  { spec, nowMs, current, min }: { spec: Json; nowMs: number; current: number; min: number },
  proposed: number,
  memory: AutoscalerMemory,
): Limited {
  const { scaleUp, scaleDown } = spec.behavior;
  const stable = stabilize(spec.behavior, nowMs, current, proposed, memory);
  const able = ABLE[stable === proposed ? 'ready' : stable > proposed ? 'down' : 'up'] as [string, string];
  if (stable > current) {
    const rate = Math.max(current, rateLimit(scaleUp, 1, current, nowMs, memory));
    const most = Math.min(spec.maxReplicas, rate);
    if (stable > most) return { replicas: most, able, limited: LIMITS[spec.maxReplicas > rate ? 'fast' : 'many'] };
  } else if (stable < current) {
    const rate = Math.min(current, rateLimit(scaleDown, -1, current, nowMs, memory));
    const least = Math.max(min, rate);
    if (stable < least) return { replicas: least, able, limited: LIMITS[min < rate ? 'slow' : 'few'] };
  }
  return { replicas: Math.min(Math.max(stable, min), spec.maxReplicas), able };
}

/** The present size moves only as far as all recommendations of the direction's window go. */
function stabilize(behavior: Json, nowMs: number, current: number, proposed: number, memory: AutoscalerMemory): number {
  const within = (seconds: number): number[] =>
    memory.recommendations.filter((it) => nowMs - it.atMs < seconds * 1000).map((it) => it.replicas);
  const lowest = Math.min(proposed, ...within(behavior.scaleUp?.stabilizationWindowSeconds ?? 0));
  const highest = Math.max(proposed, ...within(behavior.scaleDown?.stabilizationWindowSeconds ?? DOWN_WINDOW_SECONDS));
  memory.recommendations.push({ atMs: nowMs, replicas: proposed });
  return Math.min(Math.max(current, lowest), highest);
}

/** How far the policies let the size go in one direction (1 up, -1 down). */
function rateLimit(rules: Json, direction: 1 | -1, current: number, nowMs: number, memory: AutoscalerMemory): number {
  if (rules?.selectPolicy === 'Disabled') return current;
  const proposals = (rules?.policies ?? []).map(({ type, value, periodSeconds }: Json) => {
    const recent = memory.changes.filter((it) => nowMs - it.atMs < periodSeconds * 1000);
    const start = current - recent.reduce((sum, it) => sum + it.by, 0);
    if (type === 'Pods') return start + direction * value;
    const share = start * (1 + (direction * value) / 100);
    return direction > 0 ? Math.ceil(share) : Math.floor(share);
  });
  const furthest = (rules?.selectPolicy === 'Min') === direction < 0;
  return furthest ? Math.max(...proposals) : Math.min(...proposals);
}
