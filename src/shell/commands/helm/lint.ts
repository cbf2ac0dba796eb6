import { UserError } from '../../../core/errors.ts';
import { KNOWN_VERSIONS } from '../../../helm/built-in-objects.ts';
import { type Chart, type Json, loadChart } from '../../../helm/chart.ts';
import { enableDependencies } from '../../../helm/dependencies.ts';
import { renderChart } from '../../../helm/engine.ts';
import { parseVersion } from '../../../helm/functions/semver.ts';
import { splitDocuments } from '../../../helm/manifests.ts';
import { checkSchemas } from '../../../helm/schema.ts';
import { quote } from '../../../helm/template/format.ts';
import { coalesceTables, coalesceValues } from '../../../helm/values.ts';
import { parseYaml } from '../../../helm/yaml/parse.ts';
import { chartFiles, readValues, unpackChart } from './charts.ts';
import type { HelmContext } from './context.ts';
import type { Parsed } from './flags.ts';

type Severity = 'INFO' | 'WARNING' | 'ERROR';

interface Message {
  severity: Severity;
  path: string;
  text: string;
}

export interface LintOutcome {
  stdout: string;
  /** What helm says last; it fails when charts failed. */
  summary: string;
  failed: number;
}

/** `helm lint`. */
export async function lint(ctx: HelmContext, flags: Parsed): Promise<LintOutcome> {
  const values = await readValues(ctx, flags);
  const quiet = flags.bool('quiet');
  const paths = flags.bool('with-subcharts') ? await withSubcharts(ctx, flags.args) : flags.args;
  let [stdout, failed, noticed] = ['', 0, 0];
  for (const path of paths) {
    const { messages, error } = await lintOne(ctx, path, values, flags);
    const errors = messages.filter((m) => m.severity === 'ERROR' || (flags.bool('strict') && m.severity === 'WARNING'));
    const bad = error !== undefined || errors.length > 0;
    const worthTelling = bad || messages.some((m) => m.severity !== 'INFO');
    if (worthTelling) noticed++;
    if (quiet && !worthTelling) continue;
    stdout += `==> Linting ${path}\n`;
    if (messages.length === 0 && error !== undefined) stdout += `Error ${error}\n`;
    for (const { severity, path: place, text } of messages)
      if (!quiet || severity !== 'INFO') stdout += `[${severity}] ${place}: ${text}\n`;
    if (bad) failed++;
    stdout += '\n';
  }
  const summary = `${paths.length} chart(s) linted, ${failed} chart(s) failed`;
  if (failed === 0 && (!quiet || noticed > 0)) stdout += `${summary}\n`;
  return { stdout, summary, failed };
}

async function withSubcharts(ctx: HelmContext, paths: readonly string[]): Promise<string[]> {
  const out = [...paths];
  for (const path of paths) {
    const files = Object.keys(await chartFiles(ctx, ctx.resolve(path), false)).filter((name) =>
      name.startsWith('charts/'),
    );
    for (const name of files.sort()) {
      if (name.endsWith('/Chart.yaml')) out.push(`${path}/${name.slice(0, -'/Chart.yaml'.length)}`);
      else if (/\.(tgz|tar\.gz)$/.test(name)) out.push(`${path}/${name}`);
    }
  }
  return out;
}

async function lintOne(
  ctx: HelmContext,
  path: string,
  values: Json,
  flags: Parsed,
): Promise<{ messages: Message[]; error?: string }> {
  const full = ctx.resolve(path);
  let files: Record<string, string> = {};
  if (/\.(tgz|tar\.gz)$/.test(path)) {
    if (!(await ctx.fs.exists(full)))
      return { messages: [], error: `unable to open tarball: open ${path}: no such file or directory` };
    files = unpackChart(await ctx.fs.readFileBuffer(full), path);
  } else if (await ctx.fs.exists(full)) files = await chartFiles(ctx, full);
  if (files['Chart.yaml'] === undefined) {
    const missing = `stat ${path.replace(/\/+$/, '')}/Chart.yaml: no such file or directory`;
    return { messages: [], error: `unable to check Chart.yaml file in chart: ${missing}` };
  }
  const linter = new Linter(files, full, ctx, values, flags);
  linter.run();
  return { messages: linter.messages };
}

class Linter {
  readonly messages: Message[] = [];
  constructor(
    readonly files: Record<string, string>,
    readonly folder: string,
    readonly ctx: HelmContext,
    readonly values: Json,
    readonly flags: Parsed,
  ) {}

