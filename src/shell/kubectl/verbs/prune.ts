import type { Json } from '../../../kube/object.ts';
import type { Info } from '../builder.ts';
import { pathOf, type Resource, withQuery } from '../client.ts';
import type { Call } from '../context.ts';
import { isNotFound, KubectlError } from '../errors.ts';
import { logLine } from '../log.ts';
import { resultPrinter } from '../printers/output.ts';
import { LAST_APPLIED } from './apply.ts';
import { propagationOf } from './delete.ts';
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
  return pruneKinds(call);
}

/** The kinds of --prune-allowlist, or those that kubectl prunes without one. */
export async function pruneKinds(call: Call): Promise<Resource[]> {
  const listed = call.flags.list('prune-allowlist');
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

/** What --prune would delete: applied once, with the selector's labels, and not among what is applied now. */
export async function findPrunable(
  call: Call,
  resources: Resource[],
  applied: Info[],
  namespaceSpecified: boolean,
): Promise<{ resource: Resource; namespace: string | undefined; object: Json }[]> {
  if (namespaceSpecified && call.flags.list('prune-allowlist').length === 0)
    call.err(
      `${logLine('W', call.time.now())} prune.go:71] Deprecated: kubectl apply will no longer prune non-namespaced resources by default when used with the --namespace flag in a future release. To preserve the current behaviour, list the resources you want to target explicitly in the --prune-allowlist flag.\n`,
    );
  const kept = new Set(applied.map(({ resource, namespace, name }) => `${resource.kind}/${namespace ?? ''}/${name}`));
  const namespaces = new Set(applied.flatMap(({ namespace }) => (namespace ? [namespace] : [])));
  const scopes = [
    ...[...namespaces].flatMap((namespace) =>
      resources
        .filter((one) => one.namespaced)
        .map((resource) => ({ resource, namespace: namespace as string | undefined })),
    ),
    ...resources.filter((one) => !one.namespaced).map((resource) => ({ resource, namespace: undefined })),
  ];
  const found: { resource: Resource; namespace: string | undefined; object: Json }[] = [];
  for (const { resource, namespace } of scopes) {
    const list = await call.client.list(pathOf(resource, namespace), { labelSelector: call.flags.str('selector') });
    for (const object of list.items as Json[]) {
      if (object.metadata.annotations?.[LAST_APPLIED] === undefined) continue;
      if (!kept.has(`${resource.kind}/${namespace ?? ''}/${object.metadata.name}`))
        found.push({ resource, namespace, object });
    }
  }
  return found;
}

/** Deletes what was applied once, bears the selector's labels, and is not among what was applied now. */
export async function prune(call: Call, resources: Resource[], applied: Info[]): Promise<void> {
  const print = await resultPrinter(call, 'pruned');
  for (const { resource, namespace, object } of await findPrunable(call, resources, applied, call.namespaceGiven)) {
    await deletePruned(call, pathOf(resource, namespace, object.metadata.name));
    print(object, resource);
  }
}

/** Deletes one object as the flags say; one that is gone already is no fault. */
export async function deletePruned(call: Call, path: string): Promise<void> {
  const dry = dryRunOf(call);
  if (dry === 'client') return;
  const grace = call.flags.int('grace-period');
  try {
    await call.client.json('DELETE', withQuery(path, { dryRun: dry === 'server' ? 'All' : undefined }), {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      propagationPolicy: propagationOf(call.flags.str('cascade')),
      ...(grace >= 0 ? { gracePeriodSeconds: grace } : {}),
    });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
