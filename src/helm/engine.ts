import { UserError } from '../core/errors.ts';
import { Prng } from '../core/prng.ts';
import { Capabilities, Files, KNOWN_VERSIONS } from './built-in-objects.ts';
import type { Chart, ChartFile, Json } from './chart.ts';
import { allFunctions } from './functions/index.ts';
import { fn } from './functions/table.ts';
import { type ExecContext, execute } from './template/exec.ts';
import { ExecError } from './template/exec-error.ts';
import { quote } from './template/format.ts';
import type { Template } from './template/nodes.ts';
import { ParseError, parse } from './template/parser.ts';
import { FunctionError, fromJson, type GoFunction, GoMap, nilMap, type Value } from './template/value.ts';

export interface RenderOptions {
  release: { name: string; namespace: string; revision: number; isInstall: boolean; isUpgrade: boolean };
  /** Computed values (coalesceValues). */
  values: Json;
  kubeVersion?: string;
  apiVersions?: string[];
  /** `lookup` of templates; without it (helm template) it answers with an empty map. */
  lookup?: (apiVersion: string, kind: string, namespace: string, name: string) => unknown;
  nowMs?: number;
  /** As `helm lint` renders: what is required may be missing; hears what helm logs. */
  lint?: (line: string) => void;
  /** Seed of rand* functions. */
  seed?: string;
}

/** A render error as Helm words it; `message` is the text after `Error: `. */
export class RenderError extends UserError {
  constructor(message: string) {
    super('INVALID_ARGUMENT', message);
  }
}

interface Renderable {
  name: string;
  file: ChartFile;
  scope: GoMap;
}

const INCLUDE_DEPTH_MAX = 1000;

/** Marks the text of `fail` and `required`, which Helm reports with the place only. */
class TemplateFailure extends FunctionError {}

/** Renders all templates of a chart and its sub-charts: `chart/templates/x.yaml` → text. Throws {@link RenderError}. */
export function renderChart(chart: Chart, options: RenderOptions): Record<string, string> {
  const all: Renderable[] = [];
  collect(chart, fromJson(options.values) as GoMap, options, chart.metadata.name, true, all);
  const engine = new Engine(options);
  return engine.render(all);
}

function scopeOf(chart: Chart, values: GoMap, options: RenderOptions, isRoot: boolean): GoMap {
  const { release } = options;
  values.typeName = 'common.Values';
  const scope = new GoMap();
  scope.set('Values', values);
  scope.set('Release', fromJson({ Name: release.name, Namespace: release.namespace, Service: 'Helm' }));
  const releaseMap = scope.get('Release') as GoMap;
  releaseMap
    .set('IsInstall', release.isInstall)
    .set('IsUpgrade', release.isUpgrade)
    .set('Revision', BigInt(release.revision));
  scope.set('Chart', chartObject(chart.metadata, isRoot));
  scope.set('Files', new Files(chart.files));
  scope.set('Capabilities', new Capabilities(options.kubeVersion ?? 'v1.35.0', options.apiVersions ?? KNOWN_VERSIONS));
  return scope;
}

/** .Chart: a map with capital keys since Helm 4; what Chart.yaml leaves out is empty. */
function chartObject(metadata: Chart['metadata'], isRoot: boolean): GoMap {
  const empty = {
    APIVersion: '',
    Annotations: {},
    AppVersion: '',
    Condition: '',
    Dependencies: [],
    Deprecated: false,
    Description: '',
    Home: '',
    Icon: '',
    Keywords: [],
    KubeVersion: '',
    Maintainers: [],
    Name: '',
    Sources: [],
    Tags: '',
    Type: '',
    Version: '',
  };
  const map = fromJson(empty) as GoMap;
  for (const [key, value] of Object.entries(metadata)) {
    const name = key === 'apiVersion' ? 'APIVersion' : key.slice(0, 1).toUpperCase() + key.slice(1);
    map.set(name, key === 'appVersion' ? String(value) : fromJson(value));
  }
  if (!metadata['annotations']) map.set('Annotations', nilMap());
  return map.set('IsRoot', isRoot);
}

