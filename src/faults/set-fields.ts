import type { Json, Resource } from '../cluster/client.ts';
import { type Fault, type FaultContext, restartPods } from './fault.ts';

/** One field of an object: where it is, and what it becomes; undefined takes it away. */
export interface FieldChange {
  path: readonly (string | number)[];
  value: Json;
}

/** Somebody edits fields of one object of the application, as `kubectl edit` would. */
export function setFields(
  resource: Resource,
  name: string,
  changes: readonly FieldChange[],
  options: {
    /** The service whose pods are restarted, for objects that pods read at their start. */
    restart?: string;
  } = {},
): Fault {
  const apply = async (ctx: FaultContext, wanted: readonly FieldChange[]): Promise<FieldChange[]> => {
    const object = await ctx.kube.get(resource, ctx.app.namespace, name);
    if (!object) throw new Error(`${resource} ${name} is not there`);
    const before = wanted.map(({ path }) => ({ path, value: read(object, path) }));
    const patch = wanted.flatMap(({ path, value }, i) => operation(path, value, before[i]?.value));
    await ctx.kube.patch(resource, ctx.app.namespace, name, patch);
    if (options.restart !== undefined) await restartPods(ctx, options.restart);
    return before;
  };
  return {
    async inject(ctx) {
      const before = await apply(ctx, changes);
      // JSON knows no undefined.
      return { fields: before.map(({ path, value }) => (value === undefined ? { path } : { path, value })) };
    },
    async recover(ctx, undo) {
      await apply(ctx, undo.fields as FieldChange[]);
    },
  };
}

function read(object: Json, path: readonly (string | number)[]): Json {
  return path.reduce((value, key) => value?.[key], object);
}

/** The step of a JSON patch that gives a field its value. */
function operation(path: readonly (string | number)[], value: Json, before: Json): Json[] {
  const pointer = path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  if (value === undefined) return before === undefined ? [] : [{ op: 'remove', path: pointer }];
  return [{ op: before === undefined ? 'add' : 'replace', path: pointer, value }];
}

/** Path of the first container of a Deployment's pods. */
export const FIRST_CONTAINER = ['spec', 'template', 'spec', 'containers', 0] as const;
