import type { Json } from '../../kube/object.ts';
import { quantityNumber } from '../../kube/quantity.ts';
import type { CgroupLimits } from '../process/cgroup.ts';

/** How the kubelet turns requests and limits into cgroup settings. */
export function cgroupLimits(container: Json): CgroupLimits {
  const { limits = {}, requests = {} } = container.resources ?? {};
  const cpuLimit = quantityNumber(limits.cpu);
  const cpuRequest = quantityNumber(requests.cpu) ?? cpuLimit ?? 0;
  return {
    memoryBytes: quantityNumber(limits.memory),
    cpuQuotaUs: cpuLimit ? Math.max(1000, Math.round(cpuLimit * 100_000)) : undefined,
    cpuShares: Math.max(2, Math.floor(cpuRequest * 1024)),
  };
}

/** `Guaranteed`, `Burstable` or `BestEffort`. */
export function qosClass(spec: Json): string {
  const containers: Json[] = spec.resources ? [spec] : [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  let any = false;
  let guaranteed = true;
  for (const { resources = {} } of containers) {
    const { limits = {}, requests = {} } = resources;
    if (Object.keys({ ...limits, ...requests }).some((r) => r === 'cpu' || r === 'memory')) any = true;
    for (const name of ['cpu', 'memory']) {
      const limit = limits[name];
      const request = requests[name] ?? limit;
      if (limit === undefined || quantityNumber(limit) !== quantityNumber(request)) guaranteed = false;
    }
  }
  if (!any) return 'BestEffort';
  return guaranteed ? 'Guaranteed' : 'Burstable';
}
