import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { KubeObject } from '../../../src/kube/object.ts';
import { kindOf } from './harness.ts';

/** Objects of a running Kubernetes 1.35.4 with the cells that it printed for them (`as=Table`). */
const recorded: { object: KubeObject; cells: unknown[] }[] = JSON.parse(
  readFileSync(new URL('recordings/tables.json', import.meta.url), 'utf8'),
);

/** Ages hang on the time of the recording: any duration stands for any other. */
function ageless(cells: unknown[]): string[] {
  return cells.map((cell) => String(cell).replace(/\b(\d+[ydhms])+\b/g, 'AGE'));
}

it.each(recorded.map((entry) => [entry.object.kind, entry.object.metadata.name, entry] as const))(
  'row of %s %s',
  (_kind, _name, { object, cells }) => {
    const kind = kindOf(object);
    const row = kind.row(object, { nowMs: Date.parse(object.metadata.creationTimestamp) + 60_000 });
    expect(ageless(row)).toEqual(ageless(cells));
    expect(row.length).toBe(kind.columns.length);
  },
);
