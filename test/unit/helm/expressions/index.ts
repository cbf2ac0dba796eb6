import { COLLECTIONS } from './collections.ts';
import { STRINGS } from './strings.ts';
import { TEMPLATES } from './templates.ts';
import { VALUES } from './values.ts';

/** Template expressions that are recorded with the real helm and replayed by ours. */
export const EXPRESSIONS: readonly string[] = [...STRINGS, ...COLLECTIONS, ...TEMPLATES];

export { VALUES };

/** The chart in which an expression is rendered: it is the notes, which helm prints as they are. */
export function chartOf(template: string): Record<string, string> {
  return {
    'Chart.yaml': 'apiVersion: v2\nname: c\nversion: 0.1.0\nappVersion: "1.0"\n',
    'values.yaml': VALUES,
    'templates/NOTES.txt': `[${template}]`,
    'a.txt': 'hello\nworld\n',
    'conf/b.ini': '[x]\ny=1',
  };
}