function collect(
  chart: Chart,
  values: GoMap,
  options: RenderOptions,
  path: string,
  isRoot: boolean,
  all: Renderable[],
): GoMap {
  const scope = scopeOf(chart, values, options, isRoot);
  const subcharts = new GoMap();
  for (const sub of chart.dependencies) {
    const own = values.get(sub.metadata.name);
    const subValues = own instanceof GoMap ? own : new GoMap();
    const subScope = collect(sub, subValues, options, `${path}/charts/${sub.metadata.name}`, false, all);
    subcharts.set(sub.metadata.name, subScope);
  }
  scope.set('Subcharts', subcharts);
  for (const file of chart.templates) {
    if (chart.metadata.type === 'library' && !(file.name.split('/').at(-1) ?? '').startsWith('_')) continue;
    all.push({ name: `${path}/${file.name}`, file, scope });
  }
  return scope;
}

class Engine {
  readonly #functions: Map<string, GoFunction>;
  readonly #context: ExecContext;
  readonly #included = new Map<string, number>();

  constructor(readonly options: RenderOptions) {
    const surroundings = { nowMs: options.nowMs ?? 0, random: new Prng(options.seed ?? options.release.name) };
    this.#functions = allFunctions(surroundings);
    this.#context = { templates: new Map(), functions: this.#functions, depth: 0 };
    this.#addEngineFunctions();
  }

