import { UserError } from '../../core/errors.ts';
import { type Hook, INSTALL_ORDER, sortByKind, splitDocuments, UNINSTALL_ORDER } from '../manifests.ts';
import { parseYaml } from '../yaml/parse.ts';
import { patchClientSide, replaceObject, takeOverManagedFields } from './client-side.ts';
import { ApiRefusal, gvkText, type KubeClient, type Manifested } from './kube.ts';
import type { Release } from './release.ts';
import { hookReadiness, waitReady } from './wait.ts';

/** Objects of a manifest text, in install order. */
export function objectsOf(manifest: string): Manifested[] {
  const objects: Manifested[] = [];
  for (const text of splitDocuments(manifest)) {
    const parsed = parseYaml(text) as (Manifested & { items?: Manifested[] }) | null;
    if (!parsed || typeof parsed !== 'object') continue;
    if (parsed.kind === 'List' && parsed.items) objects.push(...parsed.items);
    else objects.push(parsed);
  }
  return sortByKind(objects, INSTALL_ORDER);
}

export function inUninstallOrder(objects: readonly Manifested[]): Manifested[] {
  return sortByKind(objects, UNINSTALL_ORDER);
}

export const sameObject = (a: Manifested, b: Manifested): boolean =>
  a.kind === b.kind &&
  a.apiVersion.split('/').slice(0, -1).join() === b.apiVersion.split('/').slice(0, -1).join() &&
  a.metadata.name === b.metadata.name &&
  (a.metadata.namespace ?? '') === (b.metadata.namespace ?? '');

/** The object with the label and annotations by which Helm knows its own. */
function owned(object: Manifested, release: Release): Manifested {
  const { metadata } = object;
  return {
    ...object,
    metadata: {
      ...metadata,
      namespace: metadata.namespace,
      labels: { ...metadata.labels, 'app.kubernetes.io/managed-by': 'Helm' },
      annotations: {
        ...metadata.annotations,
        'meta.helm.sh/release-name': release.name,
        'meta.helm.sh/release-namespace': release.namespace,
      },
    },
  };
}

/** Refuses objects that exist and belong to nobody or to another release. */
export async function checkOwnership(
  kube: KubeClient,
  objects: readonly Manifested[],
  release: Release,
): Promise<void> {
  for (const object of objects) {
    const found = await kube.get(object, release.namespace);
    if (!found) continue;
    const { labels = {}, annotations = {} } = found['metadata'] as Manifested['metadata'];
    const faults = [
      mismatch('label', labels, 'app.kubernetes.io/managed-by', 'Helm'),
      mismatch('annotation', annotations, 'meta.helm.sh/release-name', release.name),
      mismatch('annotation', annotations, 'meta.helm.sh/release-namespace', release.namespace),
    ].filter(Boolean);
    if (faults.length === 0) continue;
    const path = await kube.pathOf(object, release.namespace);
    const namespace = path.includes('/namespaces/') ? (object.metadata.namespace ?? release.namespace) : '';
    const what = `${object.kind} "${object.metadata.name}" in namespace "${namespace}"`;
    throw new UserError(
      'CONFLICT',
      `${what} exists and cannot be imported into the current release: invalid ownership metadata; ${faults.join('; ')}`,
    );
  }
}

function mismatch(what: string, values: Record<string, string>, key: string, wanted: string): string {
  const value = values[key];
  if (value === wanted) return '';
  if (value === undefined) return `${what} validation error: missing key "${key}": must be set to "${wanted}"`;
  return `${what} validation error: key "${key}" must equal "${wanted}": current value is "${value}"`;
}

/** How objects are written. */
export interface Writing {
  /** Server-side apply; else creates and three-way patches. */
  serverSide: boolean;
  forceConflicts: boolean;
  forceReplace: boolean;
  /** The fields were helm's by client-side updates until now. */
  takesOver?: boolean;
}

/** Refuses what helm does not do at once. */
export function checkWriting({ serverSide, forceConflicts, forceReplace }: Writing): void {
  const together = (what: string): UserError =>
    new UserError('INVALID_ARGUMENT', `invalid operation: cannot use ${what} and force replace together`);
  if (forceConflicts && !serverSide)
    throw new UserError(
      'INVALID_ARGUMENT',
      'invalid client update option(s): forceConflicts enabled when serverSideApply disabled',
    );
  if (forceConflicts && forceReplace) throw together('force conflicts');
  if (serverSide && forceReplace) throw together('server-side apply');
}

/** Creates and patches in order, as helm does without server-side apply; `before` are the objects of the old manifest. */
export async function changeClientSide(
  kube: KubeClient,
  before: readonly Manifested[],
  objects: readonly Manifested[],
  release: Release,
  { forceReplace }: Writing,
): Promise<void> {
  const failed: ApiRefusal[] = [];
  for (const object of objects) {
    const target = owned(object, release);
    const live = await kube.get(target, release.namespace);
    if (!live) {
      await created(kube, target, release, 'failed to create resource: ');
      continue;
    }
    const original = before.find((old) => sameObject(old, object));
    try {
      if (forceReplace) await replaceObject(kube, target, live, release.namespace);
      else await patchClientSide(kube, original ? owned(original, release) : target, target, live, release.namespace);
    } catch (error) {
      if (!(error instanceof ApiRefusal)) throw error;
      failed.push(error);
    }
  }
  const [first] = failed;
  if (first) throw new ApiRefusal(failed.map(({ message }) => message).join(' && '), first.status, first.reason);
}

