import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accepted } from './accepted.ts';
import { unavailable } from './binaries.ts';
import { type Corpus, comparable, type Step, settleMs } from './corpus.ts';
import { normalise } from './normalise.ts';
import { Twin, type TwinOptions } from './twin.ts';

const EVERY = 6;

/** The corpus' steps, each a test; of independent ones each sixth, unless KUBECTL_COMMANDS=all. */
export function compareCorpus({ name, files, steps, independent, ...options }: Corpus): void {
  const isSampled = independent && process.env.KUBECTL_COMMANDS !== 'all';
  const chosen = isSampled ? steps.filter((_, at) => at % EVERY === 0) : steps;
  compareClients(name, files ?? {}, chosen, undefined, options);
}

/** Runs the steps in order on a pair of clusters; each must print the same with the real clients and in the agent's shell. */
export function compareClients(
  name: string,
  files: Record<string, string>,
  steps: (string | Step)[],
  prepare?: (twin: Twin) => Promise<void>,
  options: TwinOptions = {},
): void {
  describe.skipIf(unavailable)(`${name}${unavailable ? ` (${unavailable})` : ''}`, () => {
    let twin: Twin;
    beforeAll(async () => {
      twin = await Twin.start(name, options);
      for (const [path, text] of Object.entries(files)) await twin.write(path, text);
      await prepare?.(twin);
    }, 60_000);
    afterAll(() => twin.stop());

    for (const step of steps.map((one) => (typeof one === 'string' ? { run: one } : one))) {
      it(step.run, async () => {
        const { real, ours } = await twin.both(step.run, settleMs(step, options));
        const [want, have] = [comparable(step, normalise(real)), comparable(step, normalise(ours))];
        const reason = accepted.find((one) => one.command.test(step.run));
        if (reason) expect(have, `no longer differs: ${reason.reason}`).not.toEqual(want);
        else expect(have).toEqual(want);
      });
    }
  });
}
