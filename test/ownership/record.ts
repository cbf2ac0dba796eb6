// Plays the sequences on a real cluster: tsx test/ownership/record.ts --kubeconfig FILE [--count N] [--check]
// Writes what the real API server made of each; --check reports what would change instead.
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { realTarget } from '../fidelity/lib/target.ts';
import { loadSequences, saveSequences } from './lib/recording.ts';
import { type Outcome, playSequence } from './lib/sequence.ts';

const NAMESPACE = 'ownership';
const AT_ONCE = 8;

const { values } = parseArgs({
  options: {
    kubeconfig: { type: 'string' },
    count: { type: 'string', default: '520' },
    check: { type: 'boolean', default: false },
  },
});
if (!values.kubeconfig) throw new Error('--kubeconfig is needed: a real cluster to record from');
const target = realTarget(values.kubeconfig, 'kubectl');
const path = `/api/v1/namespaces/${NAMESPACE}`;

async function gone(): Promise<void> {
  await target.request('DELETE', path);
  while ((await target.request('GET', path)).status !== 404) await target.sleep(200);
}

await gone();
await target.request('POST', '/api/v1/namespaces', JSON.stringify({ metadata: { name: NAMESPACE } }));
const sequences: Outcome[][] = [];
let next = 0;
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    for (let number = next++; number < Number(values.count); number = next++)
      sequences[number] = await playSequence(number, NAMESPACE, target.request);
  }),
);
await gone();
if (values.check) {
  const before = loadSequences();
  const changed = sequences.filter(
    (outcomes, at) => !isDeepStrictEqual(JSON.parse(JSON.stringify(outcomes)), before[at]),
  );
  console.log(changed.length === 0 ? 'recordings are unchanged' : `${changed.length} sequences differ`);
  process.exitCode = changed.length === 0 ? 0 : 1;
} else {
  saveSequences(sequences);
  console.log(`recorded ${sequences.length} sequences, ${sequences.flat().length} steps`);
}
