import { differingLines, eventReasons } from './normalise.ts';
import { reasonFor } from './reasons.ts';
import type { Run } from './runs.ts';

/** The sessions of one cloud. */
export interface CloudRuns {
  name: string;
  runs: readonly Run[];
}

const SHOWN_LINES = 12;

/** A page that compares the clouds: the first is what the others are measured against. */
export function report(clouds: readonly CloudRuns[]): { text: string; agreed: boolean } {
  const keys = [...new Set(clouds.flatMap(({ runs }) => runs.map(keyOf)))].sort();
  const agreed = keys.every((key) => {
    const ran = clouds.map((cloud) => find(cloud, key)).filter((run) => run !== undefined);
    return new Set(ran.map(verdict)).size === 1;
  });
  const sections = [
    '# The same problems on several clouds',
    'Written by `npm run compare-clouds`.',
    `${keys.length} sessions on ${clouds.map(({ name }) => name).join(', ')}; verdicts ${agreed ? 'agree wherever a session ran' : '**differ**'}.`,
    verdictTable(clouds, keys),
    '## Event reasons',
    ...reasonLines(clouds, keys),
    '## Outputs along the way',
    ...outputSections(clouds, keys),
  ];
  return { text: `${sections.join('\n\n')}\n`, agreed };
}

function keyOf(run: Run): string {
  return `${run.problem} ${run.agent}`;
}

function find(cloud: CloudRuns, key: string): Run | undefined {
  return cloud.runs.find((run) => keyOf(run) === key);
}

function verdict(run: Run | undefined): string {
  if (!run) return 'not run';
  return run.outcome === 'scored' ? (run.success ? 'success' : 'failure') : run.outcome;
}

function verdictTable(clouds: readonly CloudRuns[], keys: readonly string[]): string {
  const head = `| problem | agent | ${clouds.map(({ name }) => name).join(' | ')} | seconds of the cluster | seconds of the wall |`;
  const rows = keys.map((key) => {
    const [problem, agent] = key.split(' ');
    const runs = clouds.map((cloud) => find(cloud, key));
    const times = (pick: (run: Run) => number): string =>
      runs.map((run) => (run ? Math.round(pick(run)) : '–')).join(' / ');
    const cells = runs.map((run) => verdict(run) + (run && run.outcome !== 'scored' ? ` (${run.evidence[0]})` : ''));
    return `| ${problem} | ${agent} | ${cells.join(' | ')} | ${times((run) => run.virtualS)} | ${times((run) => run.wallS)} |`;
  });
  return [head, `|---|---|${clouds.map(() => '---|').join('')}---|---|`, ...rows].join('\n');
}

function reasonLines(clouds: readonly CloudRuns[], keys: readonly string[]): string[] {
  const lines = keys.flatMap((key) => {
    const ran = clouds.filter((cloud) => find(cloud, key) !== undefined);
    const reasons = ran.map((cloud) => ({
      name: cloud.name,
      reasons: (find(cloud, key)?.steps ?? [])
        .filter((step) => step.call.includes('get events'))
        .flatMap((step) => eventReasons(step.answer)),
    }));
    const all = [...new Set(reasons.flatMap((one) => one.reasons))].sort();
    if (all.length === 0 || reasons.every((one) => one.reasons.length === all.length)) return [];
    return [`- ${key}: ${reasons.map((one) => `${one.name}: ${one.reasons.join(', ') || 'none'}`).join('; ')}`];
  });
  return lines.length > 0 ? [lines.join('\n')] : ['The same everywhere.'];
}

interface Difference {
  key: string;
  call: string;
  clouds: [string, string];
  onlyA: string[];
  onlyB: string[];
}

function outputSections(clouds: readonly CloudRuns[], keys: readonly string[]): string[] {
  const [first, ...others] = clouds;
  if (!first) return [];
  const found: Difference[] = [];
  let steps = 0;
  for (const key of keys) {
    const base = find(first, key);
    for (const other of others) {
      const run = find(other, key);
      if (!base || !run) continue;
      for (const [i, { call, answer }] of base.steps.entries()) {
        steps++;
        const lines = differingLines(answer, run.steps[i]?.answer ?? '');
        if (lines.onlyA.length + lines.onlyB.length > 0)
          found.push({ key, call, clouds: [first.name, other.name], ...lines });
      }
    }
  }
  const equal = `${steps - found.length} of ${steps} answers are equal but for names, addresses and times.`;
  return [equal, ...reasonTable(found), ...found.map(section)];
}

/** How many lines differ for which reason. */
function reasonTable(found: readonly Difference[]): string[] {
  const counts = new Map<string, number>();
  for (const { onlyA, onlyB } of found) {
    for (const line of [...onlyA, ...onlyB]) {
      const why = reasonFor(line) ?? UNEXPLAINED;
      counts.set(why, (counts.get(why) ?? 0) + 1);
    }
  }
  if (counts.size === 0) return [];
  const rows = [...counts].sort((a, b) => b[1] - a[1]).map(([why, count]) => `| ${count} | ${why} |`);
  return [['| lines | why they differ |', '|---|---|', ...rows].join('\n')];
}

const UNEXPLAINED = '**not explained**';

function section({ key, call, clouds, onlyA, onlyB }: Difference): string {
  const mark = (lines: string[], sign: string): string[] => {
    const shown = lines.slice(0, SHOWN_LINES).map((line) => `${sign} ${line}`);
    return lines.length > SHOWN_LINES ? [...shown, `${sign} … ${lines.length - SHOWN_LINES} more`] : shown;
  };
  const why = new Set([...onlyA, ...onlyB].map((line) => reasonFor(line) ?? UNEXPLAINED));
  const body = [`--- ${clouds[0]}`, `+++ ${clouds[1]}`, ...mark(onlyA, '-'), ...mark(onlyB, '+')].join('\n');
  return `${key}: \`${call.split('\n')[0]}\` (${[...why].join('; ')})\n\n\`\`\`diff\n${body}\n\`\`\``;
}
