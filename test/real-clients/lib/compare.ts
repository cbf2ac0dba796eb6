import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accepted } from './accepted.ts';
import { unavailable } from './binaries.ts';
import { normalise } from './normalise.ts';
import { Twin } from './twin.ts';

export interface Step {
  run: string;
  /** Virtual seconds that pass afterwards; 1 unless said. */
  settle?: number;
  /** The lines' order is the server's or the network's to choose. */
  unordered?: boolean;
}

const DEFAULT_SETTLE_S = 1;

/** Runs the steps in order on a pair of clusters; each must print the same with the real clients and in the agent's shell. */
export function compareClients(
  name: string,
  files: Record<string, string>,
  steps: (string | Step)[],
  prepare?: (twin: Twin) => Promise<void>,
): void {
  describe.skipIf(unavailable)(`${name}${unavailable ? ` (${unavailable})` : ''}`, () => {
    let twin: Twin;
    beforeAll(async () => {
      twin = await Twin.start(name);
      for (const [path, text] of Object.entries(files)) await twin.write(path, text);
      await prepare?.(twin);
    }, 60_000);
    afterAll(() => twin.stop());

    for (const step of steps.map((one) => (typeof one === 'string' ? { run: one } : one))) {
      it(step.run, async () => {
        const { real, ours } = await twin.both(step.run, (step.settle ?? DEFAULT_SETTLE_S) * 1000);
        const [want, have] = [normalise(real), normalise(ours)];
        const reason = accepted.find((one) => one.command.test(step.run));
        if (reason) expect(have, `no longer differs: ${reason.reason}`).not.toEqual(want);
        else if (step.unordered) expect(sorted(have)).toEqual(sorted(want));
        else expect(have).toEqual(want);
      });
    }
  });
}

function sorted<T extends { stdout: string }>(outcome: T): T {
  return { ...outcome, stdout: outcome.stdout.split('\n').sort().join('\n') };
}