async function created(kube: KubeClient, object: Manifested, { namespace }: Release, prefix: string): Promise<void> {
  try {
    await kube.create(object, namespace);
  } catch (error) {
    if (!(error instanceof ApiRefusal)) throw error;
    throw new ApiRefusal(prefix + error.message, error.status, error.reason);
  }
}

/** Creates all objects of a new release; each is tried. */
export async function createAll(kube: KubeClient, objects: readonly Manifested[], release: Release): Promise<void> {
  const refusals: ApiRefusal[] = [];
  for (const object of objects) {
    try {
      await created(kube, owned(object, release), release, '');
    } catch (error) {
      if (!(error instanceof ApiRefusal)) throw error;
      refusals.push(error);
    }
  }
  const [first] = refusals;
  if (first) throw new ApiRefusal(refusals.map(({ message }) => message).join('\n'), first.status, first.reason);
}

/** Applies objects in order; `createPrefix` stands before the refusal of an object that does not exist yet. */
export async function applyAll(
  kube: KubeClient,
  objects: readonly Manifested[],
  release: Release,
  { forceConflicts: force, takesOver }: Writing,
  createPrefix = '',
): Promise<void> {
  const refusals: ApiRefusal[] = [];
  for (const object of objects) {
    try {
      if (takesOver) await takeOverManagedFields(kube, object, release.namespace);
      await applyOne(kube, owned(object, release), release.namespace, force, createPrefix);
    } catch (error) {
      // all objects are tried, but for an upgrade that cannot create one
      const isCreation = createPrefix !== '' && error instanceof ApiRefusal && error.message.startsWith(createPrefix);
      if (isCreation || !(error instanceof ApiRefusal)) throw error;
      refusals.push(error);
    }
  }
  const [first] = refusals;
  const all = refusals.map(({ message }) => message).join(createPrefix === '' ? '\n' : ' && ');
  if (first) throw new ApiRefusal(all, first.status, first.reason);
}

/** A conflict or refusal names the object as Helm does. */
export async function applyOne(
  kube: KubeClient,
  object: Manifested,
  namespace: string,
  force: boolean,
  createPrefix = '',
): Promise<void> {
  try {
    await kube.apply(object, namespace, force);
  } catch (error) {
    if (!(error instanceof ApiRefusal)) throw error;
    const where = `${object.metadata.namespace ?? namespace}/${object.metadata.name} ${gvkText(object)}`;
    if (error.status === 409 && error.message.startsWith('Apply failed')) {
      throw new ApiRefusal(
        `conflict occurred while applying object ${where}: ${error.message}`,
        error.status,
        error.reason,
      );
    }
    const exists = await kube.get(object, namespace).catch(() => undefined);
    if (!exists) throw new ApiRefusal(createPrefix + error.message, error.status, error.reason);
    throw error;
  }
}

/** Runs the hooks of one event in order of weight and name; each must become ready before the next starts. */
/** `chosen` leaves hooks out, as `helm test --filter` does. */
export async function runHooks(
  kube: KubeClient,
  release: Release,
  event: string,
  timeoutMs: number,
  chosen: (name: string) => boolean = () => true,
): Promise<void> {
  const hooks = (release.hooks ?? []).filter((hook) => hook.events.includes(event) && chosen(hook.name));
  hooks.sort((a, b) => (a.weight ?? 0) - (b.weight ?? 0) || (a.name < b.name ? -1 : 1));
  for (const hook of hooks) await runHook(kube, release, hook, event, timeoutMs);
  for (const hook of hooks) if (hook.delete_policies?.includes('hook-succeeded')) await deleteHook(kube, release, hook);
}

async function runHook(
  kube: KubeClient,
  release: Release,
  hook: Hook,
  event: string,
  timeoutMs: number,
): Promise<void> {
  const now = (): string => new Date(kube.cluster.clock.now()).toISOString();
  if (!hook.delete_policies?.length) hook.delete_policies = ['before-hook-creation'];
  if (hook.delete_policies.includes('before-hook-creation')) await deleteHook(kube, release, hook);
  const started_at = now();
  hook.last_run = { started_at, phase: 'Running' };
  const [object] = objectsOf(hook.manifest);
  if (!object) return;
  try {
    if (release.apply_method === 'csa') await kube.create(object, release.namespace);
    else await applyOne(kube, object, release.namespace, false);
    if (object.kind === 'Job' || object.kind === 'Pod')
      await waitReady(kube, [object], release.namespace, timeoutMs, hookReadiness);
    hook.last_run = { started_at, completed_at: now(), phase: 'Succeeded' };
  } catch (error) {
    hook.last_run = { started_at, completed_at: now(), phase: 'Failed' };
    if (hook.delete_policies.includes('hook-failed')) await deleteHook(kube, release, hook);
    const cause = error instanceof Error ? error.message : String(error);
    throw new UserError('STATE', `failed ${event}: ${cause}`);
  }
}

async function deleteHook(kube: KubeClient, release: Release, hook: Hook): Promise<void> {
  const [object] = objectsOf(hook.manifest);
  if (!object || !(await kube.delete(object, release.namespace))) return;
  const { clock } = kube.cluster;
  const end = clock.now() + 60_000;
  while (clock.now() < end && (await kube.get(object, release.namespace))) await clock.sleep(500, kube.signal);
}
