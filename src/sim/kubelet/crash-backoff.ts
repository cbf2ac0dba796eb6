import type { KubeObject } from '../../kube/object.ts';
import { backoffKey, type StartFailure } from './container-start.ts';
import { goDuration } from './images.ts';
import type { Instance } from './instance.ts';
import { fieldPathOf, type NodeContext, podText } from './node-context.ts';
import type { Planned } from './pod-actions.ts';

/** Regular resync of a pod; callers lengthen all delays by up to a half (wait.Jitter 0.5), as upstream does. */
const RESYNC_MS = 60_000;
/** After an error that is no crash back-off. */
export const RETRY_MS = 10_000;

/** doBackOff: a container that died is started again only when its back-off is over. */
export function checkBackoff(
  node: NodeContext,
  pod: KubeObject,
  { container, kind }: Planned,
  seen: readonly Instance[],
): StartFailure | undefined {
  const { name } = container;
  const died = seen.find((i) => i.name === name && i.state === 'exited');
  if (!died?.exit) return undefined;
  const key = backoffKey(pod, container);
  const retryMs = node.crashBackoff.remainingMs(key, died.exit.finishedMs);
  if (retryMs <= 0) {
    node.crashBackoff.next(key, died.exit.finishedMs);
    return undefined;
  }
  const text = `Back-off restarting failed container ${name} in pod ${podText(pod)}`;
  node.record(pod, 'Warning', 'BackOff', text, fieldPathOf(kind, name));
  const delay = goDuration(node.crashBackoff.delayMs(key));
  const message = `back-off ${delay} restarting failed container=${name} pod=${podText(pod)}`;
  return { reason: 'CrashLoopBackOff', message, retryMs };
}

/** Upstream retries after the shortest crash back-off when only those failed, after 10 s for other errors. */
export function nextDelayMs(failures: readonly StartFailure[]): number {
  if (failures.length === 0) return RESYNC_MS;
  const backoffs = failures.map((f) => f.retryMs);
  if (backoffs.some((ms) => ms === undefined)) return RETRY_MS;
  return Math.min(...(backoffs as number[]));
}
