// Replays all recordings on the embedded cluster and prints how many steps are equal. --filter TEXT, --verbose,
// --http: over a loopback port with the real kubectl, --every N: each Nth scenario only.
import { parseArgs } from 'node:util';
import { replay } from './lib/replay.ts';

const { values } = parseArgs({
  options: {
    filter: { type: 'string', default: '' },
    verbose: { type: 'boolean', default: false },
    http: { type: 'boolean', default: false },
    every: { type: 'string', default: '1' },
  },
});
const outcome = await replay(values.filter, values.http ? 'http' : 'memory', Number(values.every));
for (const { scenario, differences, failure } of outcome.scenarios) {
  if (failure) console.log(`${scenario}: ${failure}`);
  for (const { index, step, expected, actual, accepted } of differences) {
    if (accepted && !values.verbose) continue;
    console.log(`${scenario}#${index} ${step}${accepted ? ` (accepted: ${accepted})` : ''}`);
    if (values.verbose) console.log(`  real ${JSON.stringify(expected)}\n  ours ${JSON.stringify(actual)}`);
  }
}
for (const stale of outcome.stale) console.log(`accepted.yaml: ${stale} is equal now; remove the entry`);
console.log(
  `fidelity: ${outcome.equal}/${outcome.total} steps equal (${((100 * outcome.equal) / Math.max(1, outcome.total)).toFixed(1)} %), ${outcome.accepted} differences accepted with a reason, ${outcome.total - outcome.equal - outcome.accepted} not`,
);
process.exit(
  outcome.total > 0 && outcome.equal + outcome.accepted === outcome.total && outcome.stale.length === 0 ? 0 : 1,
);
