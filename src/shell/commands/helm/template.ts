import { UserError } from '../../../core/errors.ts';
import { KNOWN_VERSIONS } from '../../../helm/built-in-objects.ts';
import type { Chart } from '../../../helm/chart.ts';
import { enableDependencies } from '../../../helm/dependencies.ts';
import { logged, renderChart } from '../../../helm/engine.ts';
import { type Hook, joinManifests, type Manifest, sortManifests, splitDocuments } from '../../../helm/manifests.ts';
import { KubeClient } from '../../../helm/releases/kube.ts';
import { checkReleaseName } from '../../../helm/releases/release.ts';
import { renderOnCluster } from '../../../helm/releases/render.ts';
import { checkSchemas } from '../../../helm/schema.ts';
import { quote } from '../../../helm/template/format.ts';
import { checkDependencies, checkKubeVersion, coalesceValues } from '../../../helm/values.ts';
import { readChart, readValues } from './charts.ts';
import type { HelmContext } from './context.ts';
import { HelmUsageError, type Parsed } from './flags.ts';
import { dryRunOf, nameAndChart } from './naming.ts';
import { write } from './repositories.ts';

const DEBUG_HINT = '\n\nUse --debug flag to render out invalid YAML';
const KUBE_VERSION = 'v1.35.0';

interface Rendered {
  hooks: Hook[];
  manifests: Manifest[];
  crds: { path: string; text: string }[];
}

/** `helm template`: no cluster is asked but with `--dry-run=server`. */
export async function template(ctx: HelmContext, flags: Parsed): Promise<string> {
  const kubeVersion = kubeVersionOf(flags.text('kube-version'));
  const server = dryRunOf(ctx, flags, true) === 'server' || flags.bool('validate');
  if (flags.bool('validate')) ctx.warn("Flag --validate has been deprecated, use '--dry-run=server' instead");
  const { name, chart: reference } = nameAndChart(ctx, flags, 'release-name');
  const chart = await readChart(ctx, reference, flags);
  const user = await readValues(ctx, flags);
  checkInstallable(chart);
  if (chart.metadata['deprecated'] === true) ctx.warn('level=WARN msg="this chart is deprecated"');
  checkDependencies(chart);
  checkName(ctx, name);
  const enabled = withDependencies(ctx, chart, user);
  const values = coalesceValues(enabled, user, ctx.log);
  if (!flags.bool('skip-schema-validation')) checkSchemas(enabled, values);
  let done: Rendered;
  try {
    done = await render(ctx, flags, { name, chart: enabled, values, kubeVersion, server });
  } catch (error) {
    const ours = error instanceof UserError || (error instanceof Error && error.name === 'FunctionError');
    throw ours ? new UserError('INVALID_ARGUMENT', (error as Error).message + DEBUG_HINT) : error;
  }
  const folder = flags.text('output-dir');
  if (folder !== undefined) return writeOut(ctx, flags, done, folder, name);
  const text = textOf(done);
  const only = flags.list('show-only');
  return only.length === 0 ? text : showOnly(text, only);
}

function withDependencies(ctx: HelmContext, chart: Chart, user: Record<string, unknown>): Chart {
  try {
    return enableDependencies(chart, user, ctx.log);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    ctx.warn(`level=ERROR msg="chart dependencies processing failed" error=${quote(error.message)}`);
    throw new UserError(error.code, `chart dependencies processing failed: ${error.message}`);
  }
}

function checkName(ctx: HelmContext, name: string): void {
  try {
    checkReleaseName(name);
  } catch (error) {
    const { message } = error as Error;
    ctx.warn(`level=ERROR msg="release name check failed" error=${quote(message)}`);
    throw new UserError('INVALID_ARGUMENT', `release name check failed: ${message}`);
  }
}

export function checkInstallable({ metadata }: Chart): void {
  const type = metadata.type ?? '';
  if (type !== '' && type !== 'application')
    throw new UserError('INVALID_ARGUMENT', `${type} charts are not installable`);
}

function kubeVersionOf(given: string | undefined): string | undefined {
  if (given === undefined) return undefined;
  if (!/^\s*v?\d+(\.\d+)+/.test(given)) {
    throw new HelmUsageError(`invalid kube version '${given}': could not parse ${JSON.stringify(given)} as version`);
  }
  return given.startsWith('v') ? given : `v${given}`;
}

