import { notAcceptable } from './errors.ts';

export type Representation =
  | { as: 'object' }
  | { as: 'Table'; apiVersion: string }
  | { as: 'PartialObjectMetadata'; apiVersion: string };

const OFFERED = 'application/json, application/yaml, application/vnd.kubernetes.protobuf';

/** Chooses JSON, a Table or metadata only from an Accept header; 406 when none of ours is acceptable. */
export function negotiate(accept: string | undefined): Representation {
  if (accept === undefined || accept.trim() === '') return { as: 'object' };
  for (const clause of accept.split(',')) {
    const [type, ...rest] = clause.split(';').map((part) => part.trim());
    const params = new Map(rest.map((p) => p.split('=', 2) as [string, string]));
    if (type !== 'application/json' && type !== '*/*' && type !== 'application/*') continue;
    const as = params.get('as');
    if (as === undefined) return { as: 'object' };
    if (params.get('g') !== 'meta.k8s.io' || !['v1', 'v1beta1'].includes(params.get('v') ?? '')) continue;
    const apiVersion = `meta.k8s.io/${params.get('v')}`;
    if (as === 'Table') return { as, apiVersion };
    if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList')
      return { as: 'PartialObjectMetadata', apiVersion };
  }
  throw notAcceptable(OFFERED);
}

/** Whether the client asks for aggregated discovery, and in which version. */
export function wantsAggregatedDiscovery(accept: string | undefined): 'v2' | undefined {
  for (const clause of (accept ?? '').split(',')) {
    if (
      /g=apidiscovery\.k8s\.io/.test(clause) &&
      /v=v2(;|$)/.test(clause.replaceAll(' ', '')) &&
      /as=APIGroupDiscoveryList/.test(clause)
    )
      return 'v2';
  }
  return undefined;
}