  #say(severity: Severity, path: string, text: string | undefined): boolean {
    if (text !== undefined) this.messages.push({ severity, path, text });
    return text === undefined;
  }

  run(): void {
    this.#chartFile();
    this.#valuesFile();
    let chart: Chart | undefined;
    let broken: string | undefined;
    try {
      chart = loadChart(this.files);
    } catch (error) {
      broken = (error as Error).message;
    }
    this.#templates(chart, broken);
    if (!chart) {
      this.#say('ERROR', '', `unable to load chart\n\t${broken}`);
      return;
    }
    this.#dependencies(chart);
    this.#crds(chart);
  }

  #chartFile(): void {
    const file = 'Chart.yaml';
    let meta: Json;
    try {
      meta = (parseYaml(this.files[file] ?? '') ?? {}) as Json;
    } catch (error) {
      this.#say('ERROR', file, `unable to parse YAML\n\t${(error as Error).message}`);
      return;
    }
    const unknown = Object.keys(meta).filter((key) => !CHART_FIELDS.has(key));
    if (unknown[0] !== undefined) {
      const why = `error unmarshaling JSON: while decoding JSON: json: unknown field ${quote(unknown[0])}`;
      this.#say('WARNING', file, `failed to strictly parse chart metadata file\n\t${why}`);
    }
    for (const rule of CHART_RULES) {
      const [severity, text] = rule(meta) ?? [];
      if (severity) this.#say(severity, file, text);
    }
  }

  #valuesFile(): void {
    const file = 'values.yaml';
    const text = this.files[file];
    if (!this.#say('INFO', file, text === undefined ? 'file does not exist' : undefined)) return;
    const schema = this.files['values.schema.json'];
    try {
      const own = (parseYaml(text ?? '') ?? {}) as Json;
      if (schema === undefined || this.flags.bool('skip-schema-validation')) return;
      const metadata = { name: '', version: '' };
      const bare = {
        metadata,
        templates: [],
        files: [],
        crds: [],
        values: {},
        valuesText: '',
        dependencies: [],
        schema,
      };
      checkSchemas(bare as Chart, coalesceTables(this.values, own));
    } catch (error) {
      const { message } = error as Error;
      const schemaFault = /^values don't meet the specifications of the schema\(s\) in the following chart\(s\):\n:\n/;
      this.#say(
        'ERROR',
        file,
        schemaFault.test(message) ? message.replace(schemaFault, '') : `unable to parse YAML: ${message}`,
      );
    }
  }

  #templates(chart: Chart | undefined, broken: string | undefined): void {
    const folder = 'templates/';
    const there = Object.keys(this.files).some((name) => name.startsWith(folder));
    if (!this.#say('WARNING', folder, there ? undefined : 'directory does not exist')) return;
    if (!chart) {
      this.#say('ERROR', folder, broken ?? '');
      return;
    }
    let rendered: Record<string, string>;
    try {
      rendered = this.#rendered(chart);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.#say('ERROR', folder, error.message);
      return;
    }
    for (const { name } of chart.templates)
      if (!this.#template(name, rendered[`${chart.metadata.name}/${name}`] ?? '')) return;
  }

  #rendered(chart: Chart): Record<string, string> {
    const enabled = enableDependencies(chart, this.values);
    const values = coalesceValues(enabled, this.values);
    if (!this.flags.bool('skip-schema-validation')) checkSchemas(enabled, values);
    const version = this.flags.text('kube-version');
    return renderChart(enabled, {
      release: { name: 'test-release', namespace: this.ctx.namespace, revision: 0, isInstall: false, isUpgrade: false },
      values,
      nowMs: this.ctx.cluster.clock.now(),
      apiVersions: [...KNOWN_VERSIONS],
      ...(version === undefined ? {} : { kubeVersion: `v${version.replace(/^v/, '')}` }),
      lint: (line) => this.ctx.warn(line),
    });
  }

  /** False when the rest is not looked at. */
  #template(name: string, content: string): boolean {
    const extension = /\.[^./]*$/.exec(name)?.[0] ?? '';
    if (!['.yaml', '.yml', '.tpl', '.txt'].includes(extension)) {
      this.#say(
        'ERROR',
        name,
        `file extension '${extension}' not valid. Valid extensions are .yaml, .yml, .tpl, or .txt`,
      );
    }
    if (!['.yaml', '.yml'].includes(extension.toLowerCase()) || content.trim() === '') return true;
    const first = content.split('\n').find((line) => line.trim() !== '') ?? '';
    if (/^[ \t]/.test(first)) {
      this.#say(
        'WARNING',
        name,
        `document starts with an illegal indent: ${quote(first)}, which may cause parsing problems`,
      );
    }
    for (const text of splitDocuments(content)) {
      let object: Json | null;
      try {
        object = parseYaml(text) as Json | null;
      } catch (error) {
        this.#say('ERROR', name, `unable to parse YAML: ${(error as Error).message}`);
        return false;
      }
      if (object !== null && typeof object === 'object') this.#object(name, object, content);
    }
    return true;
  }

  #object(file: string, object: Json, content: string): void {
    const kind = String(object['kind'] ?? '');
    const name = String((object['metadata'] as Json | undefined)?.['name'] ?? '');
    this.#say('WARNING', file, nameFault(kind, name));
    const selects = ['Deployment', 'ReplicaSet', 'DaemonSet', 'StatefulSet'].includes(kind);
    if (selects && !/matchLabels|matchExpressions/.test(content)) {
      this.#say('ERROR', file, `a ${kind} must contain matchLabels or matchExpressions, and ${quote(name)} does not`);
    }
    const items = kind === 'List' ? ((object['items'] ?? []) as { metadata?: { annotations?: Json } }[]) : [];
    if (items.some((item) => item.metadata?.annotations?.['helm.sh/resource-policy'] !== undefined))
      this.#say('ERROR', file, "annotation 'helm.sh/resource-policy' within List objects are ignored");
  }

  #dependencies(chart: Chart): void {
    const declared = chart.metadata.dependencies ?? [];
    const there = chart.dependencies.map((sub) => sub.metadata.name);
    const notDeclared = there.filter((name) => !declared.some((one) => one.name === name));
    const missing = declared.map((one) => one.name).filter((name) => !there.includes(name));
    const keys = declared.map((one) => one.alias ?? one.name);
    const twice = keys.filter((key, i) => keys.indexOf(key) < i);
    const say = (severity: Severity, what: string, names: string[]): boolean =>
      this.#say(severity, this.folder, names.length > 0 ? `${what}: ${names.join(',')}` : undefined);
    say('ERROR', 'chart metadata is missing these dependencies', notDeclared);
    say('ERROR', 'multiple dependencies with name or alias', twice);
    say('WARNING', 'chart directory is missing these dependencies', missing);
  }

  #crds(chart: Chart): void {
    for (const crd of chart.crds) {
      for (const text of splitDocuments(crd.data)) {
        const object = parseYaml(text) as Json | null;
        if (!object) continue;
        if (!String(object['apiVersion'] ?? '').startsWith('apiextensions.k8s.io'))
          this.#say('ERROR', crd.name, "apiVersion is not in 'apiextensions.k8s.io'");
        if (object['kind'] !== 'CustomResourceDefinition')
          this.#say('ERROR', crd.name, "object kind is not 'CustomResourceDefinition'");
      }
    }
  }
}

