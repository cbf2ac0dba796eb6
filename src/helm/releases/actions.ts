import type { Cluster } from '../../cluster/cluster.ts';
import { UserError } from '../../core/errors.ts';
import type { Chart, Json } from '../chart.ts';
import { enableDependencies } from '../dependencies.ts';
import { renderChart } from '../engine.ts';
import { joinManifests, sortManifests } from '../manifests.ts';
import { checkSchemas } from '../schema.ts';
import { checkDependencies, checkKubeVersion, coalesceValues } from '../values.ts';
import {
  applyAll,
  changeClientSide,
  checkOwnership,
  checkWriting,
  createAll,
  inUninstallOrder,
  objectsOf,
  runHooks,
  sameObject,
  type Writing,
} from './apply.ts';
import { ApiRefusal, KubeClient, type Manifested } from './kube.ts';
import { type ReusePolicy, reuseValues, takeNotes } from './parts.ts';
import {
  checkReleaseName,
  type Release,
  ReleaseNotFound,
  type ReleaseStatus,
  ReleaseStore,
  storeChart,
  timestamp,
} from './release.ts';
import { renderOnCluster } from './render.ts';
import { waitGone, waitReady } from './wait.ts';

export interface ActionOptions {
  namespace: string;
  /** `--wait`: until all objects are ready. */
  wait?: boolean;
  /** `--wait=legacy`: the older way of waiting, which says less when the time is over. */
  waitsSilently?: boolean;
  timeoutMs?: number;
  description?: string;
  noHooks?: boolean;
  /** `client` asks the cluster nothing, `server` renders with what it knows. */
  dryRun?: 'none' | 'client' | 'server';
  /** Hears what helm logs about values that do not fit. */
  log?: (text: string) => void;
  /** `--render-subchart-notes` */
  subNotes?: boolean;
  /** `--take-ownership`: objects of others are taken over. */
  takeOwnership?: boolean;
  /** `--labels` of the release's record. */
  labels?: Record<string, string>;
  /** `--rollback-on-failure` (formerly `--atomic`). */
  rollbackOnFailure?: boolean;
  forceConflicts?: boolean;
  /** `--server-side`: `auto` does as the release was done before, an install applies. */
  serverSide?: 'true' | 'false' | 'auto';
  /** `--force-replace`: objects are put in the place of those that are there. */
  forceReplace?: boolean;
  /** `--history-max`: revisions to keep, 0 for all. */
  historyMax?: number;
  /** `--cleanup-on-fail`: what a failed upgrade or rollback created is deleted. */
  cleanupOnFail?: boolean;
  /** `--cascade` of uninstall. */
  cascade?: 'background' | 'foreground' | 'orphan';
  /** `--skip-schema-validation` */
  skipSchema?: boolean;
  signal?: AbortSignal;
  /** Told once the release has its record: what fails from then on leaves a trace. */
  recorded?: () => void;
}

export interface InstallOptions extends ActionOptions {
  /** Takes over the name of an uninstalled or failed release whose history was kept. */
  replace?: boolean;
  createNamespace?: boolean;
  skipCrds?: boolean;
}

export interface UpgradeOptions extends ActionOptions, ReusePolicy {}

const isDry = ({ dryRun = 'none' }: ActionOptions): boolean => dryRun !== 'none';

const TIMEOUT_MS = 300_000;
/** HELM_MAX_HISTORY's default. */
const HISTORY_MAX = 10;

/** Helm's actions on one cluster. Errors are UserError whose text is what Helm prints after `Error: `. */
export class Helm {
  constructor(readonly cluster: Cluster) {}

