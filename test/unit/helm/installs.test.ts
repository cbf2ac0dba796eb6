import { beforeAll, describe, expect, it } from 'vitest';
import { EmbeddedCluster } from '../../../src/cluster/embedded.ts';
import { createShell, defineHelmCommand } from '../../../src/shell/index.ts';
import { createSimulation } from '../../../src/sim/simulation.ts';
import { readFolder } from './read-folder.ts';

const cluster = new EmbeddedCluster(createSimulation({ seed: 'helm' }));
const shell = createShell({ cluster, extraCommands: [defineHelmCommand({ cluster })] });
const sh = (command: string) => shell.exec(command, { timeoutMs: 600_000 });
const revisions = async () =>
  (await sh('helm history web -o json')).stdout
    .match(/"revision":\d+|"status":"[^"]*"/g)
    ?.join(' ')
    .replace(/"revision":(\d+) "status":"([^"]*)"/g, '$1=$2');

beforeAll(async () => {
  for (const [path, text] of Object.entries(readFolder('test/unit/helm/fixtures'))) {
    const full = `/home/agent/${path}`;
    await shell.fs.mkdir(full.slice(0, full.lastIndexOf('/')), { recursive: true });
    await shell.fs.writeFile(full, text);
  }
});

describe('a typical chart on the embedded cluster', () => {
  it('is packed, installed from its archive and comes up', async () => {
    expect(await sh('helm package shop')).toMatchObject({
      stdout: 'Successfully packaged chart and saved it to: /home/agent/shop-1.4.2.tgz\n',
      exitCode: 0,
    });
    expect((await sh('helm install web shop-1.4.2.tgz --wait --set autoscaling.enabled=true')).stdout).toMatch(
      /^NAME: web\n[\s\S]*STATUS: deployed\nREVISION: 1\nDESCRIPTION: Install complete\nNOTES:\n1\. The shop is at web-shop\.\n$/,
    );
    expect((await sh('kubectl get deploy,sts,hpa,crd,job -o name')).stdout.split('\n').filter(Boolean)).toEqual([
      'deployment.apps/web-shop',
      'statefulset.apps/web-cache',
      'horizontalpodautoscaler.autoscaling/web-shop',
      'customresourcedefinition.apiextensions.k8s.io/carts.shop.example.com',
    ]);
  });

  it('sees the cluster through lookup and .Capabilities', async () => {
    const data = JSON.parse((await sh('kubectl get cm web-shop -o jsonpath={.data}')).stdout);
    expect(data).toMatchObject({ found: 'kube-system', api: 'true', semver: 'true' });
  });

  it('runs its tests', async () => {
    const passed = await sh('helm test web');
    expect([passed.exitCode, passed.stdout]).toEqual([
      0,
      expect.stringMatching(/\nTEST SUITE: {5}web-shop-test\n(Last .*\n){2}Phase: {10}Succeeded\n/),
    ]);
    await sh('kubectl delete svc/web-shop pod/web-shop-test; sleep 5');
    expect(await sh('helm test web')).toMatchObject({
      stdout: expect.stringMatching(/\nPhase: {10}Failed\n$/),
      stderr:
        'Error: resource Pod/default/web-shop-test not ready. status: Failed, message: pod web-shop-test failed\n',
      exitCode: 1,
    });
  });

  it('keeps ten revisions, or as many as --history-max says', async () => {
    await sh('for i in 1 2 3 4 5 6 7 8 9 10 11; do helm upgrade web shop --set replicaCount=$i > /dev/null; done');
    expect(await revisions()).toBe(
      `${[3, 4, 5, 6, 7, 8, 9, 10, 11].map((n) => `${n}=superseded`).join(' ')} 12=deployed`,
    );
    await sh('helm upgrade web shop --history-max 2');
    expect(await revisions()).toBe('12=superseded 13=deployed');
  });

  it('cleans up what a failed upgrade made', async () => {
    await sh('mkdir -p broken; cp -r shop broken/; echo "{}" > broken/shop/templates/zz.yaml');
    await sh(
      `cat > broken/shop/templates/new.yaml <<'EOF2'\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: fresh}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: wrong}\nspec: {ports: [{port: 99999}]}\nEOF2\nrm broken/shop/templates/zz.yaml`,
    );
    expect((await sh('helm upgrade web broken/shop --cleanup-on-fail')).stderr).toContain(
      'spec.ports[0].port: Invalid value: 99999',
    );
    expect((await sh('kubectl get cm fresh')).stderr).toBe(
      'Error from server (NotFound): configmaps "fresh" not found\n',
    );
  });

  it('takes over a name whose history was kept, and orphans pods when told to', async () => {
    await sh('helm uninstall web --keep-history');
    expect((await sh('helm install web shop')).stderr).toContain('cannot reuse a name that is still in use');
    await sh('helm install web shop --replace --wait');
    expect(await revisions()).toMatch(/superseded 15=deployed$/);
    expect(await sh('helm uninstall web --cascade foo')).toMatchObject({
      stderr: 'Error: invalid cascade value (foo). Must be "background", "foreground", or "orphan"\n',
      exitCode: 1,
    });
    await sh('helm uninstall web --cascade orphan; sleep 5');
    expect((await sh('kubectl get deploy,rs -o name')).stdout).toMatch(/^replicaset\.apps\/web-shop-\w+\n/);
  });

  it.each([
    [
      'helm install x bad.tgz',
      "file '/home/agent/bad.tgz' does not appear to be a gzipped archive; got 'application/octet-stream'",
    ],
    [
      'helm install x nodep',
      'INSTALLATION FAILED: an error occurred while checking for chart dependencies. You may need to run `helm dependency build` to fetch missing dependencies: found in Chart.yaml, but missing in charts/ directory: common',
    ],
    ['helm diff upgrade web shop', 'unknown command "diff" for "helm"\nRun \'helm --help\' for usage.'],
    ['helm package nope', 'stat nope: no such file or directory'],
    ['helm test nope', 'release: not found'],
  ])('refuses %s', async (command, message) => {
    await sh('echo x > bad.tgz; rm -rf nodep; cp -r shop nodep; rm -r nodep/charts/common');
    const { stderr, exitCode } = await sh(command);
    expect([stderr.replace('INSTALLATION FAILED: file', 'file'), exitCode]).toEqual([`Error: ${message}\n`, 1]);
  });
});
