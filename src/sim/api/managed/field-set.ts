import type { Json } from '../../../kube/object.ts';

/**
 * A set of field paths in the form of FieldsV1: `{"f:spec": {"f:replicas": {}}}`. A node is a member of the set when it
 * has no children or a child `.`; without one it only leads to members. Nodes are immutable and shared.
 */
export interface FieldSet {
  readonly [element: string]: FieldSet;
}

export const EMPTY: FieldSet = Object.freeze({});
const DOT = '.';

export function isMember(node: FieldSet): boolean {
  for (const key in node) if (key !== DOT) return DOT in node;
  return true;
}

/** A node from its children; undefined when it would say nothing. */
export function makeNode(children: Record<string, FieldSet>, member: boolean): FieldSet | undefined {
  for (const _ in children) return member ? { [DOT]: EMPTY, ...children } : children;
  return member ? EMPTY : undefined;
}

export function isEmptySet(set: FieldSet): boolean {
  for (const _ in set) return false;
  return true;
}

/** Everything in either; returns `a` itself when `b` adds nothing. */
export function union(a: FieldSet, b: FieldSet): FieldSet {
  let out: Record<string, FieldSet> | undefined;
  for (const key in b) {
    if (key === DOT) continue;
    const mine = a[key];
    const merged = mine === undefined ? (b[key] as FieldSet) : unionNode(mine, b[key] as FieldSet);
    if (merged === mine) continue;
    out ??= { ...a };
    out[key] = merged;
  }
  return out ?? a;
}

function unionNode(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a;
  const children = union(a, b);
  const member = isMember(a) || isMember(b);
  if (children === a && (member === isMember(a) || isEmptySet(a))) return a;
  const { [DOT]: _, ...rest } = children;
  return makeNode(rest, member) ?? EMPTY;
}

/** What is in `a` and not in `b`; returns `a` itself when they have nothing in common. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  let out: Record<string, FieldSet> | undefined;
  for (const key in b) {
    const mine = key === DOT ? undefined : a[key];
    if (mine === undefined) continue;
    const left = differenceNode(mine, b[key] as FieldSet);
    if (left === mine) continue;
    out ??= { ...a };
    if (left === undefined) delete out[key];
    else out[key] = left;
  }
  return out ?? a;
}

function differenceNode(a: FieldSet, b: FieldSet): FieldSet | undefined {
  const children = difference(a, b);
  const member = isMember(a) && !isMember(b);
  if (children === a && member === isMember(a)) return a;
  const { [DOT]: _, ...rest } = children;
  return makeNode(rest, member);
}

/** Members of both, those of a level before those below it, as printed paths (`.data.k`, `.spec.containers[name="a"].image`). */
export function intersection(a: FieldSet, b: FieldSet, prefix = ''): string[] {
  const members: string[] = [];
  const deeper: string[] = [];
  for (const key of Object.keys(a).sort()) {
    const other = b[key];
    if (key === DOT || other === undefined) continue;
    const mine = a[key] as FieldSet;
    const path = prefix + printElement(key);
    if (isMember(mine) && isMember(other)) members.push(path);
    deeper.push(...intersection(mine, other, path));
  }
  return [...members, ...deeper];
}

/** `f:a` as `.a`, `k:{"name":"c"}` as `[name="c"]`, `v:"x"` as `[="x"]`. */
export function printElement(element: string): string {
  const body = element.slice(2);
  if (element.startsWith('f:')) return `.${body}`;
  if (element.startsWith('v:')) return `[=${body}]`;
  const keys = JSON.parse(body) as Record<string, Json>;
  return `[${Object.keys(keys)
    .map((k) => `${k}=${JSON.stringify(keys[k])}`)
    .join(',')}]`;
}

const sortedSets = new WeakMap<FieldSet, FieldSet>();

/** The same set with its keys in upstream's order (`.`, then fields, keys and values by text). */
export function sortSet(set: FieldSet): FieldSet {
  const known = sortedSets.get(set);
  if (known) return known;
  const out: Record<string, FieldSet> = {};
  for (const key of Object.keys(set).sort()) out[key] = sortSet(set[key] as FieldSet);
  sortedSets.set(set, out);
  return out;
}
