// What must not stand in the code, each with what to use instead. A line may be excused by `allowed: <reason>` in a comment above it.
import { report, sourceFiles } from './source-files.ts';

interface Ban {
  pattern: RegExp;
  where: (path: string) => boolean;
  instead: string;
}

const deterministic = (path: string): boolean =>
  path.startsWith('src/sim/') ||
  path.startsWith('src/helm/') ||
  path.startsWith('src/shell/') ||
  path.startsWith('src/core/');
const anywhereButMain = (path: string): boolean =>
  path.startsWith('src/') && path !== 'src/main.ts' && !path.startsWith('src/host/');
const inSim = (path: string): boolean => path.startsWith('src/sim/');

const BANS: Ban[] = [
  { pattern: /\bDate\.now\(/, where: anywhereButMain, instead: 'the clock that is handed in' },
  { pattern: /\bnew Date\(\)/, where: anywhereButMain, instead: 'the clock that is handed in' },
  { pattern: /\bMath\.random\(/, where: anywhereButMain, instead: 'a stream of world.rng(name)' },
  { pattern: /\brandomUUID\b/, where: anywhereButMain, instead: 'world.uuid() or the id source that is handed in' },
  {
    pattern: /\bset(?:Timeout|Interval|Immediate)\(/,
    where: anywhereButMain,
    instead: 'world.after() or cluster.clock.sleep()',
  },
  { pattern: /\bperformance\.now\(/, where: anywhereButMain, instead: 'the clock that is handed in' },
  {
    pattern: /from 'node:(?:fs|net|http|https|child_process|os|dns)'/,
    where: deterministic,
    instead: 'what the composition root hands in',
  },
  { pattern: /\b(?:async|await)\b/, where: inSim, instead: 'a Task (generator): the world is synchronous' },
  {
    pattern: /\bconsole\.(?:log|info)\(/,
    where: (path) => path.startsWith('src/') || path.startsWith('tools/'),
    instead: 'the logger; stdout is the protocol',
  },
  {
    pattern: /\b(?:it|test|describe)\.(?:only|todo)\b/,
    where: (path) => path.startsWith('test/'),
    instead: 'a test that runs',
  },
  { pattern: /@ts-(?:ignore|nocheck|expect-error)/, where: () => true, instead: 'a type that is right' },
  {
    pattern: /\b(?:TODO|FIXME|XXX)\b(?!-)/,
    where: (path) => path.startsWith('src/') || path.startsWith('tools/'),
    instead: 'an issue, or doing it',
  },
];

const findings: string[] = [];
for (const { path, text } of sourceFiles('src', 'tools', 'test', 'scripts')) {
  if (path === 'scripts/bans.ts') continue;
  const lines = text.split('\n');
  for (const [index, line] of lines.entries()) {
    const code = line.replace(/\/\/.*$|^\s*\*.*$|^\s*\/\*.*$/, '');
    for (const { pattern, where, instead } of BANS) {
      if (!where(path) || !pattern.test(code)) continue;
      if (/allowed: \S/.test(lines[index - 1] ?? '')) continue;
      findings.push(`${path}:${index + 1}: ${pattern.source} is banned here; use ${instead}`);
    }
  }
}
report('bans', findings);