  #kube(options: { signal?: AbortSignal }): KubeClient {
    return new KubeClient(this.cluster, options.signal);
  }

  store(namespace: string): ReleaseStore {
    return new ReleaseStore(new KubeClient(this.cluster), namespace);
  }

  #now(): string {
    return timestamp(this.cluster.clock.now());
  }

  /** Renders into a release record that is not stored yet. */
  async #prepare(
    name: string,
    chart: Chart,
    user: Json,
    revision: number,
    options: ActionOptions,
    kube: KubeClient,
  ): Promise<Release> {
    const isInstall = revision === 1;
    checkDependencies(chart);
    const enabled = enableDependencies(chart, user, options.log);
    const values = coalesceValues(enabled, user, options.log);
    if (!options.skipSchema) checkSchemas(enabled, values);
    const offline = options.dryRun === 'client';
    const version = offline ? undefined : await kube.json('GET', '/version');
    const kubeVersion = String(version?.['gitVersion'] ?? 'v1.35.0');
    checkKubeVersion(chart, kubeVersion);
    const rendering = {
      release: { name, namespace: options.namespace, revision, isInstall, isUpgrade: !isInstall },
      values,
      kubeVersion,
      nowMs: this.cluster.clock.now(),
      seed: `${name}.${revision}`,
    };
    const rendered = offline ? renderChart(enabled, rendering) : await renderOnCluster(kube, enabled, rendering);
    const { notes, templates } = takeNotes(rendered, chart.metadata.name, options.subNotes ?? false);
    const { hooks, manifests } = sortManifests(templates);
    const now = this.#now();
    const status: ReleaseStatus = isInstall ? 'pending-install' : 'pending-upgrade';
    const description = isInstall ? 'Initial install underway' : 'Preparing upgrade';
    const release: Release = {
      name,
      info: { first_deployed: now, last_deployed: now, description, status, ...(notes ? { notes } : {}) },
      chart: storeChart(enabled),
      manifest: joinManifests(manifests),
      version: revision,
      namespace: options.namespace,
      apply_method: options.serverSide === 'false' ? 'csa' : 'ssa',
    };
    if (Object.keys(user).length > 0) release.config = user;
    if (hooks.length > 0) release.hooks = hooks;
    if (options.labels) release.labels = options.labels;
    return release;
  }

  /** `helm install`. With dryRun nothing is stored or applied. */
  async install(name: string, chart: Chart, values: Json, options: InstallOptions): Promise<Release> {
    const kube = this.#kube(options);
    const store = new ReleaseStore(kube, options.namespace);
    let last: Release | undefined;
    try {
      checkReleaseName(name);
      last = isDry(options) ? undefined : (await store.history(name)).at(-1);
      const free = options.replace && last && ['uninstalled', 'failed'].includes(last.info.status);
      if (last && !free) throw new UserError('CONFLICT', 'cannot reuse a name that is still in use');
    } catch (error) {
      throw prefixed('release name check failed: ', error);
    }
    const release = await this.#prepare(name, chart, values, 1, options, kube);
    if (isDry(options)) return release;
    if (last) release.version = last.version + 1;
    const objects = objectsOf(release.manifest);
    if (!options.skipCrds) for (const crd of chart.crds) await this.#crds(kube, crd.data, release);
    await this.#guardKinds('unable to build kubernetes objects from release manifest: ', kube, objects);
    if (options.createNamespace) await this.#createNamespace(kube, options.namespace);
    if (!options.takeOwnership)
      await this.#guard('unable to continue with install: ', () => checkOwnership(kube, objects, release));
    if (last) {
      last.info.status = 'superseded';
      last.info.description = 'superseded by new release';
      await store.update(last);
    }
    await store.create(release);
    const writing = writingOf(options, undefined, release);
    try {
      return await this.#run(kube, store, release, options, 'install', async () => {
        const taken = options.takeOwnership && (await anyThere(kube, objects, options.namespace));
        if (taken) checkWriting(writing);
        if (writing.serverSide) await applyAll(kube, objects, release, writing);
        else if (taken) await changeClientSide(kube, [], objects, release, writing);
        else await createAll(kube, objects, release);
      });
    } catch (error) {
      if (!options.rollbackOnFailure) throw error;
      await this.uninstall(name, { namespace: options.namespace });
      throw prefixed(`release ${name} failed, and has been uninstalled due to rollback-on-failure being set: `, error);
    }
  }

  async #guard(prefix: string, check: () => Promise<void>): Promise<void> {
    try {
      await check();
    } catch (error) {
      throw prefixed(prefix, error);
    }
  }

  /** Kinds that the server does not know are told before anything is made; those of the chart's CRDs are known by then. */
  async #guardKinds(prefix: string, kube: KubeClient, objects: readonly Manifested[]): Promise<void> {
    const missing: string[] = [];
    for (const { apiVersion, kind, metadata } of objects) {
      if (await kube.knows(apiVersion, kind)) continue;
      const where = `name: "${metadata.name}" namespace: "${metadata.namespace ?? ''}" from ""`;
      missing.push(
        `resource mapping not found for ${where}: no matches for kind "${kind}" in version "${apiVersion}"\nensure CRDs are installed first`,
      );
    }
    if (missing.length === 1) throw new UserError('INVALID_ARGUMENT', `${prefix}${missing[0]}`);
    if (missing.length > 1) throw new UserError('INVALID_ARGUMENT', `${prefix}[${missing.join(', ')}]`);
  }

  async #crds(kube: KubeClient, text: string, release: Release): Promise<void> {
    for (const object of objectsOf(text))
      if (!(await kube.get(object, release.namespace))) await kube.apply(object, '', false);
  }

  async #createNamespace(kube: KubeClient, name: string): Promise<void> {
    const namespace: Manifested = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { name } } };
    if (!(await kube.get(namespace, ''))) await kube.apply(namespace, '', false);
  }

  /** Hooks, work, wait, hooks; then the record says how it ended. */
  async #run(
    kube: KubeClient,
    store: ReleaseStore,
    release: Release,
    options: ActionOptions,
    verb: 'install' | 'upgrade' | 'rollback',
    work: () => Promise<void>,
  ): Promise<Release> {
    const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    try {
      if (!options.noHooks) await runHooks(kube, release, `pre-${verb}`, timeoutMs);
      await work();
      if (options.wait || options.rollbackOnFailure) {
        await this.#wait(kube, release, timeoutMs, options.waitsSilently ?? false);
      }
      if (!options.noHooks) await runHooks(kube, release, `post-${verb}`, timeoutMs);
    } catch (error) {
      await this.#failed(store, release, verb, error);
      throw error;
    }
    release.info.status = 'deployed';
    release.info.description =
      options.description ?? (verb === 'rollback' ? release.info.description : `${capital(verb)} complete`);
    await store.update(release);
    return release;
  }

  async #wait(kube: KubeClient, release: Release, timeoutMs: number, silently: boolean): Promise<void> {
    try {
      await waitReady(kube, objectsOf(release.manifest), release.namespace, timeoutMs);
    } catch (error) {
      if (!silently || !(error instanceof UserError) || error.code !== 'TIMEOUT') throw error;
      throw new UserError('TIMEOUT', 'context deadline exceeded');
    }
  }

  /** The way back of `--rollback-on-failure`, which waits as the upgrade did. */
  async #rollBackAfter(error: unknown, name: string, revision: number, options: ActionOptions): Promise<void> {
    const { namespace, timeoutMs } = options;
    try {
      await this.rollback(name, revision, { namespace, wait: true, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
    } catch (failure) {
      if (!(failure instanceof UserError) || !(error instanceof UserError)) throw failure;
      const first = `an error occurred while rolling back the release. original upgrade error: ${error.message}`;
      throw because(prefixed(`${first}: `, failure), error);
    }
  }

  async #failed(store: ReleaseStore, release: Release, verb: string, error: unknown): Promise<void> {
    const cause = error instanceof Error ? error.message : String(error);
    const what = { install: `Release "${release.name}" failed`, upgrade: `Upgrade "${release.name}" failed` }[verb];
    release.info.status = 'failed';
    release.info.description = `${what ?? `Rollback "${release.name}" failed`}: ${cause}`;
    await store.update(release);
  }

  /** `helm upgrade`. */
  async upgrade(name: string, chart: Chart, given: Json, options: UpgradeOptions): Promise<Release> {
    const kube = this.#kube(options);
    const store = new ReleaseStore(kube, options.namespace);
    checkReleaseName(name);
    const history = await store.history(name);
    const last = history.at(-1);
    const base =
      history.findLast((r) => r.info.status === 'deployed') ??
      (last && ['failed', 'superseded'].includes(last.info.status) ? last : undefined);
    if (!last || !base) throw new UserError('NOT_FOUND', `"${name}" has no deployed releases`);
    if (last.info.status.startsWith('pending')) {
      throw new UserError('CONFLICT', 'another operation (install/upgrade/rollback) is in progress');
    }
    const { user, source } = reuseValues(chart, base, given, options);
    const release = await this.#prepare(name, source, user, last.version + 1, options, kube);
    const writing = writingOf(options, last, release);
    release.info.first_deployed = base.info.first_deployed;
    if (isDry(options)) return release;
    const [before, after] = [objectsOf(base.manifest), objectsOf(release.manifest)];
    await this.#guardKinds('unable to build kubernetes objects from new release manifest: ', kube, after);
    const added = after.filter((object) => !before.some((old) => sameObject(old, object)));
    if (!options.takeOwnership)
      await this.#guard('unable to continue with update: ', () => checkOwnership(kube, added, release));
    await store.prune(name, options.historyMax ?? HISTORY_MAX);
    await store.create(release);
    options.recorded?.();
    const work = (): Promise<void> => this.#change(kube, before, after, release, writing);
    let done: Release;
    try {
      done = await this.#run(kube, store, release, options, 'upgrade', work);
    } catch (error) {
      if (options.cleanupOnFail) for (const object of added) await kube.delete(object, release.namespace);
      if (!options.rollbackOnFailure) throw error;
      await this.#rollBackAfter(error, name, base.version, options);
      const why = `release ${name} failed, and has been rolled back due to rollback-on-failure being set: `;
      throw because(prefixed(why, error), error);
    }
    await this.#supersede(store, history);
    return done;
  }

  /** Applies the new objects, then deletes the old ones that are gone (unless their policy keeps them). */
  async #change(
    kube: KubeClient,
    before: Manifested[],
    after: Manifested[],
    release: Release,
    writing: Writing,
  ): Promise<void> {
    checkWriting(writing);
    if (writing.serverSide) await applyAll(kube, after, release, writing, 'failed to create resource: ');
    else await changeClientSide(kube, before, after, release, writing);
    for (const old of before) {
      if (after.some((object) => sameObject(old, object))) continue;
      if (old.metadata.annotations?.['helm.sh/resource-policy'] !== 'keep') await kube.delete(old, release.namespace);
    }
  }

  async #supersede(store: ReleaseStore, history: readonly Release[]): Promise<void> {
    for (const old of history) {
      if (old.info.status !== 'deployed') continue;
      old.info.status = 'superseded';
      await store.update(old);
    }
  }

  /** `helm rollback`: revision 0 means the one before the last. */
  async rollback(name: string, revision: number, options: ActionOptions): Promise<Release> {
    const kube = this.#kube(options);
    const store = new ReleaseStore(kube, options.namespace);
    const history = await store.history(name);
    const current = history.at(-1);
    if (!current) throw new ReleaseNotFound();
    const wanted = revision === 0 ? current.version - 1 : revision;
    const target = history.find((r) => r.version === wanted);
    if (!target) throw new UserError('NOT_FOUND', `release has no ${wanted} version`);
    const release: Release = {
      ...target,
      info: {
        ...target.info,
        first_deployed: current.info.first_deployed,
        last_deployed: this.#now(),
        status: 'pending-rollback',
        description: options.description ?? `Rollback to ${wanted}`,
      },
      version: current.version + 1,
    };
    const writing = writingOf(options, target, release);
    if (isDry(options)) return release;
    await store.prune(name, options.historyMax ?? HISTORY_MAX);
    await store.create(release);
    const [before, after] = [objectsOf(current.manifest), objectsOf(release.manifest)];
    let changed = false;
    const work = async (): Promise<void> => {
      await this.#change(kube, before, after, release, writing);
      changed = true;
    };
    let done: Release;
    try {
      done = await this.#run(kube, store, release, options, 'rollback', work);
    } catch (error) {
      if (changed && error instanceof UserError) {
        // What was applied but does not come up in time leaves the earlier records as they are.
        release.info.description = `Release "${name}" failed: ${error.message}`;
        await store.update(release);
        throw prefixed(`release ${name} failed: `, error);
      }
      const added = after.filter((object) => !before.some((old) => sameObject(old, object)));
      if (options.cleanupOnFail) for (const object of added) await kube.delete(object, release.namespace);
      current.info.status = 'superseded';
      await store.update(current);
      throw error;
    }
    await this.#supersede(store, history);
    return done;
  }

  /** `helm test`: runs the test hooks; the record keeps how they ended. Hooks that fail throw. */
  async test(name: string, options: ActionOptions, chosen?: (name: string) => boolean): Promise<Release> {
    const kube = this.#kube(options);
    const store = new ReleaseStore(kube, options.namespace);
    const release = await store.last(name);
    try {
      await runHooks(kube, release, 'test', options.timeoutMs ?? TIMEOUT_MS, chosen);
    } finally {
      await store.update(release);
    }
    return release;
  }

  /** `helm uninstall`. Returns the objects that a resource policy kept. */
  async uninstall(name: string, options: ActionOptions & { keepHistory?: boolean }): Promise<Manifested[]> {
    const kube = this.#kube(options);
    const store = new ReleaseStore(kube, options.namespace);
    const history = await store.history(name);
    const release = history.at(-1);
    if (!release) throw new UserError('NOT_FOUND', `uninstall: Release not loaded: ${name}: release: not found`);
    if (release.info.status === 'uninstalled') {
      if (options.keepHistory) throw new UserError('STATE', `the release named "${name}" is already deleted`);
      for (const old of history) await store.delete(old);
      return [];
    }
    const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    release.info.status = 'uninstalling';
    release.info.deleted = this.#now();
    release.info.description = 'Deletion in progress (or silently failed)';
    if (!options.noHooks) await runHooks(kube, release, 'pre-delete', timeoutMs);
    await store.update(release);
    const objects = inUninstallOrder(objectsOf(release.manifest));
    const kept = objects.filter((object) => object.metadata.annotations?.['helm.sh/resource-policy'] === 'keep');
    const dropped = objects.filter((object) => !kept.includes(object));
    for (const object of dropped) await kube.delete(object, options.namespace, options.cascade);
    if (options.wait) await waitGone(kube, dropped, options.namespace, timeoutMs);
    if (!options.noHooks) await runHooks(kube, release, 'post-delete', timeoutMs);
    release.info.status = 'uninstalled';
    release.info.description = options.description ?? 'Uninstallation complete';
    if (options.keepHistory) await store.update(release);
    else for (const old of history) await store.delete(old);
    return kept;
  }
}

