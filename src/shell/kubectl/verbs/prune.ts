import type { Json } from '../../../kube/object.ts';
import type { Info } from '../builder.ts';
import { displayName, pathOf, type Resource, withQuery } from '../client.ts';
import type { Call } from '../context.ts';
import { isNotFound, KubectlError } from '../errors.ts';
import { LAST_APPLIED } from './apply.ts';
import { dryRunOf } from './shared.ts';

/** What --prune looks through without an allowlist (apply/prune.go). */
const DEFAULTS = [
  ...['core/v1/ConfigMap', 'core/v1/Endpoints', 'core/v1/PersistentVolumeClaim', 'core/v1/Pod'],
  ...['core/v1/ReplicationController', 'core/v1/Secret', 'core/v1/Service', 'batch/v1/Job', 'batch/v1/CronJob'],
  ...['networking.k8s.io/v1/Ingress', 'apps/v1/DaemonSet', 'apps/v1/Deployment', 'apps/v1/ReplicaSet'],
  ...['apps/v1/StatefulSet', 'core/v1/Namespace', 'core/v1/PersistentVolume'],
];

/** The kinds to prune; undefined when nothing is to be pruned. Refuses what kubectl refuses before it applies anything. */
export async function assertPrune(call: Call): Promise<Resource[] | undefined> {
  const { flags } = call;
  if (!flags.bool('prune')) return undefined;
  if (!flags.bool('all') && !flags.str('selector'))
    throw new KubectlError(
      'all resources selected for prune without explicitly passing --all. To prune all resources, pass the --all flag. If you did not mean to prune all resources, specify a label selector',
    );
  const listed = flags.list('prune-allowlist');
  const out: Resource[] = [];
  for (const text of listed.length > 0 ? listed : DEFAULTS) {
    const parts = text.split('/');
    if (parts.length !== 3)
      throw new KubectlError(`invalid GroupVersionKind format: ${text}, please follow <group/version/kind>`);
    const [group = '', version, kind] = parts;
    const resource = await call.client.find(
      (one) => one.group === (group === 'core' ? '' : group) && one.version === version && one.kind === kind,
    );
    if (!resource)
      throw new KubectlError(
        `no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(group === 'core' ? version : `${group}/${version}`)}`,
      );
    out.push(resource);
  }
  return out;
}

/** Deletes what was applied once, bears the selector's labels, and is not among what was applied now. */
export async function prune(call: Call, resources: Resource[], applied: Info[]): Promise<void> {
  const kept = new Set(applied.map(({ resource, namespace, name }) => `${resource.kind}/${namespace ?? ''}/${name}`));
  const namespaces = new Set(applied.flatMap(({ namespace }) => (namespace ? [namespace] : [])));
  const dry = dryRunOf(call);
  const suffix = { none: '', client: ' (dry run)', server: ' (server dry run)' }[dry];
  const scopes = [
    ...[...namespaces].flatMap((namespace) =>
      resources
        .filter((one) => one.namespaced)
        .map((resource) => ({ resource, namespace: namespace as string | undefined })),
    ),
    ...(call.namespaceGiven
      ? []
      : resources.filter((one) => !one.namespaced).map((resource) => ({ resource, namespace: undefined }))),
  ];
  for (const { resource, namespace } of scopes) {
    const list = await call.client.list(pathOf(resource, namespace), { labelSelector: call.flags.str('selector') });
    for (const { metadata } of list.items as Json[]) {
      if (metadata.annotations?.[LAST_APPLIED] === undefined) continue;
      if (kept.has(`${resource.kind}/${namespace ?? ''}/${metadata.name}`)) continue;
      if (dry !== 'client') await remove(call, pathOf(resource, namespace, metadata.name), dry === 'server');
      call.out(
        call.flags.str('output') === 'name'
          ? `${displayName(resource, metadata.name)}\n`
          : `${displayName(resource, metadata.name)} pruned${suffix}\n`,
      );
    }
  }
}

async function remove(call: Call, path: string, isDry: boolean): Promise<void> {
  try {
    await call.client.json('DELETE', withQuery(path, { dryRun: isDry ? 'All' : undefined }), {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      propagationPolicy: 'Background',
    });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
