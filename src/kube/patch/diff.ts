import type { Schema } from '../api-schema.ts';
import { deepEqual, isMap, type Json } from '../object.ts';
import { asMap, DELETE_PRIMITIVES, DIRECTIVE, ELEMENT_ORDER, keyOf, RETAIN_KEYS } from './directives.ts';
import { sorted } from './element-order.ts';
import { PatchError } from './error.ts';
import { goType, goValue } from './go-text.ts';
import { type Field, joinStrategicPatches, type Lookup, typeOfItems } from './strategic.ts';

/**
 * The strategic merge patch of client-side apply: what `modified` asks for against `current`, and deletions of what `original` had and
 * `modified` has not. Throws PatchError.
 */
export function threeWayPatch(original: Json, modified: Json, current: Json, schema: Schema, lookup: Lookup): Json {
  const changes = new Difference(lookup, 'changes').maps(current, modified, schema, false);
  const deletions = new Difference(lookup, 'deletions').maps(original, modified, schema, false);
  return joinStrategicPatches(deletions, changes, schema, lookup);
}

/** One half of a difference as a strategic merge patch: what changed or came, or what went. */
class Difference {
  readonly #changes: boolean;

  constructor(
    readonly lookup: Lookup,
    readonly tells: 'changes' | 'deletions',
  ) {
    this.#changes = tells === 'changes';
  }

  maps(original: Record<string, Json>, modified: Record<string, Json>, schema: Schema, retainKeys: boolean): Json {
    const patch: Json = {};
    for (const key of Object.keys(modified)) {
      const [had, want] = [original[key], modified[key]];
      if (!Object.hasOwn(original, key) || goType(had) !== goType(want)) {
        if (this.#changes) patch[key] = want;
      } else if (isMap(want) || Array.isArray(want)) this.#part(patch, key, had, want, schema);
      else if (this.#changes && had !== want) patch[key] = want;
    }
    const gone = Object.keys(original).filter((key) => !Object.hasOwn(modified, key));
    if (!this.#changes) for (const key of gone) patch[key] = null;
    const retained = retainKeys ? Object.keys(modified).filter((key) => modified[key] !== null) : [];
    const isChange = Object.keys(patch).length > 0 || gone.some((key) => original[key] !== null);
    if (retained.length > 0 && isChange) patch[RETAIN_KEYS] = retained.sort();
    return patch;
  }

  #part(patch: Json, key: string, had: Json, want: Json, schema: Schema): void {
    let field: Field;
    try {
      field = this.lookup(schema, key, Array.isArray(want));
    } catch (error) {
      if (error instanceof PatchError && deepEqual(had, want)) return;
      throw error;
    }
    if (!Array.isArray(want)) {
      if (field.strategy === 'replace') {
        if (this.#changes) patch[key] = want;
        return;
      }
      const inner = this.maps(had, want, field.schema, field.retainKeys);
      if (Object.keys(inner).length > 0) patch[key] = inner;
    } else if (field.strategy === 'merge') Object.assign(patch, this.#lists(key, had, want, field));
    else if (this.#changes && !deepEqual(had, want)) patch[key] = want;
  }

  #lists(name: string, original: Json[], modified: Json[], field: Field): Json {
    if (original.length === 0) return this.#changes && modified.length > 0 ? { [name]: modified } : {};
    const kind = typeOfItems(original, modified);
    return kind === goType({}) ? this.#items(name, original, modified, field) : this.#scalars(name, original, modified);
  }

  #items(name: string, original: Json[], modified: Json[], field: Field): Json {
    const key = field.mergeKey;
    const { changed, gone } = this.#compare(original, modified, field);
    for (const item of modified) keyOf(item, key);
    const place = (item: Json): number => modified.findIndex((one) => deepEqual(one[key], item[key]));
    const items = [...sorted(changed, place), ...gone];
    const isSameOrder =
      original.length === modified.length &&
      modified.every((item, at) => deepEqual(keyOf(item, key), keyOf(original[at], key)));
    const out: Json = {};
    if (items.length > 0) out[name] = items;
    if ((items.length > 0 || (this.#changes && !isSameOrder)) && modified.length > 0)
      out[`${ELEMENT_ORDER}/${name}`] = modified.map((item) => ({ [key]: item[key] }));
    return out;
  }

  /** Both lists side by side, in the order of their keys' texts. */
  #compare(original: Json[], modified: Json[], field: Field): { changed: Json[]; gone: Json[] } {
    const key = field.mergeKey;
    const text = (item: Json): string => goValue(keyOf(item, key));
    const [left, right] = [byText(original, key), byText(modified, key)];
    const changed: Json[] = [];
    const gone: Json[] = [];
    let i = 0;
    let j = 0;
    while (i < left.length || j < right.length) {
      const [had, want] = [left[i], right[j]];
      const order = i >= left.length ? 1 : j >= right.length ? -1 : compareTexts(text(had), text(want));
      if (order === 0) {
        const inner = this.maps(asMap(had), asMap(want), field.items, field.retainKeys);
        if (Object.keys(inner).length > 0) changed.push({ ...inner, [key]: want[key] });
      } else if (order > 0) {
        keyOf(want, key);
        if (this.#changes) changed.push(want);
      } else if (!this.#changes) gone.push({ [DIRECTIVE]: 'delete', [key]: keyOf(had, key) });
      if (order <= 0) i++;
      if (order >= 0) j++;
    }
    return { changed, gone };
  }

  /** Whether anything changed is asked of the sorted original: a list that is not sorted gets its order told each time. */
  #scalars(name: string, original: Json[], modified: Json[]): Json {
    const out: Json = {};
    const added = this.#changes ? surplus(modified, original) : [];
    const gone = this.#changes ? [] : [...new Set(surplus(original, modified))];
    if (added.length > 0) out[name] = sorted(added, (value) => modified.indexOf(value));
    if (gone.length > 0) out[`${DELETE_PRIMITIVES}/${name}`] = gone;
    const isTold = this.#changes ? !deepEqual(sortedScalars(original), modified) : gone.length > 0;
    if (isTold && modified.length > 0) out[`${ELEMENT_ORDER}/${name}`] = modified;
    return out;
  }
}

const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const sortedScalars = (values: Json[]): Json[] => [...values].sort((a, b) => compareTexts(goValue(a), goValue(b)));

/** The scalars of a list beyond those of another, as often as they occur; in the order of their texts. */
function surplus(values: Json[], others: Json[]): Json[] {
  const rest = [...others];
  return sortedScalars(values).filter((value) => {
    const at = rest.indexOf(value);
    if (at >= 0) rest.splice(at, 1);
    return at < 0;
  });
}

/** Sorted by the text of the merge key; of equal ones the later comes first. */
function byText(items: Json[], key: string): Json[] {
  const text = (item: Json): string => goValue(item?.[key]);
  return [...items].reverse().sort((a, b) => compareTexts(text(a), text(b)));
}
