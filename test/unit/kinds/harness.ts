import { clone, type Json, type KubeObject } from '../../../src/kube/object.ts';
import { ApiError, type Status } from '../../../src/kube/status.ts';
import { admissionPlugins } from '../../../src/sim/api/admission/index.ts';
import type { AdmissionContext, AdmissionRequest } from '../../../src/sim/api/admission.ts';
import { invalid } from '../../../src/sim/api/errors.ts';
import type { KindDef, KindRef } from '../../../src/sim/api/kind.ts';
import { kinds } from '../../../src/sim/api/kinds/index.ts';

/** A stand-in of the store: the objects that were given, and uuids that count up. */
export function context(objects: Json[] = []): AdmissionContext & { written: KubeObject[] } {
  let count = 0;
  const written: KubeObject[] = [];
  const matches = (object: Json, ref: KindRef, namespace?: string): boolean =>
    object.kind === ref.kind && (namespace === undefined || object.metadata.namespace === namespace);
  return {
    written,
    nowMs: Date.UTC(2026, 0, 15, 9, 0, 0),
    nowIso: '2026-01-15T09:00:00Z',
    dryRun: true,
    uuid: () => `${(++count).toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`,
    get: (ref, namespace, name) =>
      objects.find((object) => matches(object, ref, namespace) && object.metadata.name === name),
    list: (ref, namespace) => objects.filter((object) => matches(object, ref, namespace)),
    update: (object) => written.push(object),
  };
}

export function kindOf(object: Json): KindDef {
  const [group, version] = object.apiVersion.includes('/') ? object.apiVersion.split('/') : ['', object.apiVersion];
  const found = kinds.find((item) => item.group === group && item.version === version && item.kind === object.kind);
  if (!found) throw new Error(`no kind ${object.apiVersion} ${object.kind}`);
  return found;
}

export function resourceOf(kind: string): string {
  const lower = kind.toLowerCase();
  if (lower === 'endpoints') return lower;
  if (/(s|x)$/.test(lower)) return `${lower}es`;
  return lower.endsWith('y') ? `${lower.slice(0, -1)}ies` : `${lower}s`;
}

/** Creates as the server does: defaults, admission, strategy, validation. Answers the object or the Status. */
export function create(input: Json, ctx: AdmissionContext): { stored?: KubeObject; status?: Status } {
  const draft: KubeObject = clone(input);
  const kind = kindOf(draft);
  const request: AdmissionRequest = {
    operation: 'CREATE',
    ref: kind,
    resource: resourceOf(kind.kind),
    namespace: draft.metadata.namespace,
    name: draft.metadata.name,
    object: draft,
    user: { username: 'admin', groups: [] },
    dryRun: false,
    ctx,
  };
  try {
    kind.setDefaults?.(draft);
    for (const plugin of admissionPlugins) plugin.admit?.(request);
    draft.metadata.uid = ctx.uuid();
    kind.prepareForCreate?.(draft, ctx);
    const errors = [...(kind.validate?.(draft, ctx) ?? []), ...(kind.validateCreate?.(draft) ?? [])];
    if (errors.length > 0) throw invalid(kind, draft.metadata.name, errors);
    for (const plugin of admissionPlugins) plugin.validate?.(request);
    return { stored: draft };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { status: error.status };
  }
}

/** Updates the main resource as the server does: defaults, strategy, both validations. */
export function update(input: Json, old: Json, ctx: AdmissionContext): { stored?: KubeObject; status?: Status } {
  const draft: KubeObject = clone(input);
  const kind = kindOf(draft);
  const request: AdmissionRequest = {
    operation: 'UPDATE',
    ref: kind,
    resource: resourceOf(kind.kind),
    namespace: draft.metadata.namespace,
    name: draft.metadata.name,
    object: draft,
    old,
    user: { username: 'admin', groups: [] },
    dryRun: false,
    ctx,
  };
  try {
    kind.setDefaults?.(draft);
    for (const plugin of admissionPlugins) plugin.admit?.(request);
    kind.prepareForUpdate?.(draft, old, ctx);
    const errors = [...(kind.validate?.(draft, ctx) ?? []), ...(kind.validateUpdate?.(draft, old, ctx) ?? [])];
    if (errors.length > 0) throw invalid(kind, draft.metadata.name, errors);
    for (const plugin of admissionPlugins) plugin.validate?.(request);
    return { stored: draft };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { status: error.status };
  }
}
