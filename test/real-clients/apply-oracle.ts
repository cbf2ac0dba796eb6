// Compares sequences of kubectl apply on a real cluster with ours, once by the real kubectl on our server and once by the shell's:
// tsx test/real-clients/apply-oracle.ts --kubeconfig FILE --kubectl PATH [--count N] [--seed TEXT] [--namespace NAME]
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { ApplySequences, GADGETS, type Move } from './lib/apply-sequences.ts';
import { comparableMove } from './lib/apply-sides.ts';
import { type Outcome, Twin } from './lib/twin.ts';

const { values } = parseArgs({
  options: {
    kubeconfig: { type: 'string' },
    kubectl: { type: 'string' },
    count: { type: 'string', default: '300' },
    seed: { type: 'string', default: 'apply' },
    namespace: { type: 'string', default: 'apply-sequences' },
  },
});
const { kubeconfig, kubectl, namespace } = values;
if (!kubeconfig || !kubectl) throw new Error('--kubeconfig and --kubectl are needed: a real cluster to compare with');
const home = mkdtempSync(join(tmpdir(), 'apply-'));

/** One command line on the real cluster. */
function onCluster(run: string): Promise<Outcome> {
  const env = { HOME: home, KUBECONFIG: kubeconfig, PATH: '/usr/bin:/bin' };
  const line = run.replaceAll(/\bkubectl\b/g, `${kubectl} -n ${namespace}`);
  return new Promise((resolve) =>
    execFile('/bin/bash', ['-c', line], { cwd: home, env, maxBuffer: 1 << 26 }, (error, stdout, stderr) =>
      resolve({ stdout, stderr, code: error ? Number(error.code ?? 1) : 0 }),
    ),
  );
}

const twin = await Twin.start(values.seed, { empty: true });
await twin.write('gadgets.json', JSON.stringify(GADGETS));
writeFileSync(join(home, 'gadgets.json'), JSON.stringify(GADGETS));
const prepare = `kubectl apply -f gadgets.json && kubectl create namespace ${namespace} && kubectl wait --for=condition=established crd/${GADGETS.metadata.name}`;
console.log((await onCluster(prepare)).stderr);
await twin.both(prepare, 2_000);
await twin.both(`kubectl config set-context --current --namespace=${namespace}`, 0);
const sequences = new ApplySequences(values.seed);
let [commands, differing] = [0, 0];
for (let at = 0; at < Number(values.count); at++) {
  const { object, moves } = sequences.next();
  const look: Move = { run: `kubectl get ${object} -o yaml --show-managed-fields=false` };
  let isSame = true;
  for (const [step, move] of moves.flatMap((one) => [one, look]).entries()) {
    if (move.file) {
      await twin.write(move.file.path, move.file.text);
      writeFileSync(join(home, move.file.path), move.file.text);
    }
    commands++;
    const [real, { real: served, ours }] = await Promise.all([onCluster(move.run), twin.both(move.run, 100)]);
    const [want, ...have] = [real, served, ours].map(comparableMove);
    for (const [which, one] of have.entries()) {
      if (isDeepStrictEqual(want, one)) continue;
      isSame = false;
      console.log(`${at}.${step} ${move.run} (${which === 0 ? 'real kubectl on our server' : "the shell's kubectl"})`);
      console.log(
        `  file ${move.file?.text.replaceAll(/\s+/g, ' ')}\n  real ${JSON.stringify(want)}\n  ours ${JSON.stringify(one)}`,
      );
    }
    if (!isSame) break;
  }
  await onCluster(`kubectl patch ${object} --type merge -p '{"metadata":{"finalizers":null}}'`);
  if (!isSame) differing++;
}
console.log(`${values.count} sequences, ${commands} commands, ${differing} sequences differ`);
await onCluster(`kubectl delete namespace ${namespace} --wait=false; kubectl delete -f gadgets.json`);
await twin.stop();
rmSync(home, { recursive: true, force: true });
