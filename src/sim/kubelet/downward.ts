import type { Json } from '../../kube/object.ts';
import { quantityNumber } from '../../kube/quantity.ts';
import type { EnvContext } from './env.ts';

/** Value of a downward API field path; undefined for a path that validation does not let through. */
export function fieldRefValue(ctx: EnvContext, path: string): string {
  const { pod } = ctx;
  const subscript = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (subscript) return pod.metadata[subscript[1] as 'labels' | 'annotations']?.[subscript[2] as string] ?? '';
  switch (path) {
    case 'metadata.name':
      return pod.metadata.name;
    case 'metadata.namespace':
      return pod.metadata.namespace ?? '';
    case 'metadata.uid':
      return pod.metadata.uid;
    case 'metadata.labels':
      return mapText(pod.metadata.labels);
    case 'metadata.annotations':
      return mapText({
        ...pod.metadata.annotations,
        'kubernetes.io/config.seen': ctx.seenAt,
        'kubernetes.io/config.source': 'api',
      });
    case 'spec.nodeName':
      return ctx.nodeName;
    case 'spec.serviceAccountName':
      return pod.spec.serviceAccountName ?? '';
    case 'status.hostIP':
    case 'status.hostIPs':
      return ctx.hostIP;
    case 'status.podIP':
    case 'status.podIPs':
      return ctx.podIP;
    default:
      return '';
  }
}

function mapText(map: Record<string, string> | undefined): string {
  return Object.keys(map ?? {})
    .sort()
    .map((key) => `${key}=${JSON.stringify(map?.[key])}`)
    .join('\n');
}

/** `limits.cpu` and so on, divided and rounded up; a limit that is not set is the node's capacity. */
export function resourceRefValue(ctx: EnvContext, container: Json, ref: Json): string {
  const owner = ref.containerName
    ? [...(ctx.pod.spec.containers ?? []), ...(ctx.pod.spec.initContainers ?? [])].find(
        (c: Json) => c.name === ref.containerName,
      )
    : container;
  const [group, resource] = String(ref.resource).split('.') as [string, 'cpu' | 'memory'];
  const capacity = group === 'limits' ? (ctx.nodeCapacity[resource] ?? '0') : '0';
  const value = owner?.resources?.[group]?.[resource] ?? capacity;
  const divisor = ref.divisor && ref.divisor !== '0' ? ref.divisor : '1';
  return String(Math.ceil((quantityNumber(value) ?? 0) / (quantityNumber(divisor) ?? 1) - 1e-9));
}
