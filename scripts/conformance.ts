// Writes docs/conformance.md from the JSON reports (--ginkgo.json-report) of runs of Kubernetes' end-to-end suite: what became of each
// spec of conformance when it ran last, and why those failed that did.
import { readFileSync, writeFileSync } from 'node:fs';
import { Command } from 'commander';

const PAGE = 'docs/conformance.md';
const LABEL = '[Conformance]';

interface Spec {
  ContainerHierarchyTexts: string[] | null;
  LeafNodeType: string;
  LeafNodeText: string;
  State: string;
  StartTime: string;
  RunTime: number;
  Failure?: { Message?: string };
}

interface Outcome {
  name: string;
  sig: string;
  /** `passed`, or ginkgo's word for what else happened; undefined when no run had it. */
  state: string | undefined;
  startTime: string;
}

/** Failures that are understood: parts of the specs' names, and the reason. What stands here and passes all the same is not named. */
const REASONS: readonly [names: readonly string[], reason: string][] = [
  [
    ['works for CRD with validation schema'],
    'The last step asks `kubectl explain` for the documentation of `metadata` and `apiVersion`: the served OpenAPI carries no descriptions of built-in types.',
  ],
  [
    ['Sample API Server'],
    'The image of the sample API server is not simulated, and API servers behind a Service are not proxied to.',
  ],
  [
    ['ServiceAccountIssuerDiscovery'],
    'Tokens are not signed with a key of the cluster, so there is no issuer to discover.',
  ],
  [
    ['Kubectl Proxy server', 'Proxy server should support proxy with --port 0'],
    'The served kubeconfig names a server with a path, which `kubectl proxy` leaves out unless `--append-server-path` is given.',
  ],
  [['AllowPrivilegeEscalation'], 'The image that tries to gain privileges is not simulated.'],
  [
    ['ignore failure matching on DisruptionTarget'],
    'The eviction API does not mark the pods that it deletes with the condition DisruptionTarget, which the rule of the job waits for.',
  ],
];

const INTRODUCTION = `# Conformance

Written by \`npx tsx scripts/conformance.ts REPORT...\`.

The specs of Kubernetes' own end-to-end suite (k8s.io/kubernetes v1.35.4, \`test/e2e\`) that are marked \`${LABEL}\`, run against \`aiopslab-mcp cluster up\`:
its default cluster of one control plane and two workers, at the machine's time, through the HTTP API and with the real kubectl where a spec calls it
(\`--provider=skeleton --num-nodes=2 --minStartupPods=0\`). Specs ran one by one in processes of their own, several at a time except those marked
\`[Serial]\`, on several clusters; nothing of the cluster was prepared for them. The containers are the simulated ones: an image that is not simulated
cannot be pulled, and a spec that needs it fails.

Counted is what became of a spec when it ran last: the builds that were tested mended what earlier runs had shown, so not all specs ran on the same one.
`;

function readReports(files: readonly string[]): Outcome[] {
  const outcomes = new Map<string, Outcome>();
  for (const file of files) {
    const reports: { SpecReports: Spec[] }[] = JSON.parse(readFileSync(file, 'utf8'));
    for (const spec of reports.flatMap((report) => report.SpecReports)) {
      const name = [...(spec.ContainerHierarchyTexts ?? []), spec.LeafNodeText].join(' ');
      if (spec.LeafNodeType !== 'It' || !name.includes(LABEL)) continue;
      const known = outcomes.get(name);
      if (!known)
        outcomes.set(name, { name, sig: /^\[(.+?)\]/.exec(name)?.[1] ?? '', state: undefined, startTime: '' });
      const entry = outcomes.get(name) as Outcome;
      const ran = spec.State !== 'pending' && (spec.State !== 'skipped' || Boolean(spec.Failure?.Message));
      // A dry run reports success after no time at all.
      if (!ran || spec.RunTime === 0 || spec.StartTime < entry.startTime) continue;
      entry.state = spec.State;
      entry.startTime = spec.StartTime;
    }
  }
  return [...outcomes.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

const counted = (specs: readonly Outcome[], wanted: (state: string | undefined) => boolean): number =>
  specs.filter((spec) => wanted(spec.state)).length;

function table(specs: readonly Outcome[]): string {
  const row = (title: string, own: readonly Outcome[]): string => {
    const [passed, skipped, missing] = ['passed', 'skipped', undefined].map((state) =>
      counted(own, (it) => it === state),
    );
    const failed = own.length - (passed ?? 0) - (skipped ?? 0) - (missing ?? 0);
    return `| ${title} | ${own.length} | ${passed} | ${failed} | ${skipped} | ${missing} |\n`;
  };
  const sigs = [...new Set(specs.map((spec) => spec.sig))].sort();
  const head = '| SIG | specs | passed | failed | not applicable | not run |\n|---|---|---|---|---|---|\n';
  return (
    head +
    sigs
      .map((sig) =>
        row(
          sig,
          specs.filter((spec) => spec.sig === sig),
        ),
      )
      .join('') +
    row('all', specs)
  );
}

function failures(specs: readonly Outcome[]): string {
  const failed = specs.filter(
    (spec) => spec.state !== undefined && spec.state !== 'passed' && spec.state !== 'skipped',
  );
  const left = new Set(failed);
  const paragraphs = REASONS.map(([names, reason]) => {
    const own = failed.filter((spec) => names.some((name) => spec.name.includes(name)));
    for (const spec of own) left.delete(spec);
    return own.length === 0 ? '' : `${reason}\n\n${own.map((spec) => `- ${spec.name}\n`).join('')}\n`;
  });
  if (left.size > 0)
    paragraphs.push(`Not yet understood:\n\n${[...left].map((spec) => `- ${spec.name}\n`).join('')}\n`);
  const missing = specs.filter((spec) => spec.state === undefined);
  if (missing.length > 0) paragraphs.push(`Not run:\n\n${missing.map((spec) => `- ${spec.name}\n`).join('')}\n`);
  return paragraphs.join('');
}

const command = new Command('npx tsx scripts/conformance.ts')
  .description(`write ${PAGE} from reports of Kubernetes' end-to-end suite (--ginkgo.json-report)`)
  .argument('<reports...>', 'JSON files')
  .parse();
const specs = readReports(command.args);
const why = failures(specs);
writeFileSync(PAGE, `${INTRODUCTION}\n${table(specs)}${why === '' ? '' : `\n## What failed\n\n${why.trimEnd()}\n`}`);