const CHART_FIELDS = new Set(
  (
    'name home sources version description keywords maintainers icon apiVersion condition tags appVersion deprecated ' +
    'annotations kubeVersion dependencies type'
  ).split(' '),
);

type Rule = (meta: Json) => [Severity, string] | undefined;
const text = (meta: Json, key: string): string => {
  const value = meta[key];
  return value === null || value === undefined ? '' : String(value);
};
const isUrl = (value: string): boolean => /^[a-z][a-z0-9+.-]*:/i.test(value);

/** A field that YAML did not read as a text. */
const typed =
  (key: string): Rule =>
  (meta) => {
    const value = meta[key];
    if (value === undefined || typeof value === 'string') return undefined;
    const type = value === null ? '<nil>' : typeof value === 'boolean' ? 'bool' : 'float64';
    return ['ERROR', `${key} should be of type string but it's of type ${type}`];
  };

const CHART_RULES: readonly Rule[] = [
  (meta) => {
    const name = text(meta, 'name');
    if (name === '') return ['ERROR', 'name is required'];
    return name.includes('/') ? ['ERROR', `chart name ${quote(name)} is invalid`] : undefined;
  },
  (meta) => {
    const version = text(meta, 'apiVersion');
    const wants = 'The value must be either "v1" or "v2"';
    if (version === '') return ['ERROR', `apiVersion is required. ${wants}`];
    return ['v1', 'v2'].includes(version) ? undefined : ['ERROR', `apiVersion '${version}' is not valid. ${wants}`];
  },
  typed('version'),
  (meta) => {
    const version = text(meta, 'version');
    if (version === '') return ['ERROR', 'version is required'];
    try {
      const { parts, pre } = parseVersion(version);
      const zero = parts.every((part) => part === 0n) && (pre === '' || pre === '0');
      return zero && pre === '0' ? ['ERROR', `version ${version} is less than or equal to 0.0.0-0`] : undefined;
    } catch {
      return ['ERROR', `version '${version}' is not a valid SemVer`];
    }
  },
  typed('appVersion'),
  (meta) => {
    for (const maintainer of (meta['maintainers'] ?? []) as (Json | null)[]) {
      if (!maintainer) return ['ERROR', 'a maintainer entry is empty'];
      const [name, email] = [text(maintainer, 'name'), text(maintainer, 'email')];
      if (name === '') return ['ERROR', 'each maintainer requires a name'];
      if (email !== '' && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email))
        return ['ERROR', `invalid email '${email}' for maintainer '${name}'`];
    }
    return undefined;
  },
  (meta) => {
    const wrong = ((meta['sources'] ?? []) as unknown[]).map(String).find((source) => !isUrl(source));
    return wrong === undefined ? undefined : ['ERROR', `invalid source URL '${wrong}'`];
  },
  (meta) => (text(meta, 'icon') === '' ? ['INFO', 'icon is recommended'] : undefined),
  (meta) => {
    const icon = text(meta, 'icon');
    return icon !== '' && !isUrl(icon) ? ['ERROR', `invalid icon URL '${icon}'`] : undefined;
  },
  (meta) => {
    const version = text(meta, 'apiVersion');
    if (text(meta, 'type') === '' || version === 'v2') return undefined;
    return ['ERROR', `chart type is not valid in apiVersion '${version}'. It is valid in apiVersion 'v2'`];
  },
  (meta) => {
    const version = text(meta, 'apiVersion');
    if (((meta['dependencies'] ?? []) as unknown[]).length === 0 || version === 'v2') return undefined;
    const valid = "They are valid in apiVersion 'v2'";
    return ['ERROR', `dependencies are not valid in the Chart file with apiVersion '${version}'. ${valid}`];
  },
  (meta) => {
    const version = text(meta, 'version');
    const strict = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/;
    return strict.test(version) ? undefined : ['WARNING', `version '${version}' is not a valid SemVerV2`];
  },
];

