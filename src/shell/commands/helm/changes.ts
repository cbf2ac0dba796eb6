import { UserError } from '../../../core/errors.ts';
import type { Chart, Json } from '../../../helm/chart.ts';
import type { ActionOptions } from '../../../helm/releases/actions.ts';
import { refusal } from '../../../helm/releases/kube.ts';
import type { Release } from '../../../helm/releases/release.ts';
import { quote } from '../../../helm/template/format.ts';
import { checkDependencies } from '../../../helm/values.ts';
import { readChart, readValues } from './charts.ts';
import type { HelmContext } from './context.ts';
import { updateDependencies } from './dependency.ts';
import { HelmUsageError, type Parsed } from './flags.ts';
import { type DryRun, dryRunOf, nameAndChart } from './naming.ts';
import { json, releaseJson, status, yaml } from './output.ts';
import { checkInstallable } from './template.ts';

function actionOptions(ctx: HelmContext, flags: Parsed): ActionOptions {
  const wait = flags.text('wait');
  const timeout = flags.duration('timeout');
  const description = flags.text('description');
  const serverSide = flags.text('server-side') as ActionOptions['serverSide'];
  return {
    namespace: ctx.namespace,
    wait: wait !== undefined && wait !== 'false' && wait !== 'hookOnly',
    waitsSilently: wait === 'legacy',
    noHooks: flags.bool('no-hooks'),
    rollbackOnFailure: flags.bool('rollback-on-failure') || flags.bool('atomic'),
    subNotes: flags.bool('render-subchart-notes'),
    log: ctx.log,
    takeOwnership: flags.bool('take-ownership'),
    ...labelsOf(flags),
    forceConflicts: flags.bool('force-conflicts'),
    forceReplace: flags.bool('force-replace') || flags.bool('force'),
    ...(serverSide === undefined ? {} : { serverSide }),
    cleanupOnFail: flags.bool('cleanup-on-fail'),
    historyMax: flags.int('history-max') ?? historyMax(ctx),
    skipSchema: flags.bool('skip-schema-validation'),
    ...(timeout === undefined ? {} : { timeoutMs: timeout }),
    ...(description === undefined ? {} : { description }),
    ...(ctx.signal ? { signal: ctx.signal } : {}),
  };
}

/** $HELM_MAX_HISTORY, or Helm's default when it is not set. */
function historyMax(ctx: HelmContext): number | undefined {
  const text = ctx.env.get('HELM_MAX_HISTORY');
  return text === undefined || !/^\d+$/.test(text) ? undefined : Number(text);
}

/** What an action printed of a release: the status block, or the record with `-o`. */
function print(release: Release, flags: Parsed, dry: boolean): string {
  const shown = dry ? { ...release, info: { ...release.info, description: 'Dry run complete' } } : release;
  if (flags.text('output') === 'json') return json(releaseJson(shown));
  if (flags.text('output') === 'yaml') return yaml(releaseJson(shown));
  const secrets = dry && flags.bool('hide-secret');
  const kept = secrets ? { ...shown, manifest: hideSecrets(shown.manifest) } : shown;
  return status(kept, { debug: dry || flags.bool('debug'), notes: !flags.bool('hide-notes') });
}

