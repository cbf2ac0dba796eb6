import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../../src/kube/object.ts';
import { unavailable } from './lib/binaries.ts';
import { patchWithKubectl, patchWithOurs } from './lib/local-patch.ts';
import { RandomPatches } from './lib/random-patches.ts';
import { type Outcome, Twin } from './lib/twin.ts';

const COUNT = Number(process.env.PATCHES ?? 400);
const OBJECTS = 10;
const AT_ONCE = 2;
const SEED = process.env.PATCHES_SEED ?? 'patches';
/** Command lines of the shell are compared for so many objects only. */
const LINES = Math.ceil(COUNT / 20);
const OBJECTS_OF_A_LINE = 2;

/** As it would go over the wire: keys without a value are not there. */
const wire = (value: unknown): Json => JSON.parse(JSON.stringify(value));

describe.skipIf(unavailable)(`random patches${unavailable ? ` (${unavailable})` : ''}`, () => {
  it(
    `change ${COUNT} random objects as kubectl patch --local does`,
    async () => {
      const random = new RandomPatches(SEED);
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
            const difference = firstDifference(want ?? null, have);
            if (difference) {
              const errors = [real[at]?.errors[0], ours.errors[0]];
              differences.push({
                kind: one.info.kind,
                type: one.type,
                patch: JSON.stringify(one.patch),
                difference,
                errors,
              });
            }
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

describe.skipIf(unavailable)(`kubectl patch --local${unavailable ? ` (${unavailable})` : ''}`, () => {
  let twin: Twin;
  beforeAll(async () => {
    twin = await Twin.start('patches', { empty: true, shared: true });
  }, 60_000);
  afterAll(() => twin.stop());

  /** kubectl goes through a patch in the random order of a Go map: of several faults it names any. */
  async function isOnceAs(ours: Outcome, run: string): Promise<boolean> {
    for (let left = ours.code === 0 ? 0 : 10; left > 0; left--)
      if (isDeepStrictEqual(await twin.real(run), ours)) return true;
    return false;
  }

  it(
    `prints the same in the shell for ${LINES} random patches`,
    async () => {
      const random = new RandomPatches(`${SEED} in the shell`);
      const differences: unknown[] = [];
      for (let done = 0; done < LINES; done++) {
        const { type, objects, patch } = random.next(OBJECTS_OF_A_LINE);
        await twin.write('objects.json', JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
        await twin.write('patch.json', JSON.stringify(patch));
        const output = ['-o yaml', '-o json', ''][done % 3];
        const run = `kubectl patch --local -f objects.json --type ${type} --patch-file patch.json ${output}`;
        const { real, ours } = await twin.both(run, 0);
        // Some patches make kubectl itself crash.
        if (real.stderr.includes('goroutine ')) expect(ours.code).not.toBe(0);
        else if (!isDeepStrictEqual(real, ours) && !(await isOnceAs(ours, run)))
          differences.push({ run, patch: JSON.stringify(patch), real, ours });
      }
      expect(differences.slice(0, 3)).toEqual([]);
      expect(differences.length).toBe(0);
    },
    60_000 + LINES * 500,
  );
});

/** The first path at which two values differ, with both; undefined when they are equal. */
function firstDifference(a: Json, b: Json, path = ''): string | undefined {
  if (isDeepStrictEqual(a, b)) return undefined;
  if (a && b && typeof a === 'object' && typeof b === 'object' && Array.isArray(a) === Array.isArray(b))
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      const found = firstDifference(a[key], b[key], `${path}/${key}`);
      if (found) return found;
    }
  return `${path}: kubectl ${JSON.stringify(a)}, ours ${JSON.stringify(b)}`;
}
