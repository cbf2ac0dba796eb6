import { notAcceptable, notConvertible } from './errors.ts';

export type Representation =
  | { as: 'object' }
  | { as: 'Table'; apiVersion: string }
  | { as: 'PartialObjectMetadata'; apiVersion: string };

const READABLE = new Set(['application/json', 'application/yaml', '*/*', 'application/*']);
const OFFERED = 'application/json, application/yaml, application/vnd.kubernetes.protobuf';

/** Chooses JSON, a Table or metadata only from an Accept header; 406 when none of ours is acceptable. */
export function negotiate(accept: string | undefined): Representation {
  if (accept === undefined || accept.trim() === '') return { as: 'object' };
  let isKnown = false;
  for (const clause of accept.split(',')) {
    const [type, ...rest] = clause.split(';').map((part) => part.trim());
    const params = new Map(rest.map((p) => p.split('=', 2) as [string, string]));
    if (!READABLE.has(type ?? '')) continue;
    isKnown = true;
    const as = params.get('as');
    if (as === undefined) return { as: 'object' };
    if (params.get('g') !== 'meta.k8s.io' || !['v1', 'v1beta1'].includes(params.get('v') ?? '')) continue;
    const apiVersion = `meta.k8s.io/${params.get('v')}`;
    if (as === 'Table') return { as, apiVersion };
    if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList')
      return { as: 'PartialObjectMetadata', apiVersion };
  }
  throw isKnown ? notConvertible(OFFERED) : notAcceptable(OFFERED);
}

/** For answers that are no stored objects: they have no Table; 406 when nothing else is acceptable. */
export function assertPlain(accept: string | undefined): void {
  const clauses = (accept ?? '').split(',').filter((clause) => clause.trim() !== '');
  if (clauses.length > 0 && clauses.every((clause) => /;\s*as=/.test(clause))) throw notConvertible(OFFERED);
}

/** Whether the first media type that the client accepts, of those we write, is YAML. */
export function wantsYaml(accept: string | undefined): boolean {
  const types = (accept ?? '').split(',').map((clause) => clause.split(';')[0]?.trim() ?? '');
  return types.find((type) => READABLE.has(type)) === 'application/yaml';
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
