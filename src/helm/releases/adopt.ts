import type { Cluster } from '../../cluster/cluster.ts';
import { UserError } from '../../core/errors.ts';
import type { Chart, Json } from '../chart.ts';
import { fromJson } from '../template/value.ts';
import { emitYaml } from '../yaml/emit.ts';
import { Helm } from './actions.ts';
import { KubeClient, type Manifested } from './kube.ts';

/** Fields that the server fills in. */
const SERVER_METADATA = ['uid', 'resourceVersion', 'generation', 'creationTimestamp', 'managedFields'];

export interface Adoption {
  release: string;
  namespace: string;
  /** Of the chart that the release is said to come from. */
  chart: { version: string; appVersion: string };
  /** API paths of the objects. */
  paths: readonly string[];
}

/**
 * Makes objects that are there the first revision of a release, as people do it: with Helm's label and annotations on them, and a chart
 * that renders what they are. Nothing restarts.
 */
export async function adoptRelease(cluster: Cluster, { release, namespace, chart, paths }: Adoption): Promise<void> {
  const kube = new KubeClient(cluster);
  const mark = {
    labels: { 'app.kubernetes.io/managed-by': 'Helm' },
    annotations: { 'meta.helm.sh/release-name': release, 'meta.helm.sh/release-namespace': namespace },
  };
  const templates: Chart['templates'] = [];
  for (const path of paths) {
    const object = await kube.json('GET', path);
    if (!object) throw new UserError('NOT_FOUND', `${path} is not there`);
    await kube.json('PATCH', path, { metadata: mark }, 'application/merge-patch+json');
    const { kind, metadata } = object as unknown as Manifested;
    const name = `templates/${metadata.name}-${kind.toLowerCase()}.yaml`;
    templates.push({ name, data: emitYaml(fromJson(bare(object))) });
  }
  const metadata = { apiVersion: 'v2', name: release, type: 'application', ...chart };
  const made: Chart = { metadata, templates, files: [], crds: [], values: {}, valuesText: '', dependencies: [] };
  await new Helm(cluster).install(release, made, {}, { namespace, forceConflicts: true });
}

function bare({ status: _, ...object }: Json): Json {
  const metadata = { ...(object['metadata'] as Json) };
  for (const field of SERVER_METADATA) delete metadata[field];
  return { ...object, metadata };
}
