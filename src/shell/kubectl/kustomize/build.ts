import { posix } from 'node:path';
import { parse } from 'yaml';
import { goYaml } from '../../../kube/go-yaml.ts';
import type { Json } from '../../../kube/object.ts';
import type { Call } from '../context.ts';
import { KubectlError } from '../errors.ts';
import { logLine } from '../log.ts';
import { kustomizeHash } from '../verbs/name-hash.ts';
import { MalformedYaml, objectsOf } from './documents.ts';
import { DEFAULTS, type FieldSpec, mergeConfig, mergeSpecs, type TransformerConfig } from './field-specs.ts';
import { confirmFolder, type Folder, folderBelow, loadFile, readKustomization } from './file.ts';
import { generate } from './generators.ts';
import { applyMergePatches, applyPatch, readPatch, trouble } from './patches.ts';
import { runGenerator, runTransformer } from './plugins.ts';
import { followNames, noteVars, resolveVars } from './references.ts';
import { readReplacements, replace } from './replacements.ts';
import { asResource, idOf, isClusterScoped, type Origin, ResourceMap, remember } from './resources.ts';
import { sort } from './sort.ts';
import { rename, setImage, setNamespace, setPairs, setReplicas } from './transformers.ts';

/** What a folder adds up to: its objects, and the rules that hold for them. */
interface Sum {
  map: ResourceMap;
  config: TransformerConfig | undefined;
  vars: Json[];
}

/** One folder on the way: `path` is how the first one leads to it; nothing is noted of origins unless the first one asks. */
interface Target extends Folder {
  path: string;
  traced: boolean;
  definitions: Json;
}

const empty = ({ definitions }: Target): Sum => ({ map: new ResourceMap(definitions), config: undefined, vars: [] });

const BUILT_IN_API = 'v1.21.2';

/** What `openapi` says of the API's types; nothing when they are the built-in ones. */
async function readDefinitions(call: Call, folder: Folder): Promise<Json> {
  const { path, version } = folder.spec.openapi ?? {};
  if (path) {
    if (version) throw new KubectlError('builtin version and custom schema provided, cannot use both');
    return parse(await loadFile(call, folder, path))?.definitions ?? {};
  }
  if (version && version !== BUILT_IN_API) throw new KubectlError('the specified OpenAPI version is not built in');
  return undefined;
}

/** Go prints a generator as an address and nothing. */
const GENERATOR = '&{0xc000a09a00 <nil>}';
const MANAGED_BY = 'kustomize-v5.7.1';

function prefixed<T>(lead: string, work: () => Promise<T>): Promise<T> {
  return work().catch((error) => {
    throw error instanceof KubectlError ? new KubectlError(`${lead}: ${error.message}`) : error;
  });
}

/** Builds a folder with a kustomization: its objects in the order in which kubectl writes them. */
export async function kustomize(call: Call, folder: string): Promise<Json[]> {
  const root = await confirmFolder(call, call.cwd, folder);
  const read = await readKustomization(call, { root });
  const { spec } = read;
  const definitions = await readDefinitions(call, read);
  const target: Target = { ...read, path: '', traced: (spec.buildMetadata ?? []).length > 0, definitions };
  const sum = await accumulate(call, target, empty(target));
  for (const resource of sum.map.list) {
    if (!resource.hashed) continue;
    remember(resource);
    const { metadata } = resource.object;
    metadata.name = `${metadata.name}-${kustomizeHash(resource.object)}`;
  }
  followNames(sum.map, (sum.config ?? DEFAULTS).nameReference);
  const unused = resolveVars(sum.map, sum.vars, (sum.config ?? DEFAULTS).varReference);
  if (unused.length > 0)
    call.err(
      `${logLine('I', call.time.now())} log.go:244] well-defined vars that were never replaced: ${unused.join(',')}\n`,
    );
  sum.map.list = sum.map.list.filter(
    ({ object }) => object.metadata?.annotations?.['config.kubernetes.io/local-config'] === undefined,
  );
  sort(sum.map, spec.sortOptions ?? { order: 'legacy' });
  annotate(sum.map, spec.buildMetadata ?? []);
  return sum.map.list.map(({ object }) => object);
}

