import { parse } from 'yaml';
import { isMap, type Json } from '../../../kube/object.ts';
import type { Call } from '../context.ts';
import { KubectlError } from '../errors.ts';
import { matchesSelector } from '../label-selector.ts';
import { type Slot, slotOf, splitPath } from './field-specs.ts';
import { type Folder, loadFile } from './file.ts';
import { idsOf, idText, isSelectedBy, type Resource, type ResourceMap } from './resources.ts';

/** Paths split at dots; a bracketed part stays whole, and without its brackets unless it picks an element. */
function pathOf(path: string): string[] {
  const parts = splitPath(path, '.');
  const out: string[] = [];
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]!;
    if (!part.startsWith('[') || part.endsWith(']')) {
      out.push(part);
      continue;
    }
    const all = [part];
    while (i < parts.length - 1 && !all.at(-1)!.endsWith(']')) all.push(parts[++i]!);
    const whole = all.join('.');
    out.push(whole.includes('=') ? whole : whole.replace(/^[[\]]+|[[\]]+$/g, ''));
  }
  return out;
}

const ELEMENT = /^\[([^=]*)=(.*)\]$/;
const INDEX = /^\d+$/;

/** What a path leads to in a source. */
function lookup(value: Json, path: string[]): Json {
  let at = value;
  for (const part of path) {
    if (at === undefined || at === null) return undefined;
    const pick = ELEMENT.exec(part);
    if (pick && Array.isArray(at))
      at = at.find((item) => String(pick[1] === '' ? item : (item?.[pick[1]!] ?? '')) === pick[2]);
    else if (INDEX.test(part) && Array.isArray(at)) {
      if (Number(part) >= at.length)
        throw new KubectlError(
          `error looking up replacement source: index ${part} specified but only ${at.length} elements found`,
        );
      at = at[Number(part)];
    } else if (part === '-' && Array.isArray(at)) at = at.at(-1);
    else at = isMap(at) ? at[part] : undefined;
  }
  return at;
}

const isScalar = (value: Json): boolean => value === null || typeof value !== 'object';
const isList = (part: string | undefined): boolean =>
  part !== undefined && (ELEMENT.test(part) || INDEX.test(part) || part === '*');

/** Every place that a path leads to; what is missing is made for `made`. */
function places(slot: Slot, path: string[], made: Json): Slot[] {
  const [part, ...rest] = path;
  if (part === undefined) return [slot];
  const value = slot.get();
  const fresh = (): Json =>
    rest.length > 0 ? (isList(rest[0]) ? [] : {}) : isScalar(made) ? null : Array.isArray(made) ? [] : {};
  const pick = ELEMENT.exec(part);
  if (part === '*' || pick) {
    if (!Array.isArray(value) && !(part === '*' && isMap(value))) return [];
    const pattern = pick ? new RegExp(pick[2]!) : undefined;
    const at = [...Object.keys(value)].filter((key) => {
      const item = value[key];
      return !pattern || pattern.test(String(pick![1] === '' ? item : (item?.[pick![1]!] ?? '\0')));
    });
    if (at.length === 0 && pick && made !== undefined) {
      value.push(pick[1] === '' ? pick[2] : { [pick[1]!]: pick[2] });
      at.push(String(value.length - 1));
    }
    return at.flatMap((key) => places(slotOf(value, key), rest, made));
  }
  if (INDEX.test(part) && (Array.isArray(value) || !isMap(value))) {
    const count = Array.isArray(value) ? value.length : 0;
    if (count === Number(part) && made !== undefined && Array.isArray(value)) value.push(fresh());
    else if (count <= Number(part)) throw new KubectlError(`index ${part} specified but only ${count} elements found`);
    return places(slotOf(value, Number(part)), rest, made);
  }
  if (!isMap(value)) return [];
  if (value[part] === undefined) {
    if (made === undefined) return [];
    value[part] = fresh();
  }
  return places(slotOf(value, part), rest, made);
}

/** A scalar that takes the type of the one whose place it takes. */
function like(before: Json, text: string): Json {
  if (typeof before === 'string') return text;
  const parsed = parse(text, { version: '1.1' });
  return isScalar(parsed) ? parsed : text;
}

const text = (value: Json): string => (value === null ? '' : String(value));

