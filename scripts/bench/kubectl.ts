import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadApp } from '../../src/apps/index.ts';
import { packageAssets } from '../../src/host/assets.ts';
import { createCloud } from '../../src/host/cloud.ts';
import { clientFolder, unavailable } from '../../test/real-clients/lib/binaries.ts';
import { median, ms, quantile, type Row, timed } from './row.ts';
import { served } from './served.ts';

/** They ask for what every cluster has. */
const VERBS = [
  'get services -A',
  'get clusterroles',
  'get clusterroles -o yaml',
  'describe clusterrole admin',
  'describe service kubernetes',
  'api-resources',
  'explain deployment.spec.strategy',
  'auth can-i create pods',
  'create configmap bench --from-literal=a=b --dry-run=server -o yaml',
];

/**
 * Our kubectl in process; as yardsticks the real one as a process on a cluster that we serve, and on a real API server when its
 * kubeconfig is given.
 */
export async function kubectlVerbs(real: string | undefined): Promise<Row[]> {
  const ours = await inProcess();
  const onServed = unavailable ? undefined : await served(withBinary);
  const genuine = unavailable || real === undefined ? undefined : await withBinary(real);
  return VERBS.map((verb, i) => {
    const took = ours[i] as number[];
    const beside = [
      onServed ? `real kubectl on our server ${ms(onServed[i] as number)}` : `no real kubectl: ${unavailable}`,
      ...(genuine ? [`on the real API server ${ms(genuine[i] as number)}`] : []),
    ];
    const value = `${ms(median(took))}, p99 ${ms(quantile(took, 0.99))} (${beside.join(', ')})`;
    return { what: `kubectl ${verb}, p50 of ${took.length}`, value, target: '' };
  });
}

async function inProcess(): Promise<number[][]> {
  const { shell, cluster } = await createCloud('1', loadApp('hotel-reservation', packageAssets('.')));
  await cluster.clock.sleep(60_000);
  const all: number[][] = [];
  for (const verb of VERBS) {
    const { exitCode, stderr } = await shell.exec(`kubectl ${verb}`);
    if (exitCode !== 0) throw new Error(`kubectl ${verb}: ${stderr}`);
    all.push(await timed(50, () => shell.exec(`kubectl ${verb}`)));
  }
  await cluster.close();
  return all;
}

/** Median of each verb with the real binary, in ms. Its cache of discovery is warm. */
async function withBinary(kubeconfig: string): Promise<number[]> {
  const cache = mkdtempSync(join(tmpdir(), 'aiopslab-bench-cache-'));
  const kubectl = join(clientFolder(), 'kubectl');
  const run = (verb: string): Buffer =>
    execFileSync(kubectl, ['--kubeconfig', kubeconfig, '--cache-dir', cache, ...verb.split(' ')], { stdio: 'pipe' });
  const medians: number[] = [];
  try {
    for (const verb of VERBS) {
      run(verb);
      medians.push(median(await timed(7, () => run(verb))));
    }
    return medians;
  } finally {
    rmSync(cache, { recursive: true, force: true });
  }
}
