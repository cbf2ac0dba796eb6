// All that CI runs, each to its end, reporting all failures rather than the first.
import { spawnSync } from 'node:child_process';

const CHECKS: [name: string, command: string, args: string[]][] = [
  ['format and lint', 'npx', ['biome', 'check', '.']],
  ['types', 'npx', ['tsc', '--noEmit']],
  ['imports', 'npx', ['tsx', 'scripts/deps.ts']],
  ['bans', 'npx', ['tsx', 'scripts/bans.ts']],
  ['tests', 'npm', ['test', '--silent']],
];

const failed: string[] = [];
for (const [name, command, args] of CHECKS) {
  process.stderr.write(`— ${name}\n`);
  if (spawnSync(command, args, { stdio: 'inherit' }).status !== 0) failed.push(name);
}
process.stderr.write(failed.length === 0 ? 'all checks passed\n' : `failed: ${failed.join(', ')}\n`);
process.exit(failed.length === 0 ? 0 : 1);
