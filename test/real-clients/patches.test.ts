import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { unavailable } from './lib/binaries.ts';
import { patchWithKubectl, patchWithOurs } from './lib/local-patch.ts';
import { RandomPatches } from './lib/random-patches.ts';

const COUNT = Number(process.env.PATCHES ?? 400);
const OBJECTS = 10;
const AT_ONCE = 2;

/** As it would go over the wire: keys without a value are not there. */
const wire = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe.skipIf(unavailable)(`random patches${unavailable ? ` (${unavailable})` : ''}`, () => {
  it(
    `change ${COUNT} random objects as kubectl patch --local does`,
    async () => {
      const random = new RandomPatches(process.env.PATCHES_SEED ?? 'patches');
      const differences: unknown[] = [];
      let [patched, refused] = [0, 0];
      for (let done = 0; done < COUNT; done += OBJECTS * AT_ONCE) {
        const cases = Array.from({ length: AT_ONCE }, () => random.next(OBJECTS));
        const real = await Promise.all(cases.map(patchWithKubectl));
        for (const [at, one] of cases.entries()) {
          const ours = patchWithOurs(one);
          for (const object of one.objects) {
            const name = object.metadata.name;
            const want = real[at]?.objects[name];
            if (want) patched++;
            else refused++;
            const have = wire(ours.objects[name] ?? null);
            const told = {
              type: one.type,
              object,
              patch: one.patch,
              errors: { real: real[at]?.errors, ours: ours.errors },
            };
            if (!isDeepStrictEqual(want ?? null, have)) differences.push({ ...told, want, have });
          }
        }
      }
      expect(differences.slice(0, 3)).toEqual([]);
      expect(differences.length).toBe(0);
      // A generator whose patches all fail, or all fit, would prove nothing.
      expect(patched).toBeGreaterThan(COUNT / 2);
      expect(refused).toBeGreaterThan(COUNT / 100);
    },
    60_000 + COUNT * 100,
  );
});