/** What `buildMetadata` asks to be written into the objects. */
function annotate(map: ResourceMap, asked: string[]): void {
  const add = (object: Json, field: 'labels' | 'annotations', key: string, value: string): void => {
    object.metadata = { ...object.metadata, [field]: { ...object.metadata[field], [key]: value } };
  };
  for (const { object, origin, transformations } of map.list) {
    if (asked.includes('managedByLabel')) add(object, 'labels', 'app.kubernetes.io/managed-by', MANAGED_BY);
    if (asked.includes('originAnnotations') && origin)
      add(object, 'annotations', 'config.kubernetes.io/origin', originText(origin));
    if (asked.includes('transformerAnnotations') && transformations.length > 0)
      add(
        object,
        'annotations',
        'alpha.config.kubernetes.io/transformations',
        transformations.map((one) => `- ${originText(one).replace(/\n(?=.)/g, '\n  ')}`).join(''),
      );
  }
}

/** The fields of an origin in their own order. */
function originText({ path, configuredIn, configuredBy }: Origin): string {
  const by = configuredBy ? `configuredBy:\n${goYaml(configuredBy).replace(/^/gm, '  ').trimEnd()}\n` : '';
  return `${path ? `path: ${path}\n` : ''}${configuredIn ? `configuredIn: ${configuredIn}\n` : ''}${by}`;
}

const CRD_HINTS = /"?x-kubernetes-(annotation|label-selector|identity|object-ref-)/;

/** OpenAPI definitions may tell of more references; those that do not change nothing. */
async function readCrds(call: Call, target: Target): Promise<void> {
  const paths: string[] = target.spec.crds ?? [];
  for (const path of paths) {
    const text = await prefixed(`loading CRDs [${paths.join(' ')}]`, () => loadFile(call, target, path));
    if (CRD_HINTS.test(text))
      throw new KubectlError(
        `references that ${path} of crds describes are not followed in this shell: use configurations`,
      );
  }
}

const joined = (target: Target, path: string): string => posix.join(target.path, path);

function pluginOrigin(target: Target, kind: string): Origin {
  return {
    configuredIn: joined(target, target.fileName),
    configuredBy: { apiVersion: 'builtin', kind },
  };
}

async function accumulate(call: Call, target: Target, into: Sum): Promise<Sum> {
  const { spec } = target;
  const sum = await prefixed('accumulating resources', () => addResources(call, target, into, spec.resources ?? []));
  sum.config = mergeConfig(sum.config ?? DEFAULTS, DEFAULTS);
  for (const path of spec.configurations ?? [])
    sum.config = mergeConfig(sum.config, parse(await loadFile(call, target, path), { version: '1.1' }) ?? {});
  await readCrds(call, target);
  await runGenerators(call, target, sum);
  const whole = await prefixed('accumulating components', () =>
    addComponents(call, target, sum, spec.components ?? []),
  );
  await transform(call, target, whole);
  for (const config of await pluginConfigs(call, target, spec.validators ?? []))
    await runTransformer(call, target, whole.map, config);
  noteVars(whole.map, spec.vars ?? []);
  for (const one of spec.vars ?? []) {
    if (whole.vars.some(({ name }) => name === one.name))
      throw new KubectlError(`var '${one.name}' already encountered`);
    whole.vars.push(one);
  }
  return whole;
}

async function addResources(call: Call, target: Target, into: Sum, paths: string[]): Promise<Sum> {
  for (const path of paths) {
    const problem = await addFile(call, target, into.map, path);
    if (!problem) continue;
    try {
      const below = await folderBelow(call, target, path);
      await addFolder(call, target, below, joined(target, path), into);
    } catch (error) {
      if (!(error instanceof KubectlError)) throw error;
      if (problem.malformed) throw new KubectlError(problem.message);
      throw new KubectlError(`accumulation err='${problem.message}': ${error.message}`);
    }
  }
  return into;
}

/** Adds the objects of a file; what is wrong when it cannot. */
async function addFile(
  call: Call,
  target: Target,
  map: ResourceMap,
  path: string,
): Promise<{ message: string; malformed: boolean } | undefined> {
  try {
    const text = await loadFile(call, target, path);
    const origin = target.traced ? { path: joined(target, path) } : undefined;
    const resources = objectsOf(text).map((object) => ({ ...asResource(object), origin }));
    const own = new ResourceMap();
    for (const resource of resources) own.append(resource);
    try {
      for (const resource of resources) map.append(resource);
    } catch (error) {
      if (error instanceof KubectlError)
        throw new KubectlError(`merging resources from '${path}': ${error.message}`, '');
      throw error;
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof KubectlError)) throw error;
    const malformed = error instanceof MalformedYaml;
    const message = malformed ? `${error.message} in File: ${path}` : error.message;
    const lead = message.startsWith('merging resources from') ? '' : `accumulating resources from '${path}': `;
    return { message: `${lead}${message}`, malformed };
  }
}

