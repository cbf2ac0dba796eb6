import type { Json } from '../../kube/object.ts';
import type { CgroupLimits } from '../process/cgroup.ts';

const FACTORS: Record<string, number> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** A resource.Quantity as a plain number (cores, bytes); it was validated when it was stored. */
export function parseQuantityNumber(text: string | number): number {
  const match = /^([+-]?[\d.]+(?:[eE][+-]?\d+)?)([a-zA-Z]*)$/.exec(String(text));
  return match ? Number(match[1]) * (FACTORS[match[2] as string] ?? 1) : 0;
}

/** How the kubelet turns requests and limits into cgroup settings. */
export function cgroupLimits(container: Json): CgroupLimits {
  const { limits = {}, requests = {} } = container.resources ?? {};
  const cpuLimit = limits.cpu === undefined ? undefined : parseQuantityNumber(limits.cpu);
  const cpuRequest = requests.cpu === undefined ? (cpuLimit ?? 0) : parseQuantityNumber(requests.cpu);
  return {
    memoryBytes: limits.memory === undefined ? undefined : parseQuantityNumber(limits.memory),
    cpuQuotaUs: cpuLimit ? Math.max(1000, Math.round(cpuLimit * 100_000)) : undefined,
    cpuShares: Math.max(2, Math.floor(cpuRequest * 1024)),
  };
}

/** `Guaranteed`, `Burstable` or `BestEffort`. */
export function qosClass(spec: Json): string {
  const containers: Json[] = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  let any = false;
  let guaranteed = true;
  for (const { resources = {} } of containers) {
    const { limits = {}, requests = {} } = resources;
    if (Object.keys({ ...limits, ...requests }).some((r) => r === 'cpu' || r === 'memory')) any = true;
    for (const name of ['cpu', 'memory']) {
      const limit = limits[name];
      const request = requests[name] ?? limit;
      if (limit === undefined || parseQuantityNumber(limit) !== parseQuantityNumber(request)) guaranteed = false;
    }
  }
  if (!any) return 'BestEffort';
  return guaranteed ? 'Guaranteed' : 'Burstable';
}
