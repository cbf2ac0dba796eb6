import type { Json } from '../../../kube/object.ts';
import { goValue } from '../printers/json.ts';
import { type Describer, type DescribeWriter, eventsTable, head } from './writer.ts';

const SKIP = new Set([
  '.metadata.managedFields',
  '.metadata.name',
  '.metadata.namespace',
  '.metadata.labels',
  '.metadata.annotations',
]);
const ACRONYMS = new Set(['API', 'URL', 'UID', 'OSB', 'GUID']);

/** `apiVersion` → `API Version`. */
function label(field: string): string {
  if (/[^A-Za-z-]/.test(field)) return field;
  const parts = field.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^A-Za-z]+|[A-Z]+/g) ?? [field];
  return parts
    .map((part) =>
      ACRONYMS.has(part.toUpperCase()) ? part.toUpperCase() : part[0]!.toUpperCase() + part.slice(1).toLowerCase(),
    )
    .join(' ');
}

function content(w: DescribeWriter, level: number, value: Json, path: string): void {
  for (const field of Object.keys(value).sort()) {
    const at = `${path}.${field}`;
    const item = value[field];
    if (SKIP.has(at)) continue;
    if (Array.isArray(item)) {
      w.line(level, `${label(field)}:`);
      for (const child of item) {
        if (child !== null && typeof child === 'object' && !Array.isArray(child)) content(w, level + 1, child, at);
        else w.line(level + 1, goValue(child));
      }
    } else if (item !== null && typeof item === 'object') {
      w.line(level, `${label(field)}:`);
      content(w, level + 1, item, at);
    } else w.line(level, `${label(field)}:\t${goValue(item)}`);
  }
}

/** Any object, field by field. */
export const generic: Describer = (object, w, context) => {
  head(w, object);
  content(w, 0, object, '');
  eventsTable(w, context);
};
