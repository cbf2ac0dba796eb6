import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApplySequences, GADGETS } from './lib/apply-sequences.ts';
import { comparableMove } from './lib/apply-sides.ts';
import { unavailable } from './lib/binaries.ts';
import { Twin } from './lib/twin.ts';

const COUNT = Number(process.env.APPLIES ?? 3);
const SEED = process.env.APPLIES_SEED ?? 'applies';

describe.skipIf(unavailable)(`sequences of kubectl apply${unavailable ? ` (${unavailable})` : ''}`, () => {
  let twin: Twin;
  beforeAll(async () => {
    twin = await Twin.start('applies', { empty: true });
    await twin.write('gadgets.json', JSON.stringify(GADGETS));
    await twin.both('kubectl apply -f gadgets.json', 2_000);
  }, 60_000);
  afterAll(() => twin.stop());

  it(
    `lead to the same objects in the shell, ${COUNT} times`,
    async () => {
      const sequences = new ApplySequences(SEED);
      const differences: unknown[] = [];
      for (let done = 0; done < COUNT; done++) {
        const { object, moves } = sequences.next();
        for (const { file, run } of [...moves, { run: `kubectl get ${object} -o yaml`, file: undefined }]) {
          if (file) await twin.write(file.path, file.text);
          const { real, ours } = await twin.both(run, 100);
          const [want, have] = [comparableMove(real), comparableMove(ours)];
          if (!isDeepStrictEqual(want, have)) differences.push({ run, file: file?.text, want, have });
        }
      }
      expect(differences.slice(0, 3)).toEqual([]);
      expect(differences.length).toBe(0);
    },
    60_000 + COUNT * 20_000,
  );
});
