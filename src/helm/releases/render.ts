import { UserError } from '../../core/errors.ts';
import type { Chart, Json } from '../chart.ts';
import { type RenderOptions, renderChart } from '../engine.ts';
import { ApiRefusal, type KubeClient } from './kube.ts';

/** A chart may look up what earlier look-ups named; more rounds than this do not occur in real charts. */
const ROUNDS_MAX = 20;

/**
 * Renders with the cluster at hand: `lookup` reads objects, `.Capabilities.APIVersions` is what the server offers. Templates cannot
 * wait, so they are rendered again until all that they look up has been fetched.
 */
export async function renderOnCluster(
  kube: KubeClient,
  chart: Chart,
  options: RenderOptions,
): Promise<Record<string, string>> {
  const known = new Map<string, Json>();
  const apiVersions = await kube.groupVersions();
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const wanted = new Map<string, [apiVersion: string, kind: string, namespace: string, name: string]>();
    const lookup: RenderOptions['lookup'] = (...query) => {
      const key = JSON.stringify(query);
      if (!known.has(key)) wanted.set(key, query);
      return known.get(key) ?? {};
    };
    let rendered: Record<string, string> | undefined;
    let failure: unknown;
    try {
      rendered = renderChart(chart, { ...options, apiVersions, lookup });
    } catch (error) {
      failure = error;
    }
    if (wanted.size === 0) {
      if (rendered) return rendered;
      throw failure;
    }
    for (const [key, query] of wanted) known.set(key, await read(kube, ...query));
  }
  throw new UserError('LIMIT', `templates look up new objects in more than ${ROUNDS_MAX} rounds`);
}

/** An object, a list when no name is given, or an empty map when there is none. */
async function read(
  kube: KubeClient,
  apiVersion: string,
  kind: string,
  namespace: string,
  name: string,
): Promise<Json> {
  try {
    const collection = await kube.collectionOf(apiVersion, kind, namespace);
    const path = namespace === '' ? collection.replace('/namespaces//', '/') : collection;
    return (await kube.json('GET', name === '' ? path : `${path}/${name}`)) ?? {};
  } catch (error) {
    if (error instanceof ApiRefusal && error.message.startsWith('no matches for kind')) return {};
    throw error;
  }
}
