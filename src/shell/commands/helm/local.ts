import { UserError } from '../../../core/errors.ts';
import { HELM_VERSION, KNOWN_VERSIONS } from '../../../helm/built-in-objects.ts';
import type { Chart } from '../../../helm/chart.ts';
import { logged, RenderError, renderChart } from '../../../helm/engine.ts';
import { joinManifests, sortManifests } from '../../../helm/manifests.ts';
import { checkSchemas } from '../../../helm/schema.ts';
import { checkDependencies, checkKubeVersion, coalesceValues, enableDependencies } from '../../../helm/values.ts';
import { readChart, readValues } from './charts.ts';
import type { HelmContext } from './context.ts';
import type { Parsed } from './flags.ts';
import { yaml } from './output.ts';

const DEBUG_HINT = '\n\nUse --debug flag to render out invalid YAML';

/** `helm template`: no cluster is asked. */
export async function template(ctx: HelmContext, flags: Parsed): Promise<string> {
  const [first = '', second] = flags.args;
  const [name, path] = second === undefined ? ['release-name', first] : [first, second];
  const chart = await readChart(ctx, path, flags);
  const user = await readValues(ctx, flags);
  const isUpgrade = flags.bool('is-upgrade');
  const kubeVersion = flags.text('kube-version');
  let text = '';
  try {
    const version = `v${(kubeVersion ?? 'v1.35.0').replace(/^v/, '')}`;
    checkDependencies(chart);
    checkKube(chart, version);
    const enabled = enableDependencies(chart, user);
    if (!flags.bool('skip-schema-validation')) checkSchemas(enabled, coalesceValues(enabled, user));
    const rendered = renderChart(enabled, {
      release: { name, namespace: ctx.namespace, revision: 1, isInstall: !isUpgrade, isUpgrade },
      values: coalesceValues(enabled, user),
      apiVersions: [...flags.list('api-versions').flatMap((item) => item.split(',')), ...KNOWN_VERSIONS],
      nowMs: ctx.cluster.clock.now(),
      kubeVersion: version,
    });
    for (const key of Object.keys(rendered)) if (key.endsWith('NOTES.txt')) delete rendered[key];
    const { hooks, manifests, unknownHooks } = sortManifests(rendered);
    for (const hook of unknownHooks) ctx.warn(`level=INFO msg="skipping unknown hooks" hookTypes=${logged(hook)}`);
    if (flags.bool('include-crds'))
      text += chart.crds
        .map((crd) => `---\n# Source: ${chart.metadata.name}/${crd.name}\n${crd.data.trim()}\n`)
        .join('');
    text += joinManifests(manifests);
    const tests = (events: string[]): boolean => flags.bool('skip-tests') && events.includes('test');
    if (!flags.bool('no-hooks')) {
      for (const hook of hooks) if (!tests(hook.events)) text += `---\n# Source: ${hook.path}\n${hook.manifest}\n`;
    }
  } catch (error) {
    const ours = error instanceof RenderError || (error instanceof Error && error.name === 'FunctionError');
    throw ours ? new UserError('INVALID_ARGUMENT', (error as Error).message + DEBUG_HINT) : error;
  }
  const only = flags.list('show-only');
  return only.length === 0 ? text : showOnly(text, only, chart.metadata.name);
}

/** As during an install, with the hint that every failure of `helm template` carries. */
function checkKube(chart: Chart, version: string): void {
  try {
    checkKubeVersion(chart, version);
  } catch (error) {
    throw error instanceof UserError ? new UserError(error.code, error.message + DEBUG_HINT) : error;
  }
}

function showOnly(text: string, only: readonly string[], chart: string): string {
  const documents = text.split(/^(?=---\n# Source: )/m);
  let out = '';
  for (const wanted of only) {
    const found = documents.filter((document) => document.startsWith(`---\n# Source: ${chart}/${wanted}\n`));
    if (found.length === 0) throw new UserError('NOT_FOUND', `could not find template ${wanted} in chart`);
    out += found.join('');
  }
  return out;
}

/** `helm show <what>`. */
export async function show(ctx: HelmContext, what: string, flags: Parsed): Promise<string> {
  const chart = await readChart(ctx, flags.args[0] ?? '', flags);
  const readme = chart.files.find((file) => /^readme(\.md|\.txt)?$/i.test(file.name))?.data;
  const head = `${yaml(chart.metadata)}\n`;
  switch (what) {
    case 'chart':
      return head;
    case 'values':
      return `${chart.valuesText}\n`;
    case 'readme':
      return readme === undefined ? '' : `---\n${readme}\n`;
    case 'crds':
      return chart.crds.map((crd) => `---\n${crd.data}\n`).join('');
    default:
      return `${head}---\n${chart.valuesText}\n${readme === undefined ? '' : `---\n${readme}\n`}`;
  }
}

/** `helm version`. */
export function version(flags: Parsed): string {
  const { Version, GitCommit, GitTreeState, GoVersion, KubeClientVersion } = HELM_VERSION;
  if (flags.bool('short')) return `${Version}+g${GitCommit.slice(0, 7)}\n`;
  const fields = [Version, GitCommit, GitTreeState, GoVersion, KubeClientVersion];
  const names = ['Version', 'GitCommit', 'GitTreeState', 'GoVersion', 'KubeClientVersion'];
  return `version.BuildInfo{${names.map((name, i) => `${name}:"${fields[i]}"`).join(', ')}}\n`;
}
