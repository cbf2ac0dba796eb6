import type { Json } from '../../../../kube/object.ts';
import { compareQuantities } from '../../../../kube/quantity.ts';

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

/** The pod's QoS class from cpu and memory of all its regular and init containers. */
export function podQosClass(spec: Json): QosClass {
  // Resources of the whole pod decide alone.
  const containers: Json[] = spec.resources ? [spec] : [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  let any = false;
  let guaranteed = true;
  for (const container of containers) {
    const { limits = {}, requests = {} } = container.resources ?? {};
    for (const name of ['cpu', 'memory']) {
      const limit = limits[name];
      const request = requests[name] ?? limit;
      const set = (value: string | undefined): boolean => value !== undefined && compareQuantities(value, '0') > 0;
      if (set(limit) || set(request)) any = true;
      if (!set(limit) || !set(request) || compareQuantities(limit, request) !== 0) guaranteed = false;
    }
  }
  if (!any) return 'BestEffort';
  return guaranteed ? 'Guaranteed' : 'Burstable';
}
