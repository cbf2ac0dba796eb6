import { HELM_VERSION, VersionInfo } from '../../../helm/built-in-objects.ts';
import { builtins } from '../../../helm/functions/builtins.ts';
import { execute } from '../../../helm/template/exec.ts';
import type { Template } from '../../../helm/template/nodes.ts';
import { parse } from '../../../helm/template/parser.ts';
import { jsonPath as jsonPathOf } from '../../kubectl/printers/jsonpath.ts';
import { chartMetadata, readChart } from './charts.ts';
import type { HelmContext } from './context.ts';
import type { Parsed } from './flags.ts';
import { yaml } from './output.ts';

/** `helm show <what>`. */
export async function show(ctx: HelmContext, what: string, flags: Parsed): Promise<string> {
  const chart = await readChart(ctx, flags.args[0] ?? '', flags);
  const readme = chart.files.find((file) => /^readme(\.md|\.txt)?$/i.test(file.name))?.data;
  const rule = what === 'all' ? '---\n' : '';
  let out = '';
  if (what === 'chart' || what === 'all') out += `${yaml(chartMetadata(chart.metadata))}\n`;
  if (what === 'values' || what === 'all') {
    const path = flags.text('jsonpath');
    const values = chart.valuesText !== '' ? `${chart.valuesText}\n` : '';
    out += rule + (path === undefined ? values : jsonPath(chart.values, path));
  }
  if ((what === 'readme' || what === 'all') && readme !== undefined) out += `${rule}${readme}\n`;
  if (what === 'crds' || what === 'all')
    out += chart.crds.map(({ data }) => `${data.startsWith('---') ? '' : '---\n'}${data}\n`).join('');
  return out;
}

/** kubectl's JSONPath over the values. */
function jsonPath(values: unknown, path: string): string {
  return jsonPathOf(path)(values as never);
}

/** `helm version`. */
export function version(flags: Parsed): string {
  const text = flags.text('template') ?? '';
  if (text !== '') {
    const functions = new Map(Object.entries(builtins));
    const templates = new Map<string, Template>();
    const template = parse('_', text, templates, (name) => functions.has(name));
    return execute(template, new VersionInfo(), { templates, functions, depth: 0 });
  }
  const { Version, GitCommit, GitTreeState, GoVersion, KubeClientVersion } = HELM_VERSION;
  if (flags.bool('short')) return `${Version}+g${GitCommit.slice(0, 7)}\n`;
  const fields = [Version, GitCommit, GitTreeState, GoVersion, KubeClientVersion];
  const names = ['Version', 'GitCommit', 'GitTreeState', 'GoVersion', 'KubeClientVersion'];
  return `version.BuildInfo{${names.map((name, i) => `${name}:"${fields[i]}"`).join(', ')}}\n`;
}