function hideSecrets(manifest: string): string {
  return manifest
    .split(/^(?=---\n# Source: )/m)
    .map((part) =>
      /^kind: Secret$/m.test(part) && /^apiVersion: v1$/m.test(part)
        ? `${part.split('\n').slice(0, 2).join('\n')}\n# HIDDEN: The Secret output has been suppressed\n`
        : part,
    )
    .join('');
}

/** Adds Helm's prefix of a failed action; our own bugs pass through. */
async function prefixed<T>(prefix: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof UserError ? new UserError(error.code, prefix + error.message, error.hint) : error;
  }
}

function labelsOf(flags: Parsed): { labels?: Record<string, string> } {
  const pairs = flags.list('labels').flatMap((item) => item.split(','));
  if (pairs.length === 0) return {};
  return {
    labels: Object.fromEntries(
      pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
    ),
  };
}

/** The chart to install, with its dependencies fetched when that is asked for. */
async function installable(
  ctx: HelmContext,
  flags: Parsed,
  reference: string,
): Promise<{ chart: Chart; said: string }> {
  let chart = await readChart(ctx, reference, flags);
  let said = '';
  try {
    checkDependencies(chart);
  } catch {
    if (!flags.bool('dependency-update')) return { chart, said };
    const done = await updateDependencies(ctx, reference);
    if (done.error !== undefined) throw new UserError('NOT_FOUND', done.error);
    said = done.stdout;
    chart = await readChart(ctx, reference, flags);
  }
  return { chart, said };
}

const hasCrds = (chart: Chart): boolean => chart.crds.length > 0 || chart.dependencies.some(hasCrds);

function checked(ctx: HelmContext, chart: Chart): void {
  checkInstallable(chart);
  if (chart.metadata['deprecated'] === true) ctx.warn('level=WARN msg="this chart is deprecated"');
  checkDependencies(chart);
}

/** `helm install`. */
export async function install(ctx: HelmContext, flags: Parsed): Promise<string> {
  const dry = dryRunOf(ctx, flags);
  let said = '';
  const release = await prefixed('INSTALLATION FAILED: ', async () => {
    const { name, chart: reference } = nameAndChart(ctx, flags);
    const found = await installable(ctx, flags, reference);
    said = found.said;
    const values = await readValues(ctx, flags);
    checked(ctx, found.chart);
    return installAs(ctx, flags, name, found.chart, values, dry);
  });
  return said + print(release, flags, dry !== 'none');
}

async function installAs(
  ctx: HelmContext,
  flags: Parsed,
  name: string,
  chart: Chart,
  values: Json,
  dryRun: DryRun,
): Promise<Release> {
  if (dryRun === 'server' && !flags.bool('skip-crds') && hasCrds(chart)) {
    const what = 'This chart or one of its subcharts contains CRDs. Rendering may fail or contain inaccuracies.';
    ctx.warn(`level=WARN msg=${quote(what)}`);
  }
  try {
    const options = {
      ...actionOptions(ctx, flags),
      dryRun,
      createNamespace: flags.bool('create-namespace'),
      skipCrds: flags.bool('skip-crds'),
      replace: flags.bool('replace'),
    };
    return await ctx.helm.install(name, chart, values, options);
  } catch (error) {
    const text = error instanceof Error ? error.message : '';
    const check = 'release name check failed: ';
    if (text.startsWith(check)) {
      ctx.warn(`level=ERROR msg="release name check failed" error=${quote(text.slice(check.length))}`);
    }
    throw error;
  }
}

/** `helm upgrade`, with --install for a release that does not exist. */
export async function upgrade(ctx: HelmContext, flags: Parsed): Promise<string> {
  const [name = '', path = ''] = flags.args;
  const dry = dryRunOf(ctx, flags);
  if (flags.bool('install') && (await isNew(ctx, name))) {
    const notice = flags.text('output') ? '' : `Release "${name}" does not exist. Installing it now.\n`;
    return withOutput(notice, async () => {
      const { chart, said } = await installable(ctx, flags, path);
      const values = await readValues(ctx, flags);
      checked(ctx, chart);
      const release = await installAs(ctx, flags, name, chart, values, dry);
      return notice + said + print(release, flags, dry !== 'none');
    });
  }
  let said = '';
  const release = await prefixed('UPGRADE FAILED: ', async () => {
    const found = await installable(ctx, flags, path);
    said = found.said;
    const values = await readValues(ctx, flags);
    checked(ctx, found.chart);
    const options = {
      ...actionOptions(ctx, flags),
      dryRun: dry,
      reuseValues: flags.bool('reuse-values'),
      resetValues: flags.bool('reset-values'),
      resetThenReuseValues: flags.bool('reset-then-reuse-values'),
    };
    return warnOf(ctx, name, (recorded) => ctx.helm.upgrade(name, found.chart, values, { ...options, recorded }));
  });
  const happy = flags.text('output') ? '' : `Release "${name}" has been upgraded. Happy Helming!\n`;
  return said + happy + print(release, flags, dry !== 'none');
}

/** Nothing of that name, or only what was uninstalled with its history kept. */
async function isNew(ctx: HelmContext, name: string): Promise<boolean> {
  const last = (await ctx.helm.store(ctx.namespace).history(name)).at(-1);
  return last === undefined || last.info.status === 'uninstalled';
}

/** An error after output was made: both are shown. */
export class FailedWithOutput extends Error {
  override readonly name = 'FailedWithOutput';
  constructor(
    readonly stdout: string,
    readonly reason: Error,
  ) {
    super(reason.message);
  }
}

async function withOutput<T>(stdout: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof UserError ? new FailedWithOutput(stdout, error) : error;
  }
}

/** The warning that an upgrade logs once it has a record: name, cause. */
async function warnOf(
  ctx: HelmContext,
  name: string,
  work: (recorded: () => void) => Promise<Release>,
): Promise<Release> {
  let isRecorded = false;
  try {
    return await work(() => {
      isRecorded = true;
    });
  } catch (error) {
    const text = error instanceof UserError ? error.message : '';
    const cause = error instanceof UserError && error.cause instanceof Error ? error.cause.message : text;
    if (text && isRecorded) ctx.warn(`level=WARN msg="upgrade failed" name=${name} error=${quote(cause)}`);
    throw error;
  }
}

