import type { Prng } from '../../../core/prng.ts';
import type { Json, KubeObject } from '../../../kube/object.ts';
import type { ApiClient } from '../../api/api.ts';
import { ChaosError } from './action.ts';

/** `pkg/selector`'s words. */
const NONE = 'no pod is selected';

/** The pods that a selector and a mode choose, in the API's order. Throws {@link ChaosError} when there are none. */
export function selectPods(api: ApiClient, rng: Prng, { selector, mode, value }: Json): KubeObject[] {
  const found = namedPods(api, selector) ?? matchingPods(api, selector);
  if (found.length === 0) throw new ChaosError(NONE);
  return byMode(rng, found, mode, value);
}

/** Pods by name: then nothing else of the selector counts. */
function namedPods(api: ApiClient, selector: Json): KubeObject[] | undefined {
  if (!selector.pods || Object.keys(selector.pods).length === 0) return undefined;
  return Object.entries(selector.pods as Record<string, string[]>).flatMap(([namespace, names]) =>
    names.flatMap((name) => api.get('v1/Pod', namespace, name) ?? []),
  );
}

function matchingPods(api: ApiClient, selector: Json): KubeObject[] {
  const labels = { matchLabels: selector.labelSelectors, matchExpressions: selector.expressionSelectors };
  const namespaces: string[] = selector.namespaces ?? [];
  const nodes = nodesOf(api, selector);
  return namespaces
    .flatMap((namespace) => api.list('v1/Pod', namespace, labels))
    .filter(
      (pod) =>
        holds(selector.annotationSelectors, (key) => pod.metadata.annotations?.[key]) &&
        holds(selector.fieldSelectors, (path) => fieldOf(pod, path)) &&
        (!selector.podPhaseSelectors?.length || selector.podPhaseSelectors.includes(pod.status?.phase)) &&
        (!nodes || nodes.has(pod.spec.nodeName)),
    );
}

function nodesOf(api: ApiClient, { nodes, nodeSelectors }: Json): Set<string> | undefined {
  if (!nodes?.length && !nodeSelectors) return undefined;
  const matching = api.list('v1/Node', undefined, { matchLabels: nodeSelectors ?? {} });
  const names = matching.map((node) => node.metadata.name);
  return new Set(nodes?.length ? names.filter((name) => nodes.includes(name)) : names);
}

function holds(wanted: Record<string, string> | undefined, actual: (key: string) => unknown): boolean {
  return Object.entries(wanted ?? {}).every(([key, value]) => actual(key) === value);
}

function fieldOf(pod: KubeObject, path: string): unknown {
  return path.split('.').reduce((value: Json, key) => value?.[key], pod);
}

function byMode(rng: Prng, pods: KubeObject[], mode: string, value: string | undefined): KubeObject[] {
  const percent = (share: number): number => Math.floor((pods.length * share) / 100);
  switch (mode) {
    case 'all':
      return pods;
    case 'one':
      return sample(rng, pods, 1);
    case 'fixed':
      return sample(rng, pods, Math.min(whole(value, pods.length), pods.length));
    case 'fixed-percent':
      return sample(rng, pods, percent(whole(value, 100)));
    case 'random-max-percent':
      return sample(rng, pods, percent(rng.int(whole(value, 100) + 1)));
    default:
      throw new ChaosError(`mode ${mode} not supported`);
  }
}

function whole(value: string | undefined, max: number): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 0) throw new ChaosError(`cannot select ${value} of ${max}`);
  return number;
}

function sample(rng: Prng, pods: readonly KubeObject[], count: number): KubeObject[] {
  if (count === 0) throw new ChaosError(NONE);
  const left = pods.map((_, index) => index);
  const taken = Array.from({ length: count }, () => left.splice(rng.int(left.length), 1)[0] as number);
  return taken.sort((a, b) => a - b).map((index) => pods[index] as KubeObject);
}