interface What {
  name: string;
  chart: Chart;
  values: Record<string, unknown>;
  kubeVersion: string | undefined;
  server: boolean;
}

async function render(ctx: HelmContext, flags: Parsed, what: What): Promise<Rendered> {
  const { name, chart, values, server } = what;
  const kube = new KubeClient(ctx.cluster, ctx.signal);
  const served = server ? String((await kube.json('GET', '/version'))?.['gitVersion'] ?? KUBE_VERSION) : KUBE_VERSION;
  const kubeVersion = what.kubeVersion ?? served;
  checkKubeVersion(chart, kubeVersion);
  const isUpgrade = flags.bool('is-upgrade');
  const extra = flags.list('api-versions').flatMap((item) => item.split(','));
  const options = {
    release: { name, namespace: ctx.namespace, revision: 1, isInstall: !isUpgrade, isUpgrade },
    values,
    nowMs: ctx.cluster.clock.now(),
    kubeVersion,
  };
  const rendered = server
    ? await renderOnCluster(kube, chart, options)
    : renderChart(chart, { ...options, apiVersions: [...KNOWN_VERSIONS, ...extra] });
  for (const key of Object.keys(rendered)) if (key.endsWith('NOTES.txt')) delete rendered[key];
  const { hooks, manifests, unknownHooks } = sortManifests(rendered);
  for (const hook of unknownHooks) ctx.warn(`level=INFO msg="skipping unknown hooks" hookTypes=${logged(hook)}`);
  const tests = ({ events }: Hook): boolean => flags.bool('skip-tests') && events.includes('test');
  const shown = flags.bool('no-hooks') ? [] : hooks.filter((hook) => !tests(hook));
  return { hooks: shown, manifests, crds: flags.bool('include-crds') ? crdsOf(chart, '') : [] };
}

/** CRDs of a chart and its sub-charts, by name of file. */
function crdsOf(chart: Chart, above: string): Rendered['crds'] {
  const path = above + chart.metadata.name;
  const own = chart.crds.map((crd) => ({ path: `${path}/${crd.name}`, text: crd.data }));
  return [...own, ...chart.dependencies.flatMap((sub) => crdsOf(sub, `${path}/charts/`))];
}

function textOf({ hooks, manifests, crds }: Rendered): string {
  const texts = crds.map(({ path, text }) => `---\n# Source: ${path}\n${text}\n`).join('');
  let out = `${(texts + joinManifests(manifests)).trim()}\n`;
  for (const hook of hooks) out += `---\n# Source: ${hook.path}\n${hook.manifest}\n`;
  return out;
}

/** The documents of the named templates, which may hold wildcards. */
function showOnly(text: string, only: readonly string[]): string {
  const documents = splitDocuments(text);
  let out = '';
  for (const wanted of only) {
    const pattern = new RegExp(
      `^${wanted
        .replace(/[.+^${}()|\\]/g, '\\$&')
        .replace(/\*/g, '[^/]*')
        .replace(/\?/g, '[^/]')}$`,
    );
    const found = documents.filter((document) => {
      const path = /# Source: [^/]+\/(.+)/.exec(document)?.[1];
      return path !== undefined && pattern.test(path);
    });
    if (found.length === 0) throw new UserError('NOT_FOUND', `could not find template ${wanted} in chart`);
    out += found.map((document) => `---\n${document}\n`).join('');
  }
  return out;
}

/** `--output-dir`: a file per template, each named when it is written. */
async function writeOut(
  ctx: HelmContext,
  flags: Parsed,
  done: Rendered,
  folder: string,
  name: string,
): Promise<string> {
  const written = new Map<string, string>();
  let out = '';
  const put = (base: string, path: string, text: string): void => {
    const file = `${base}/${path}`;
    written.set(file, `${written.get(file) ?? ''}---\n# Source: ${path}\n${text}\n`);
    out += `wrote ${file}\n`;
  };
  const below = flags.bool('release-name') ? `${folder}/${name}`.replace(/\/+/g, '/') : folder;
  for (const { path, text } of done.crds) put(folder, path, text);
  for (const { path, content } of done.manifests) put(below, path, content);
  for (const hook of done.hooks) put(below, hook.path, hook.manifest);
  for (const [file, text] of written) await write(ctx, ctx.resolve(file), text);
  return `${out}\n`;
}