/** `helm rollback`. */
export async function rollback(ctx: HelmContext, flags: Parsed): Promise<string> {
  const [name = '', revision = '0'] = flags.args;
  if (!/^\d+$/.test(revision)) {
    throw new HelmUsageError(
      `could not convert revision to a number: strconv.Atoi: parsing "${revision}": invalid syntax`,
    );
  }
  try {
    await ctx.helm.rollback(name, Number(revision), { ...actionOptions(ctx, flags), dryRun: dryRunOf(ctx, flags) });
  } catch (error) {
    const text = error instanceof UserError ? error.message : '';
    if (/^(conflict|server-side|resource |failed to |cannot patch|invalid operation)/.test(text))
      ctx.warn(`level=WARN msg=${quote(`Rollback "${name}" failed: ${text}`)}`);
    throw error;
  }
  return 'Rollback was a success! Happy Helming!\n';
}

/** `helm uninstall` of one or more releases; stops at the first that fails. */
export async function uninstall(ctx: HelmContext, flags: Parsed): Promise<string> {
  let out = '';
  for (const name of flags.args) {
    const done = await withOutput(out, () => uninstallOne(ctx, flags, name));
    out += `${done}release "${name}" uninstalled\n`;
  }
  return out;
}

async function uninstallOne(ctx: HelmContext, flags: Parsed, name: string): Promise<string> {
  const exists = (await ctx.helm.store(ctx.namespace).history(name)).length > 0;
  if (!exists && flags.bool('ignore-not-found')) return '';
  const options = actionOptions(ctx, flags);
  const dry = flags.text('dry-run');
  if (dry !== undefined && dry !== 'false' && dry !== 'none') return '';
  const cascade = flags.text('cascade') ?? 'background';
  if (cascade !== 'background' && cascade !== 'foreground' && cascade !== 'orphan') {
    throw new HelmUsageError(`invalid cascade value (${cascade}). Must be "background", "foreground", or "orphan"`);
  }
  const kept = await ctx.helm.uninstall(name, { ...options, cascade, keepHistory: flags.bool('keep-history') });
  if (kept.length === 0) return '';
  const lines = kept.map((object) => `[${object.kind}] ${object.metadata.name}\n`).join('');
  return `These resources were kept due to the resource policy:\n${lines}\n`;
}

/** `helm test`: the suites' outcome is printed whether they pass or fail. */
export async function test(ctx: HelmContext, flags: Parsed): Promise<string> {
  const [name = ''] = flags.args;
  const timeout = flags.duration('timeout');
  const options = { namespace: ctx.namespace, ...(timeout === undefined ? {} : { timeoutMs: timeout }) };
  const chosen = filterOf(flags);
  let release: Release;
  try {
    release = await ctx.helm.test(name, options, chosen);
  } catch (error) {
    if (!(error instanceof UserError) || error.message === 'release: not found') throw error;
    const stored = await ctx.helm.store(ctx.namespace).last(name);
    const cause = new UserError(error.code, error.message.replace(/^failed test: /, ''), error.hint);
    const logs = flags.bool('logs') ? `\n${await podLogs(ctx, stored, chosen)}` : '';
    throw new FailedWithOutput(status(stored, { debug: false, notes: false }) + logs, cause);
  }
  const text = status(release, { debug: false, notes: false });
  return flags.bool('logs') ? `${text}\n${await podLogs(ctx, release, chosen)}` : text;
}

/** `--filter name=a,!name=b` */
function filterOf(flags: Parsed): (name: string) => boolean {
  const items = flags.list('filter').flatMap((item) => item.split(','));
  const wanted = items.filter((item) => item.startsWith('name=')).map((item) => item.slice('name='.length));
  const not = items.filter((item) => /^!\s?name=/.test(item)).map((item) => item.slice(item.indexOf('=') + 1));
  return (name) => !not.includes(name) && (wanted.length === 0 || wanted.includes(name));
}

async function podLogs(ctx: HelmContext, release: Release, chosen: (name: string) => boolean): Promise<string> {
  const hooks = (release.hooks ?? []).filter((hook) => hook.events.includes('test') && chosen(hook.name));
  let out = '';
  for (const { name } of hooks.sort((a, b) => (a.weight ?? 0) - (b.weight ?? 0))) {
    const path = `/api/v1/namespaces/${release.namespace}/pods/${name}/log`;
    const answer = await ctx.cluster.request({ method: 'GET', path, headers: { accept: '*/*' } });
    if (answer.status !== 200)
      throw new UserError('NOT_FOUND', `unable to get pod logs for ${name}: ${refusal(answer).message}`);
    out += `POD LOGS: ${name}\n${answer.body}\n`;
  }
  return out;
}