async function addFolder(
  call: Call,
  target: Target,
  below: Pick<Folder, 'root' | 'referrer'>,
  path: string,
  into: Sum,
  isComponent = false,
): Promise<Sum> {
  const folder = await prefixed(`couldn't make target for path '${below.root}'`, () => readKustomization(call, below));
  const definitions = (await readDefinitions(call, folder)) ?? target.definitions;
  const sub: Target = { ...folder, path, traced: target.traced, definitions };
  const isOne = folder.spec.kind === 'Component';
  if (isComponent && !isOne)
    throw new KubectlError(`expected kind 'Component' for path '${below.root}' but got '${folder.spec.kind}'`);
  if (!isComponent && isOne) throw new KubectlError(`expected kind != 'Component' for path '${below.root}'`);
  const start = isComponent ? into : empty(sub);
  const sum = await prefixed(`recursed accumulation of path '${below.root}'`, () => accumulate(call, sub, start));
  if (isComponent) return sum;
  await prefixed(`recursed merging from path '${below.root}'`, async () => {
    for (const resource of sum.map.list) into.map.append(resource);
    into.config = mergeConfig(into.config ?? DEFAULTS, sum.config ?? DEFAULTS);
    into.vars.push(...sum.vars);
  });
  return into;
}

async function addComponents(call: Call, target: Target, sum: Sum, paths: string[]): Promise<Sum> {
  let whole = sum;
  for (const path of paths) {
    const quoted = (lead: string, error: unknown): never => {
      if (!(error instanceof KubectlError)) throw error;
      throw new KubectlError(`${lead} ${JSON.stringify(error.message)}`);
    };
    const below = await folderBelow(call, target, path).catch((error) => quoted('loader.New', error));
    whole = await addFolder(call, target, below, joined(target, path), whole, true).catch((error) =>
      quoted('accumulateDirectory:', error),
    );
  }
  return whole;
}

async function runGenerators(call: Call, target: Target, { map }: Sum): Promise<void> {
  const { spec } = target;
  for (const kind of ['ConfigMap', 'Secret'] as const)
    for (const one of spec[kind === 'ConfigMap' ? 'configMapGenerator' : 'secretGenerator'] ?? []) {
      const made = await generate(call, target, kind, one, spec.generatorOptions);
      if (target.traced) made.origin = pluginOrigin(target, `${kind}Generator`);
      await prefixed(`merging from generator ${GENERATOR}`, async () => map.absorb(made));
    }
  for (const chart of [...(spec.helmCharts ?? []), ...(spec.helmChartInflationGenerator ?? [])])
    inflate(call, { ...spec.helmGlobals, ...chart });
  for (const config of await prefixed('loading generator plugins', () =>
    pluginConfigs(call, target, spec.generators ?? []),
  ))
    map.absorb(await prefixed('loading generator plugins', () => runGenerator(call, target, config)));
}

/** kustomize asks for helm's version in a way that helm 4 does not know, so that no chart can be inflated. */
function inflate(call: Call, chart: Json): never {
  if (!call.flags.has('enable-helm') || !call.flags.bool('enable-helm'))
    trouble('HelmChartInflationGenerator', chart, new KubectlError('must specify --enable-helm'));
  const home = '/tmp/kustomize-helm-3418560895/helm';
  throw new KubectlError(
    `Error: unknown shorthand flag: 'c' in -c\n: unable to run: 'helm version -c --short' with env=[HELM_CONFIG_HOME=${home} HELM_CACHE_HOME=${home}/.cache HELM_DATA_HOME=${home}/.data] (is 'helm' installed?): exit status 1`,
  );
}

