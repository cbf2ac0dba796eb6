import { since } from '../../../../kube/duration.ts';
import type { Json, KubeObject } from '../../../../kube/object.ts';
import type { TableColumn, TableContext } from '../../kind.ts';

/** `columns('Ready', 'Restarts:integer', '~IP')`: `~` marks columns of `-o wide`, types are strings unless named, a format may follow. */
export function columns(...specs: string[]): TableColumn[] {
  return specs.map((spec) => {
    const wide = spec.startsWith('~');
    const [name = '', type = 'string', format = ''] = (wide ? spec.slice(1) : spec).split(':');
    const column: TableColumn = { name, type: type as TableColumn['type'], format, priority: wide ? 1 : 0 };
    if (name === 'Name' && !wide) column.format = 'name';
    return column;
  });
}

/** The table of kinds that have no printer of their own: name and creation time as the API gives it. */
export const CREATED_AT = columns('Name', 'Created At:date');

export function createdAtRow(object: KubeObject): unknown[] {
  return [object.metadata.name, object.metadata.creationTimestamp];
}

export function age(object: KubeObject, ctx: TableContext): string {
  return since(object.metadata.creationTimestamp, ctx.nowMs);
}

/** Cells CONTAINERS and IMAGES of workloads. */
export function containerCells(podSpec: Json): [string, string] {
  const containers: Json[] = podSpec?.containers ?? [];
  return [containers.map((item) => item.name).join(','), containers.map((item) => item.image).join(',')];
}

/** `a,b,c + 2 more...` of at most `max`. */
export function shortList(items: string[], max = 3): string {
  const text = items.slice(0, max).join(',');
  return items.length > max ? `${text} + ${items.length - max} more...` : text;
}