  #addEngineFunctions(): void {
    const { lookup } = this.options;
    const add = (name: string, f: GoFunction): unknown => this.#functions.set(name, f);
    add(
      'include',
      fn('string any', (name: string, dot: Value) => this.#include(name, dot)),
    );
    add(
      'tpl',
      fn('string any', (text: string, dot: Value) => this.#tpl(text, dot)),
    );
    const { lint } = this.options;
    add(
      'required',
      fn('string any', (message: string, value: Value) => {
        if (!lint || !(value === null || value === undefined || value === '')) return required(message, value);
        const nothing = value === '' ? 'values' : 'value';
        lint(`level=WARN msg="missing required ${nothing}" message=${logged(message)}`);
        return '';
      }),
    );
    add(
      'fail',
      fn('string', (message: string) => {
        if (!lint) throw new TemplateFailure(message);
        lint(`level=INFO msg="funcMap fail" message=${logged(message)}`);
        return '';
      }),
    );
    add(
      'lookup',
      fn('string string string string', (apiVersion: string, kind: string, ns: string, name: string) =>
        lookup ? fromJson(lookup(apiVersion, kind, ns, name)) : new GoMap(),
      ),
    );
  }

  #include(name: string, dot: Value): string {
    const depth = this.#included.get(name) ?? 0;
    if (depth > INCLUDE_DEPTH_MAX) {
      throw new FunctionError(`rendering template has a nested reference name: ${name}: unable to execute template`);
    }
    const template = this.#context.templates.get(name);
    if (!template) throw new FunctionError(`template: no template "${name}" associated with template "gotpl"`);
    this.#included.set(name, depth + 1);
    try {
      return execute(template, dot, this.#context);
    } finally {
      this.#included.set(name, depth);
    }
  }

  #tpl(text: string, dot: Value): string {
    const templates = new Map(this.#context.templates);
    const failed = (error: unknown): never => {
      const message = `error during tpl function execution for ${quote(text)}: ${(error as Error).message}`;
      throw Object.assign(new FunctionError(message), { cause: error });
    };
    let template: Template;
    try {
      template = parse('gotpl', text, templates, (name) => this.#functions.has(name));
    } catch (error) {
      if (!(error instanceof ParseError)) throw error;
      throw new FunctionError(`cannot parse template ${quote(text)}: ${error.message}`);
    }
    const outer = this.#context.templates;
    this.#context.templates = templates;
    try {
      return execute(template, dot, this.#context).replaceAll('<no value>', '');
    } catch (error) {
      return failed(error);
    } finally {
      this.#context.templates = outer;
    }
  }

  render(all: readonly Renderable[]): Record<string, string> {
    // templates of sub-charts are parsed first, so that a parent's definition of the same name wins
    const order = [...all].sort((a, b) => depthOf(b.name) - depthOf(a.name) || (a.name < b.name ? 1 : -1));
    for (const { name, file } of order) {
      try {
        parse(name, file.data, this.#context.templates, (known) => this.#functions.has(known));
      } catch (error) {
        throw error instanceof ParseError ? new RenderError(parseErrorText(error.message)) : error;
      }
    }
    const out: Record<string, string> = {};
    const texts = new Map<string, string>();
    for (const item of order) {
      if ((item.name.split('/').at(-1) ?? '').startsWith('_')) continue;
      texts.set(item.name, this.#renderOne(item));
    }
    for (const { name } of [...order].reverse()) if (texts.has(name)) out[name] = texts.get(name) as string;
    return out;
  }

  #renderOne(item: Renderable): string {
    const parsed = this.#context.templates.get(item.name);
    if (!parsed) return '';
    const scope = new GoMap(item.scope);
    scope.typeName = 'common.Values';
    const base = item.name.slice(0, item.name.indexOf('/templates/') + '/templates'.length);
    const template = fromJson({ Name: item.name, BasePath: base }) as GoMap;
    template.typeName = 'common.Values';
    scope.set('Template', template);
    try {
      return execute(parsed, scope, this.#context).replaceAll('<no value>', '');
    } catch (error) {
      if (error instanceof RangeError) {
        throw new RenderError(
          `rendering template has a nested reference name: ${item.name}: unable to execute template`,
        );
      }
      throw error instanceof ExecError ? new RenderError(execErrorText(error)) : error;
    }
  }
}

function required(message: string, value: Value): Value {
  if (value === null || value === undefined || value === '') throw new TemplateFailure(message);
  return value;
}

/** A value as slog's text handler writes it. */
export const logged = (text: string): string => (/^[!#-<>-~]+$/.test(text) ? text : quote(text));

const depthOf = (name: string): number => name.split('/').length;

/** Helm keeps the place and the last part of what Go says. */
function parseErrorText(message: string): string {
  const parts = message.split(': ');
  return `parse error at (${parts[1]}): ${parts.at(-1)}`;
}

function rootFailure(error: ExecError): TemplateFailure | undefined {
  let reason: unknown = error;
  while (reason instanceof Error && !(reason instanceof TemplateFailure)) reason = causeOf(reason);
  return reason instanceof TemplateFailure ? reason : undefined;
}

/** What Go's errors.Unwrap gives: a template error wraps what a function returned. */
const causeOf = (error: Error): unknown => (error instanceof ExecError ? error.reason : error.cause);

/**
 * Helm 4's layout of execution errors: one block per error of the chain when all of them are template errors, otherwise
 * Go's one line; `fail` and `required` show the outermost place only.
 */
function execErrorText(error: ExecError): string {
  const failure = rootFailure(error);
  if (failure) {
    const { file, line, column } = error.location;
    return `execution error at (${file}:${line}:${column}): ${failure.message}`;
  }
  const blocks: string[] = [];
  for (let link: unknown = error; link instanceof Error; link = causeOf(link)) {
    const block = traceBlock(link.message);
    if (block === undefined) return error.message;
    if (block !== blocks.at(-1)) blocks.push(block);
  }
  return blocks.join('').trim();
}

/** How Helm shows one error of the chain; undefined when it does not look like a template error. */
function traceBlock(message: string): string | undefined {
  if (!message.startsWith('template: ')) return undefined;
  const rest = message.slice('template: '.length);
  if (rest.startsWith('no template ')) return `${message}\n`;
  const cut = (text: string): string => text.split(' template:')[0] ?? '';
  const shown = (place: string, what: string, text: string): string =>
    `${place ? `${place}\n  ` : ''}${what ? `${what}\n    ` : ''}${text ? `${text}\n` : ''}`;
  const executing = rest.indexOf(': executing ');
  if (executing >= 0) {
    const match = /^: executing ("[^"]*") at <(.*?)>: (.*)$/s.exec(rest.slice(executing));
    if (match) return shown(rest.slice(0, executing), `executing ${match[1]} at <${match[2]}>:`, cut(match[3] ?? ''));
  }
  const colon = rest.lastIndexOf(': ');
  return colon < 0 ? undefined : shown(rest.slice(0, colon), '', cut(rest.slice(colon + 2)));
}