/** Configurations of plugins, written in place or in files. */
async function pluginConfigs(call: Call, target: Target, entries: string[]): Promise<Json[]> {
  const sum = empty(target);
  const paths: string[] = [];
  for (const entry of entries) {
    let inline: Json[] | undefined;
    try {
      inline = objectsOf(entry);
    } catch (error) {
      if (!(error instanceof KubectlError)) throw error;
      paths.push(entry);
    }
    for (const object of inline ?? []) sum.map.append(asResource(object));
  }
  await addResources(call, target, sum, paths);
  return sum.map.list.map(({ object }) => object);
}

type Step = [transformer: string, run: () => Promise<void> | void];

/** The built-in transformers that a kustomization asks for, in kustomize's order. */
async function steps(call: Call, target: Target, { map, config: known }: Sum): Promise<Step[]> {
  const { spec } = target;
  const config = known!;
  const each = (field: string, transformer: string, run: (one: Json) => Promise<void> | void): Step[] =>
    (spec[field] ?? []).map((one: Json): Step => [transformer, () => run(one)]);
  const when = (given: Json, transformer: string, run: () => Promise<void> | void): Step[] =>
    given === undefined || given === null || given === '' || given.length === 0 ? [] : [[transformer, run]];
  const patches: Step[] = [];
  for (const one of spec.patches ?? []) {
    const patch = await readPatch(call, target, one).catch((error) => trouble('PatchTransformer', one, error));
    patches.push(['PatchTransformer', () => applyPatch(map, patch)]);
  }
  const merged = spec.patchesStrategicMerge;
  return [
    ...when(merged, 'PatchStrategicMergeTransformer', () => applyMergePatches(call, target, map, merged)),
    ...patches,
    ...when(spec.namespace, 'NamespaceTransformer', () => setNamespace(map, spec.namespace, config.namespace)),
    ...when(spec.namePrefix, 'PrefixTransformer', () => rename(map, config.namePrefix, 'prefixes', spec.namePrefix)),
    ...when(spec.nameSuffix, 'SuffixTransformer', () => rename(map, config.nameSuffix, 'suffixes', spec.nameSuffix)),
    ...each('labels', 'LabelTransformer', (one) => setPairs(map, labelSpecs(one, config), one.pairs)),
    ...when(spec.labels ?? spec.commonLabels, 'LabelTransformer', () =>
      setPairs(map, config.commonLabels, spec.commonLabels),
    ),
    ...when(spec.commonAnnotations, 'AnnotationsTransformer', () =>
      setPairs(map, config.commonAnnotations, spec.commonAnnotations),
    ),
    ...each('patchesJson6902', 'PatchJson6902Transformer', async (one) =>
      applyPatch(map, await readPatch(call, target, one)),
    ),
    ...each('replicas', 'ReplicaCountTransformer', (one) => setReplicas(map, config.replicas, one)),
    ...each('images', 'ImageTagTransformer', (one) => setImage(map, config.images, one)),
    ...when(spec.replacements, 'ReplacementTransformer', async () =>
      replace(map, await readReplacements(call, target, spec.replacements)),
    ),
  ];
}

async function transform(call: Call, target: Target, sum: Sum): Promise<void> {
  for (const [transformer, run] of await steps(call, target, sum)) {
    await run();
    if (target.traced)
      for (const resource of sum.map.list) resource.transformations.push(pluginOrigin(target, transformer));
  }
  for (const one of await pluginConfigs(call, target, target.spec.transformers ?? []))
    await runTransformer(call, target, sum.map, one);
}

/** Where an entry of `labels` writes. */
function labelSpecs({ fields, includeSelectors, includeTemplates }: Json, config: TransformerConfig): FieldSpec[] {
  const own = mergeSpecs(fields ?? [], config.labels);
  if (includeSelectors) return mergeSpecs(own, config.commonLabels);
  const more = includeTemplates ? config.templateLabels : [];
  return mergeSpecs(mergeSpecs(own, more), [{ path: 'metadata/labels', create: true }]);
}

/** The file that `kustomize -o FOLDER` writes an object to. */
export function fileNameOf(object: Json, namespaces: number): string {
  const { group, version, kind, name, namespace } = idOf({ object });
  const own = [group, version, kind].filter(Boolean).join('_').toLowerCase();
  const base = `${own}_${name.toLowerCase()}.yaml`;
  const scoped = isClusterScoped({ group, version, kind });
  return namespaces > 1 && !scoped ? `${(namespace || 'default').toLowerCase()}_${base}` : base;
}
