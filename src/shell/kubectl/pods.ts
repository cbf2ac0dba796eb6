import type { Json } from '../../kube/object.ts';
import type { Info } from './builder.ts';
import { withQuery } from './client.ts';
import type { Call } from './context.ts';
import { formatLabels, formatSelector } from './describe/writer.ts';
import { KubectlError } from './errors.ts';

const isReady = (pod: Json): boolean =>
  (pod.status?.conditions ?? []).some((c: Json) => c.type === 'Ready' && c.status === 'True');

/** kubectl's order for logs: scheduled, running, ready, older ready, fewer restarts come first. */
function rank(a: Json, b: Json): number {
  const phase: Record<string, number> = { Pending: 0, Unknown: 1, Running: 2 };
  const byBool = (x: boolean, y: boolean): number => Number(y) - Number(x);
  return (
    byBool(!!a.spec.nodeName, !!b.spec.nodeName) ||
    (phase[b.status?.phase] ?? 0) - (phase[a.status?.phase] ?? 0) ||
    byBool(isReady(a), isReady(b)) ||
    (a.metadata.creationTimestamp < b.metadata.creationTimestamp
      ? -1
      : a.metadata.creationTimestamp > b.metadata.creationTimestamp
        ? 1
        : 0)
  );
}

/** Selector of a workload's or service's pods, as polymorphic helpers of kubectl find it. */
export function podSelectorOf(object: Json): string {
  if (object.kind === 'Service' || object.kind === 'ReplicationController')
    return object.spec.selector ? formatLabels(object.spec.selector) : '';
  if (object.spec?.selector) return formatSelector(object.spec.selector);
  throw new KubectlError(`cannot get the logs from *v1.${object.kind}: selector not found`);
}

/** Pods of `type/name`, best first; waits until there is one, like kubectl. */
export async function newestPodsOf(call: Call, info: Info, timeoutMs: number): Promise<Json[]> {
  if (info.resource.kind === 'Pod')
    return [await call.client.get(`/api/v1/namespaces/${info.namespace}/pods/${info.name}`)];
  const root = info.resource.group ? `/apis/${info.resource.groupVersion}` : `/api/${info.resource.version}`;
  const object = await call.client.get(`${root}/namespaces/${info.namespace}/${info.resource.name}/${info.name}`);
  const selector = podSelectorOf(object);
  const until = call.time.now() + timeoutMs;
  for (;;) {
    const list = await call.client.list(
      withQuery(`/api/v1/namespaces/${info.namespace}/pods`, { labelSelector: selector }),
    );
    if (list.items.length > 0) return list.items.sort(rank);
    if (call.time.now() >= until) throw new KubectlError('timed out waiting for the condition');
    await call.time.sleep(1000, call.signal);
  }
}
