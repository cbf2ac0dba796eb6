import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { controllers } from '../../../src/sim/controllers/index.ts';

it('registers every controller file once, under its own name', () => {
  const shared = ['context.ts', 'index.ts', 'registry.ts'];
  const files = readdirSync(new URL('../../../src/sim/controllers/', import.meta.url))
    .filter((file) => file.endsWith('.ts') && !shared.includes(file))
    .map((file) => file.slice(0, -'.ts'.length));
  expect(Object.keys(controllers).sort()).toEqual(files.sort());
});
