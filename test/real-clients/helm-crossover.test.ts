import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unavailable } from './lib/binaries.ts';
import { normalise } from './lib/normalise.ts';
import { type Outcome, Twin } from './lib/twin.ts';

const CHART = {
  'box/Chart.yaml':
    'apiVersion: v2\nname: box\nversion: 0.1.0\nappVersion: "1"\ndependencies:\n  - {name: inner, version: 1.0.0, alias: deep}\n',
  'box/values.yaml': 'size: 1\ndeep: {word: outer}\n',
  'box/values.schema.json': '{"type": "object", "properties": {"size": {"type": "number"}}}',
  'box/templates/all.yaml': `apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}-cm}
data: {size: {{ .Values.size | quote }}, revision: {{ .Release.Revision | quote }}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}-web}
spec:
  replicas: {{ int .Values.size }}
  selector: {matchLabels: {app: {{ .Release.Name }}}}
  template:
    metadata: {labels: {app: {{ .Release.Name }}}}
    spec:
      terminationGracePeriodSeconds: 0
      containers: [{name: web, image: busybox:1.36, command: [sleep, "100000"]}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}-hook, annotations: {helm.sh/hook: "pre-install,post-upgrade", helm.sh/hook-weight: "1"}}
---
apiVersion: v1
kind: Pod
metadata: {name: {{ .Release.Name }}-test, annotations: {helm.sh/hook: test}}
spec:
  restartPolicy: Never
  containers: [{name: try, image: busybox:1.36, command: ["true"]}]
`,
  'box/templates/NOTES.txt': 'Size {{ .Values.size }}.\n',
  'box/charts/inner/Chart.yaml': 'apiVersion: v2\nname: inner\nversion: 1.0.0\n',
  'box/charts/inner/values.yaml': 'word: inner\n',
  'box/charts/inner/templates/cm.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}-inner}\ndata: {word: {{ .Values.word }}}\n',
  'v.yaml': 'size: 2\nextra: {list: [1, {a: b}], none: null, text: "é <&>"}\n',
};

/** What both must read alike after each step, whoever wrote the release. */
const LOOKS = ['helm list -A -o json', 'helm history NAME -o json', 'helm get all NAME'];
/** And at a few. */
const MORE_LOOKS = [
  'helm get values NAME -a -o json',
  'helm get metadata NAME -o yaml',
  'helm get hooks NAME',
  'helm get values NAME --revision 1',
];

type Side = 'real' | 'ours';

/** The life of a release, each step by one of the two; then the two change roles. */
const STORY: readonly [step: string, side: 0 | 1][] = [
  ['helm install NAME box -f v.yaml --labels team=a', 0],
  ['helm upgrade NAME box --reuse-values --set size=3', 1],
  ['helm rollback NAME 1', 1],
  ['helm test NAME', 0],
  ['helm upgrade NAME box --set size=nope', 1],
  ['helm rollback NAME', 0],
  ['helm uninstall NAME --keep-history', 0],
  ['helm rollback NAME 2', 1],
  ['helm uninstall NAME', 0],
  ['helm upgrade --install NAME box', 1],
  ['helm uninstall NAME', 0],
];

describe.skipIf(unavailable)(
  `releases pass between the real helm and ours${unavailable ? ` (${unavailable})` : ''}`,
  () => {
    let twin: Twin;
    beforeAll(async () => {
      twin = await Twin.start('helm-crossover', { shared: true, empty: true });
      for (const [path, text] of Object.entries(CHART)) await twin.write(path, text);
    }, 60_000);
    afterAll(() => twin.stop());

    const by = (side: Side, command: string): Promise<Outcome> =>
      side === 'real' ? twin.real(command) : twin.ours(command);

    it.each([
      ['one', ['real', 'ours']],
      ['two', ['ours', 'real']],
    ] as const)(
      '%s begins with %s',
      async (name, sides) => {
        for (const [step, side] of STORY) {
          const command = step.replaceAll('NAME', name);
          const done = await by(sides[side], command);
          expect({ command, by: sides[side], code: done.code, stderr: done.stderr }).toMatchObject({
            code: command.includes('nope') ? 1 : 0,
          });
          twin.settle(5_000);
          for (const look of /install|test/.test(step) ? [...LOOKS, ...MORE_LOOKS] : LOOKS) {
            const line = look.replaceAll('NAME', name);
            const [real, ours] = [normalise(await by('real', line)), normalise(await by('ours', line))];
            expect({ after: command, line, ...ours }).toEqual({ after: command, line, ...real });
          }
        }
      },
      120_000,
    );

    it('both own the same fields of the objects', async () => {
      const owners = async (side: Side, name: string): Promise<string> => {
        await by(side, `helm install ${name} box --set size=1`);
        twin.settle(2_000);
        const cm = await twin.real(`kubectl get cm ${name}-cm -o json --show-managed-fields`);
        const secret = await twin.real(
          `kubectl get secret sh.helm.release.v1.${name}.v1 -o json --show-managed-fields`,
        );
        return [cm, secret]
          .map(({ stdout }) => {
            const { metadata, type } = JSON.parse(stdout) as { metadata: Record<string, unknown>; type?: string };
            const labels = Object.keys((metadata['labels'] ?? {}) as object).sort();
            const fields = (
              metadata['managedFields'] as { manager: string; operation: string; fieldsV1: unknown }[]
            ).map(({ manager, operation, fieldsV1 }) => ({ manager, operation, fieldsV1 }));
            return JSON.stringify({
              type,
              labels,
              annotations: Object.keys((metadata['annotations'] ?? {}) as object),
              fields,
            });
          })
          .join('\n');
      };
      expect(await owners('ours', 'mine')).toBe(await owners('real', 'theirs'));
    }, 60_000);
  },
);
