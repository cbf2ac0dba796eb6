import type { Json } from '../../../kube/object.ts';
import { quantityNumber } from '../../../kube/quantity.ts';
import { displayName, type Resource } from '../client.ts';
import { KubectlError } from '../errors.ts';
import type { TabWriter } from '../tabwriter.ts';
import { goSort } from './go-sort.ts';
import { goValue } from './json.ts';
import { findPath } from './jsonpath.ts';

export interface TableOptions {
  wide: boolean;
  noHeaders: boolean;
  withNamespace: boolean;
  withKind: boolean;
  showLabels: boolean;
  labelColumns: string[];
}

function cellText(value: Json): string {
  if (value === null || value === undefined) return value === null ? '<none>' : '';
  const text = typeof value === 'object' ? goValue(value) : String(value);
  const cut = text.search(/[\f\n\r]/);
  return cut < 0 ? text : `${text.slice(0, cut)}...`;
}

function labelsText(labels: Record<string, string> | undefined): string {
  const keys = Object.keys(labels ?? {}).sort();
  return keys.length === 0 ? '<none>' : keys.map((key) => `${key}=${labels![key]}`).join(',');
}

/** Prints the server's Tables like kubectl's human readable printer; headers once per instance. */
export class TablePrinter {
  #headed = false;
  #columns: { name: string; priority?: number }[] = [];

  constructor(
    private readonly writer: TabWriter,
    private readonly resource: Resource,
    private readonly options: TableOptions,
  ) {}

  print(table: Json, leading?: { header: string; value: string }): void {
    if (table.columnDefinitions?.length) this.#columns = table.columnDefinitions;
    const { options } = this;
    const shown = this.#columns
      .map((column, at) => ({ ...column, at }))
      .filter((column) => options.wide || !column.priority);
    if (!this.#headed && !options.noHeaders && (table.rows ?? []).length > 0) {
      const heads = shown.map((column) => column.name.toUpperCase());
      if (options.withNamespace) heads.unshift('NAMESPACE');
      if (leading) heads.unshift(leading.header);
      for (const label of options.labelColumns) heads.push(label.split('/').at(-1)!.toUpperCase());
      if (options.showLabels) heads.push('LABELS');
      this.writer.write(`${heads.join('\t')}\n`);
      this.#headed = true;
    }
    for (const row of table.rows ?? []) this.writer.write(`${this.#row(row, shown, leading).join('\t')}\n`);
  }

  #row(row: Json, shown: { at: number }[], leading?: { value: string }): string[] {
    const { options } = this;
    const metadata = row.object?.metadata ?? {};
    const cells = shown.map((column) => cellText(row.cells[column.at]));
    if (options.withKind && cells.length > 0) cells[0] = displayName(this.resource, cells[0]!);
    if (options.withNamespace) cells.unshift(metadata.namespace ?? '');
    if (leading) cells.unshift(leading.value);
    for (const label of options.labelColumns) cells.push(metadata.labels?.[label] ?? '');
    if (options.showLabels) cells.push(labelsText(metadata.labels));
    return cells;
  }
}

function compareValues(a: Json, b: Json): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1;
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'string' && typeof b === 'string') {
    const [x, y] = [quantityNumber(a), quantityNumber(b)];
    if (x !== undefined && y !== undefined) return x - y;
  }
  const [x, y] = [String(a), String(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}

/** Objects (or table rows by their object) by a path, as --sort-by orders them: equal ones as Go's sort leaves them. */
export function sortBy<T>(items: T[], expression: string, objectOf: (item: T) => Json): T[] {
  const keyed = items.map((item) => ({ item, key: findPath(expression, objectOf(item))[0] }));
  const field = expression.startsWith('{') ? expression : `{${expression.startsWith('.') ? '' : '.'}${expression}}`;
  if (items.length > 0 && keyed.every(({ key }) => key === undefined))
    throw new KubectlError(`couldn't find any field with path ${JSON.stringify(field)} in the list of objects`);
  // to the real one an item without the field is less than any other, even than one like itself
  const less = (a: Json, b: Json): boolean => a === undefined || (b !== undefined && compareValues(a, b) < 0);
  return goSort(keyed, (a, b) => less(a.key, b.key)).map(({ item }) => item);
}
