import type { Json, KubeObject } from '../../kube/object.ts';
import type { Representation } from './accept.ts';
import type { Kind } from './kinds-index.ts';
import { printManaged } from './managed/manager.ts';
import type { Stored } from './store.ts';
import { fromStorage } from './versions.ts';

const META_ORDER = [
  'name',
  'generateName',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'labels',
  'annotations',
  'ownerReferences',
  'finalizers',
  'managedFields',
];

/** The Go struct's order of fields. */
function orderMeta(metadata: Record<string, Json>): Record<string, Json> {
  const out: Record<string, Json> = {};
  for (const key of META_ORDER) if (metadata[key] !== undefined) out[key] = metadata[key];
  return out;
}

/** The object as the wire has it: in the asked version, with managedFields. */
export function wireObject(kind: Kind, stored: Stored): KubeObject {
  const object = fromStorage(stored.object, kind.info);
  const { apiVersion, kind: name, metadata, ...rest } = object;
  const managedFields = stored.managed.length > 0 ? { managedFields: printManaged(stored.managed) } : {};
  return { kind: name, apiVersion, metadata: orderMeta({ ...metadata, ...managedFields }), ...rest } as KubeObject;
}

function partial(kind: Kind, stored: Stored, apiVersion: string): Json {
  return { kind: 'PartialObjectMetadata', apiVersion, metadata: wireObject(kind, stored).metadata };
}

export interface RenderContext {
  nowMs: number;
  includeObject: string;
}

function row(kind: Kind, stored: Stored, apiVersion: string, ctx: RenderContext): Json {
  const cells = kind.def.row(stored.object, { nowMs: ctx.nowMs });
  if (ctx.includeObject === 'None') return { cells, object: null };
  const object = ctx.includeObject === 'Object' ? wireObject(kind, stored) : partial(kind, stored, apiVersion);
  return { cells, object };
}

/** A Table of the items; `columns` false leaves the definitions out, as later watch events do. */
export function table(
  kind: Kind,
  items: readonly Stored[],
  listMeta: Json,
  apiVersion: string,
  ctx: RenderContext,
  columns = true,
): Json {
  const definitions = kind.def.columns.map((c) => ({
    name: c.name,
    type: c.type,
    format: c.format ?? '',
    // The texts of the API's documentation are not carried; clients do not show them.
    description: c.description ?? '',
    priority: c.priority,
  }));
  return {
    kind: 'Table',
    apiVersion,
    metadata: listMeta,
    columnDefinitions: columns ? definitions : null,
    rows: items.map((item) => row(kind, item, apiVersion, ctx)),
  };
}

/** One object in the representation that the client accepts. */
export function renderOne(kind: Kind, stored: Stored, how: Representation, ctx: RenderContext): Json {
  if (how.as === 'Table')
    return table(kind, [stored], { resourceVersion: stored.object.metadata.resourceVersion }, how.apiVersion, ctx);
  return how.as === 'object' ? wireObject(kind, stored) : partial(kind, stored, how.apiVersion);
}

export function renderList(
  kind: Kind,
  items: readonly Stored[],
  listMeta: Json,
  how: Representation,
  ctx: RenderContext,
): Json {
  if (how.as === 'Table') return table(kind, items, listMeta, how.apiVersion, ctx);
  if (how.as === 'PartialObjectMetadata') {
    const metadata = items.map((item) => partial(kind, item, how.apiVersion));
    return { kind: 'PartialObjectMetadataList', apiVersion: how.apiVersion, metadata: listMeta, items: metadata };
  }
  const apiVersion = kind.info.group === '' ? kind.info.version : `${kind.info.group}/${kind.info.version}`;
  const plain = items.map((item) => {
    const object = wireObject(kind, item);
    if (kind.info.custom) return object;
    const { kind: _, apiVersion: __, ...rest } = object;
    return rest;
  });
  return { kind: `${kind.info.kind}List`, apiVersion, metadata: listMeta, items: plain };
}