/** How a release is written, as --server-side says or as it was written before; the record says it. */
function writingOf(options: ActionOptions, before: Release | undefined, release: Release): Writing {
  const asked = options.serverSide ?? (before ? 'auto' : 'true');
  if (!['true', 'false', 'auto'].includes(asked))
    throw new UserError('INVALID_ARGUMENT', `invalid/unknown release server-side apply method: ${asked}`);
  const was = before?.apply_method;
  const serverSide = before && asked === 'auto' ? was === 'ssa' : asked !== 'false';
  release.apply_method = serverSide ? 'ssa' : 'csa';
  return {
    serverSide,
    forceConflicts: options.forceConflicts ?? false,
    forceReplace: options.forceReplace ?? false,
    takesOver: serverSide && before !== undefined && was !== 'ssa',
  };
}

async function anyThere(kube: KubeClient, objects: readonly Manifested[], namespace: string): Promise<boolean> {
  for (const object of objects) if (await kube.get(object, namespace)) return true;
  return false;
}

/** The error with what first went wrong as its cause. */
function because(error: unknown, cause: unknown): unknown {
  if (error instanceof Error) error.cause = cause;
  return error;
}

function prefixed(prefix: string, error: unknown): unknown {
  if (error instanceof ApiRefusal) return new ApiRefusal(prefix + error.message, error.status, error.reason);
  return error instanceof UserError ? new UserError(error.code, prefix + error.message, error.hint) : error;
}

const capital = (word: string): string => word.slice(0, 1).toUpperCase() + word.slice(1);
