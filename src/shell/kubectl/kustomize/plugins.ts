import type { Json } from '../../../kube/object.ts';
import type { Call } from '../context.ts';
import { KubectlError } from '../errors.ts';
import type { FieldSpec } from './field-specs.ts';
import type { Folder } from './file.ts';
import { generate } from './generators.ts';
import { applyMergePatches, applyPatch, readPatch } from './patches.ts';
import { readReplacements, replace } from './replacements.ts';
import { asResource, gvkText, idOf, idText, type Resource, type ResourceMap } from './resources.ts';
import { sort } from './sort.ts';
import { rename, setImage, setNamespace, setPairs, setReplicas } from './transformers.ts';

type Transformer = (call: Call, folder: Folder, map: ResourceMap, config: Json) => Promise<void> | void;

const specsOf = (config: Json): FieldSpec[] => config.fieldSpecs ?? [];

/** kustomize's built-in transformers, as `transformers` configures them. */
const TRANSFORMERS: Record<string, Transformer> = {
  AnnotationsTransformer: (_call, _folder, map, config) => setPairs(map, specsOf(config), config.annotations),
  HashTransformer: () => {},
  ImageTagTransformer: (_call, _folder, map, config) => setImage(map, specsOf(config), config.imageTag ?? {}),
  LabelTransformer: (_call, _folder, map, config) => setPairs(map, specsOf(config), config.labels),
  NamespaceTransformer: (_call, _folder, map, config) =>
    setNamespace(map, config.metadata?.namespace ?? '', specsOf(config), config),
  PatchJson6902Transformer: async (call, folder, map, config) =>
    applyPatch(map, await readPatch(call, folder, { ...config, patch: config.jsonOp })),
  PatchStrategicMergeTransformer: (call, folder, map, config) =>
    applyMergePatches(call, folder, map, [...(config.paths ?? []), ...(config.patches ? [config.patches] : [])]),
  PatchTransformer: async (call, folder, map, config) => applyPatch(map, await readPatch(call, folder, config)),
  PrefixTransformer: (_call, _folder, map, config) =>
    rename(map, needed(config, 'fieldSpecs'), 'prefixes', config.prefix ?? ''),
  ReplacementTransformer: async (call, folder, map, config) =>
    replace(map, await readReplacements(call, folder, config.replacements ?? [])),
  ReplicaCountTransformer: (_call, _folder, map, config) => setReplicas(map, specsOf(config), config.replica ?? {}),
  SortOrderTransformer: (_call, _folder, map, config) => sort(map, config.sortOptions ?? { order: 'fifo' }),
  SuffixTransformer: (_call, _folder, map, config) =>
    rename(map, needed(config, 'fieldSpecs'), 'suffixes', config.suffix ?? ''),
};

function needed(config: Json, field: string): FieldSpec[] {
  if (!config[field]) throw new KubectlError(`${field} is not expected to be nil`);
  return config[field];
}

const GENERATORS: Record<string, 'ConfigMap' | 'Secret'> = {
  ConfigMapGenerator: 'ConfigMap',
  SecretGenerator: 'Secret',
};

/** Refuses what is not built in, as kustomize without --enable-alpha-plugins does. */
function assertBuiltIn(call: Call, { apiVersion, kind }: Json): void {
  if (apiVersion === 'builtin') return;
  if (call.flags.has('enable-alpha-plugins') && call.flags.bool('enable-alpha-plugins'))
    throw new KubectlError(`external plugin '${kind}' cannot be run: this shell has no container engine`);
  throw new KubectlError(`external plugins disabled; unable to load external plugin '${kind}'`);
}

const plain = (config: Json): Json => ({ ...config, name: config.name ?? config.metadata?.name });

/** What an entry of `generators` makes. */
export async function runGenerator(call: Call, folder: Folder, config: Json): Promise<Resource> {
  try {
    assertBuiltIn(call, config);
    const kind = GENERATORS[config.kind];
    if (kind)
      return await generate(call, folder, kind, { ...plain(config), namespace: config.metadata?.namespace }, {});
    const id = idText(idOf(asResource(config)));
    throw new KubectlError(
      TRANSFORMERS[config.kind]
        ? `plugin ${id} not a generator`
        : config.kind === 'HelmChartInflationGenerator'
          ? `plugin ${id} fails configuration: must specify --enable-helm`
          : `unable to load builtin ${gvkText(idOf(asResource(config)))}`,
    );
  } catch (error) {
    if (error instanceof KubectlError) throw new KubectlError(`failed to load generator: ${error.message}`);
    throw error;
  }
}

/** Carries out an entry of `transformers` or `validators`. */
export async function runTransformer(call: Call, folder: Folder, map: ResourceMap, config: Json): Promise<void> {
  assertBuiltIn(call, config);
  const run = TRANSFORMERS[config.kind];
  const id = idOf(asResource(config));
  if (!run)
    throw new KubectlError(
      GENERATORS[config.kind] ? `plugin ${idText(id)} not a transformer` : `unable to load builtin ${gvkText(id)}`,
    );
  await run(call, folder, map, config);
}
