import { goYaml } from '../../../kube/go-yaml.ts';
import type { Json } from '../../../kube/object.ts';
import { PatchError } from '../../../kube/patch/error.ts';
import { applyJsonPatch } from '../../../kube/patch/json.ts';
import type { Call } from '../context.ts';
import { KubectlError } from '../errors.ts';
import { parseDocuments } from '../files.ts';
import { objectsOf } from './documents.ts';
import { type Folder, loadFile } from './file.ts';
import { mergePatch } from './merge.ts';
import { asResource, idOf, idText, type Resource, type ResourceMap, remember } from './resources.ts';

/** One entry of `patches`, read. */
export interface Patch {
  target?: Json;
  options: Record<string, boolean>;
  /** How errors name it. */
  source: string;
  /** Strategic merge patches. */
  objects?: Json[];
  /** Operations of a JSON patch. */
  operations?: Json[];
}

/** Marks a failure to configure a built-in plugin, as kustomize reports it. */
export function trouble(plugin: string, config: Json, error: unknown): never {
  if (!(error instanceof KubectlError)) throw error;
  throw new KubectlError(
    `trouble configuring builtin ${plugin} with config: \`\n${goYaml(config)}\`: ${error.message}`,
  );
}

const attempt = <T>(work: () => T): T | undefined => {
  try {
    return work();
  } catch (error) {
    if (error instanceof KubectlError) return undefined;
    throw error;
  }
};

function operationsOf(text: string): Json[] | undefined {
  const value = attempt(() => parseDocuments(text, 'patch')[0]);
  return Array.isArray(value) ? value : undefined;
}

/** Reads an entry of `patches` or `patchesJson6902`. */
export async function readPatch(call: Call, folder: Folder, { path, patch, target, options }: Json): Promise<Patch> {
  const inline = (patch ?? '').trim();
  const config = goYaml(JSON.parse(JSON.stringify({ path, patch, target, options })));
  if (inline === '' && !path) throw new KubectlError(`must specify one of patch and path in\n${config}`);
  if (inline !== '' && path) throw new KubectlError(`patch and path can't be set at the same time\n${config}`);
  const text = path
    ? await loadFile(call, folder, path).catch((error: Error) => {
        throw new KubectlError(`failed to get the patch file from path(${path}): ${error.message}`);
      })
    : inline;
  const source = path ? `[path: ${JSON.stringify(path)}]` : `[patch: ${JSON.stringify(inline)}]`;
  const operations = operationsOf(text);
  const objects = operations ? undefined : attempt(() => objectsOf(text));
  if (!operations && !objects) throw new KubectlError(`unable to parse SM or JSON patch from ${source}`);
  return { target, options: options ?? {}, source, operations, objects };
}

/** Merges a patch into one resource, which is dropped when nothing of it is left. */
function applyOne(map: ResourceMap, resource: Resource, patch: Json, options: Record<string, boolean>): void {
  const { name, namespace } = resource.object.metadata ?? {};
  const { kind, apiVersion } = resource.object;
  if (options.allowNameChange || options.allowKindChange) remember(resource);
  const merged = mergePatch(resource.object, { ...patch, apiVersion }, map.definitions);
  if (merged === undefined) {
    map.list = map.list.filter((one) => one !== resource);
    return;
  }
  if (!options.allowKindChange) merged.kind = kind;
  merged.metadata = { ...merged.metadata };
  if (!options.allowNameChange) merged.metadata.name = name;
  if (namespace === undefined) delete merged.metadata.namespace;
  else merged.metadata.namespace = namespace;
  resource.object = merged;
}

function jsonPatched(object: Json, operations: Json[]): Json {
  try {
    return applyJsonPatch(object, operations);
  } catch (error) {
    if (error instanceof PatchError) throw new KubectlError(error.message);
    throw error;
  }
}

/** PatchTransformer. */
export function applyPatch(map: ResourceMap, { target, options, source, objects, operations }: Patch): void {
  if (operations) {
    if (!target) throw new KubectlError(`must specify a target for JSON patch ${source}`);
    for (const resource of map.select(target)) {
      remember(resource);
      resource.object = jsonPatched(resource.object, operations);
    }
    return;
  }
  if (target) {
    if (objects!.length > 1)
      throw new KubectlError(
        `Multiple Strategic-Merge Patches in one \`patches\` entry is not allowed to set \`patches.target\` field: ${source}`,
      );
    for (const resource of map.select(target)) applyOne(map, resource, objects![0], options);
    return;
  }
  for (const object of objects!) {
    const id = idOf(asResource(object));
    const resource = ((): Resource => {
      try {
        return map.byId(id);
      } catch (error) {
        if (!(error instanceof KubectlError)) throw error;
        throw new KubectlError(
          `no resource matches strategic merge patch ${JSON.stringify(idText(id))}: ${error.message}`,
        );
      }
    })();
    applyOne(map, resource, object, options);
  }
}

/** PatchStrategicMergeTransformer: texts or paths of patches. */
export async function applyMergePatches(
  call: Call,
  folder: Folder,
  map: ResourceMap,
  paths: readonly string[],
): Promise<void> {
  const all: Json[] = [];
  for (const one of paths) all.push(...(attempt(() => objectsOf(one)) ?? objectsOf(await loadFile(call, folder, one))));
  for (const object of all) applyOne(map, map.byId(idOf(asResource(object))), object, {});
}
