import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Json } from '../../src/kube/object.ts';
import { unavailable } from './lib/binaries.ts';
import { differing } from './lib/kinds-differ.ts';
import { normalise } from './lib/normalise.ts';
import { type Outcome, Twin } from './lib/twin.ts';

const SCENARIOS = new URL('../fidelity/scenarios/', import.meta.url);
const NAMESPACE = 'kinds';
const KINDS_MIN = 45;
/** Each third kind, unless all are asked for. */
const EVERY = process.env.KUBECTL_COMMANDS === 'all' ? 1 : 3;

interface Posted {
  path: string;
  object: Json;
}

/** The bodies that the recorded scenarios create objects with, for a namespace of our own. */
function bodies(): Posted[] {
  const files = readdirSync(SCENARIOS, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.yaml'));
  const wanted = files.filter((name) => /^(kinds\/|api\/(defaults|tables|custom))/.test(name)).sort();
  return wanted.flatMap((name) => {
    const text = readFileSync(new URL(name, SCENARIOS), 'utf8').replaceAll('$NS', NAMESPACE);
    const steps = (parse(text).steps ?? []) as Json[];
    return steps
      .map(({ request }) => request)
      .filter((one) => one?.method === 'POST' && one.body?.kind && !one.path.includes('dryRun'))
      .map(({ path, body }) => ({ path, object: body }));
  });
}

/** Of each kind the smallest and the largest object that the cluster takes: `deployments.v1.apps` → their names. */
async function create(twin: Twin): Promise<Map<string, string[]>> {
  await twin.post('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
  const made = new Map<string, Posted[]>();
  for (const posted of bodies()) {
    const { path, object } = posted;
    if (!object.metadata?.name || (await twin.post(path, object)) !== 201) continue;
    const group = object.apiVersion.includes('/') ? `.${object.apiVersion.split('/').reverse().join('.')}` : '';
    const key = `${path.split('?')[0]!.split('/').at(-1)}${group}`;
    made.set(key, [...(made.get(key) ?? []), posted]);
  }
  const size = ({ object }: Posted): number => JSON.stringify(object).length;
  return new Map(
    [...made].map(([key, list]) => {
      const ordered = list.sort((a, b) => size(a) - size(b)).map(({ object }) => object.metadata.name as string);
      return [key, [...new Set([ordered[0]!, ordered.at(-1)!])]];
    }),
  );
}

describe.skipIf(unavailable)(`every kind${unavailable ? ` (${unavailable})` : ''}`, () => {
  let twin: Twin;
  let kinds: Map<string, string[]>;
  beforeAll(async () => {
    twin = await Twin.start('kinds', { shared: true, empty: true });
    kinds = await create(twin);
    twin.settle(5_000);
  }, 60_000);
  afterAll(() => twin.stop());

  async function both(command: string): Promise<{ real: Outcome; ours: Outcome }> {
    const { real, ours } = await twin.both(command, 0);
    return { real: normalise(real), ours: normalise(ours) };
  }

  it('is there', () => {
    expect(kinds.size).toBeGreaterThanOrEqual(KINDS_MIN);
  });

  for (const [what, command] of [
    ['its table', (kind: string, names: string[]) => `kubectl get ${kind} ${names.join(' ')} -n ${NAMESPACE} -o wide`],
    ['its YAML', (kind: string, names: string[]) => `kubectl get ${kind} ${names.join(' ')} -n ${NAMESPACE} -o yaml`],
    [
      'its description',
      (kind: string, names: string[]) => `kubectl describe ${kind} ${names.join(' ')} -n ${NAMESPACE}`,
    ],
    ['its explanation', (kind: string) => `kubectl explain ${kind.split('.')[0]}`],
  ] as const)
    it(`prints ${what} alike, and without a crash`, async () => {
      const wrong: unknown[] = [];
      for (const [kind, names] of [...kinds].filter((_, at) => at % EVERY === 0)) {
        const line = command(kind, names);
        const { real, ours } = await both(line);
        expect(real.stderr, line).not.toContain('panic');
        const same = JSON.stringify(real) === JSON.stringify(ours);
        if (same === differing.some((one) => one.command.test(line))) wrong.push({ line, real, ours });
      }
      expect(wrong).toEqual([]);
    }, 120_000);
});