const SUBDOMAIN = '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*';

/** What is wrong with an object's name, by the rules of its kind. */
function nameFault(kind: string, name: string): string | undefined {
  const wrong = (why: string): string =>
    `object name does not conform to Kubernetes naming requirements: ${quote(name)}: metadata.name: Invalid value: ${quote(name)}: ${why}`;
  const lower = kind.toLowerCase();
  if (lower === 'certificatesigningrequest') return undefined;
  if (/^(cluster)?role(binding)?$/.test(lower)) {
    if (name === '.' || name === '..') return wrong(`may not be '${name}'`);
    const bad = ['/', '%'].filter((part) => name.includes(part));
    return bad.length > 0 ? wrong(`may not contain '${bad[0]}'`) : undefined;
  }
  if (lower === 'service') {
    const rule = '[a-z]([-a-z0-9]*[a-z0-9])?';
    if (new RegExp(`^${rule}$`).test(name))
      return name.length > 63 ? wrong('must be no more than 63 characters') : undefined;
    return wrong(
      "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an " +
        `alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '${rule}')`,
    );
  }
  if (lower === 'namespace') {
    const rule = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
    if (new RegExp(`^${rule}$`).test(name))
      return name.length > 63 ? wrong('must be no more than 63 characters') : undefined;
    return wrong(
      "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric " +
        `character (e.g. 'my-name',  or '123-abc', regex used for validation is '${rule}')`,
    );
  }
  if (new RegExp(`^${SUBDOMAIN}$`).test(name))
    return name.length > 253 ? wrong('must be no more than 253 characters') : undefined;
  return wrong(
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an " +
      `alphanumeric character (e.g. 'example.com', regex used for validation is '${SUBDOMAIN}')`,
  );
}