function put(slot: Slot, value: Json, options: Json): void {
  const before = slot.get();
  if (options?.delimiter) {
    if (!isScalar(before)) throw new KubectlError('delimiter option can only be used with scalar nodes');
    const parts = text(before).split(options.delimiter);
    const index = options.index ?? 0;
    if (index < 0) parts.unshift(text(value));
    else if (index >= parts.length) parts.push(text(value));
    else parts[index] = text(value);
    slot.set(like(before, parts.join(options.delimiter)));
  } else if (isScalar(before) && isScalar(value) && before !== null) slot.set(like(before, text(value)));
  else slot.set(structuredClone(value));
}

function sourceValue(map: ResourceMap, { source, sourceValue: fixed }: Json): Json {
  if (fixed !== undefined && source) throw new KubectlError('value and resource selectors are mutually exclusive');
  if (fixed !== undefined) return fixed;
  const matches = map.list.filter((one) => idsOf(one).some((id) => isSelectedBy(id, source)));
  const shown = `${idText(source)}${source.fieldPath ? `:${source.fieldPath}` : ''}`;
  const selector = `${shown.includes(':') ? shown : idText(source)}`;
  if (matches.length > 1) throw new KubectlError(`multiple matches for selector ${selector}`);
  if (matches.length === 0) throw new KubectlError(`nothing selected by ${selector}`);
  const fieldPath = source.fieldPath || 'metadata.name';
  const value = lookup(matches[0]!.object, pathOf(fieldPath));
  if (value === undefined || value === null || value === '' || (!isScalar(value) && Object.keys(value).length === 0))
    throw new KubectlError(`fieldPath \`${fieldPath}\` is missing for replacement source ${idText(source)}`);
  const { delimiter, index = 0 } = source.options ?? {};
  if (!delimiter) return value;
  if (!isScalar(value)) throw new KubectlError('delimiter option can only be used with scalar nodes');
  const parts = text(value).split(delimiter);
  if (index >= parts.length || index < 0)
    throw new KubectlError(`options.index ${index} is out of bounds for value ${text(value)}`);
  return like(value, parts[index]!);
}

function isTarget(resource: Resource, { select, reject = [] }: Json): boolean {
  const { labels, annotations } = resource.object.metadata ?? {};
  const meets = (one: Json): boolean =>
    matchesSelector(one.labelSelector ?? '', labels) && matchesSelector(one.annotationSelector ?? '', annotations);
  const ids = idsOf(resource);
  const hasId = (one: Json): boolean => ['group', 'version', 'kind', 'name', 'namespace'].some((key) => one[key]);
  if (!meets(select) || !ids.some((id) => isSelectedBy(id, select))) return false;
  return !reject.some(
    (one: Json) =>
      ((one.labelSelector || one.annotationSelector) && meets(one)) ||
      (hasId(one) && ids.some((id) => isSelectedBy(id, one))),
  );
}

/** Replacements with those of their `path` files. */
export async function readReplacements(call: Call, folder: Folder, list: Json[]): Promise<Json[]> {
  const out: Json[] = [];
  for (const { path, ...own } of list) {
    if (path && (own.source || own.targets?.length))
      throw new KubectlError('cannot specify both path and inline replacement');
    if (!path) {
      out.push(own);
      continue;
    }
    const loaded = parse(await loadFile(call, folder, path), { version: '1.1' });
    if (Array.isArray(loaded)) out.push(...loaded);
    else if (isMap(loaded)) out.push(loaded);
    else throw new KubectlError('unsupported replacement type encountered within replacement path: invalid');
  }
  return out;
}

/** ReplacementTransformer. */
export function replace(map: ResourceMap, replacements: Json[]): void {
  for (const one of replacements) {
    if ((one.source === undefined && one.sourceValue === undefined) || !one.targets)
      throw new KubectlError('replacements must specify a source and at least one target');
    const value = sourceValue(map, one);
    for (const target of one.targets) {
      if (!target.select) throw new KubectlError('target must specify resources to select');
      for (const resource of map.list.filter((each) => isTarget(each, target)))
        for (const path of target.fieldPaths?.length ? target.fieldPaths : ['metadata.name'])
          copyTo(resource, path, value, target.options);
    }
  }
}

function copyTo(resource: Resource, path: string, value: Json, options: Json): void {
  const missing = `unable to find ${options?.create ? 'or create ' : ''}field ${JSON.stringify(path)} in replacement target`;
  let found: Slot[];
  try {
    found = places({ get: () => resource.object, set: () => {} }, pathOf(path), options?.create ? value : undefined);
  } catch (error) {
    if (error instanceof KubectlError) throw new KubectlError(`${missing}: ${error.message}`);
    throw error;
  }
  if (found.length === 0) throw new KubectlError(missing);
  for (const slot of found) put(slot, value, options);
}
