import { Command } from 'commander';
import { positive } from '../../scripts/positive.ts';
import { replay } from './lib/replay.ts';

interface Options {
  filter: string;
  every: number;
  http: boolean;
  verbose: boolean;
}

const values = new Command('npm run fidelity --')
  .description('replay on the embedded cluster what was recorded on a real one; print how many steps are equal')
  .option('--filter <text>', 'only scenarios whose id contains this', '')
  .option('--every <n>', 'each nth scenario only', positive, 1)
  .option('--http', 'over a loopback port, with the real kubectl', false)
  .option('--verbose', 'show what each side answered, and the accepted differences', false)
  .parse()
  .opts<Options>();
const outcome = await replay(values.filter, values.http ? 'http' : 'memory', values.every);
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
