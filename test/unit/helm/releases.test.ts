import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { loadChart } from '../../../src/helm/chart.ts';
import { Helm } from '../../../src/helm/releases/actions.ts';
import { decodeRelease, timestamp } from '../../../src/helm/releases/release.ts';
import { FakeCluster } from './fake-cluster.ts';

const chart = loadChart({
  'Chart.yaml': 'apiVersion: v2\nname: d\nversion: 0.1.0\nappVersion: "1.0"\n',
  'values.yaml': 'v: 1\nextra: true\n',
  'templates/NOTES.txt': 'Thank you {{ .Release.Name }}\n',
  'templates/cm.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}\ndata: {v: "{{ .Values.v }}"}\n' +
    '{{- if .Values.extra }}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: extra}\n{{- end }}\n',
  'templates/hook.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: hook\n  annotations: {"helm.sh/hook": pre-install}\n',
});

function world(): { cluster: FakeCluster; helm: Helm } {
  const cluster = new FakeCluster();
  return { cluster, helm: new Helm(cluster) };
}

const inNs = { namespace: 'ns' };
const path = (name: string): string => `/api/v1/namespaces/ns/configmaps/${name}`;
const statuses = async (helm: Helm): Promise<string[]> =>
  (await helm.store('ns').history('rel')).map((r) => `${r.version} ${r.info.status}: ${r.info.description}`);

test('install makes the namespace, hooks, objects and a record that helm can read', async () => {
  const { cluster, helm } = world();
  await helm.install('rel', chart, { v: 2 }, { ...inNs, createNamespace: true });
  expect(cluster.objects.get('/api/v1/namespaces/ns')?.metadata).toEqual({ name: 'ns', labels: { name: 'ns' } });
  expect(cluster.objects.get(path('cm'))).toEqual({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: 'cm',
      namespace: 'ns',
      labels: { 'app.kubernetes.io/managed-by': 'Helm' },
      annotations: { 'meta.helm.sh/release-name': 'rel', 'meta.helm.sh/release-namespace': 'ns' },
    },
    data: { v: '2' },
  });
  const secret = cluster.objects.get('/api/v1/namespaces/ns/secrets/sh.helm.release.v1.rel.v1');
  expect(secret?.['type']).toBe('helm.sh/release.v1');
  expect(secret?.metadata.labels).toEqual({
    modifiedAt: '1767225600',
    name: 'rel',
    owner: 'helm',
    status: 'deployed',
    version: '1',
  });
  const { release: data = '' } = (secret?.['data'] ?? {}) as { release?: string };
  const zipped = Buffer.from(Buffer.from(data, 'base64').toString(), 'base64');
  expect(JSON.parse(gunzipSync(zipped).toString())).toEqual(decodeRelease(data));
  expect(decodeRelease(data).info).toEqual({
    first_deployed: '2026-01-01T00:00:00Z',
    last_deployed: '2026-01-01T00:00:00Z',
    description: 'Install complete',
    status: 'deployed',
    notes: 'Thank you rel\n',
  });
  expect(decodeRelease(data).hooks?.map((hook) => [hook.name, hook.last_run.phase])).toEqual([['hook', 'Succeeded']]);
});

test('upgrade supersedes, deletes what is gone; rollback brings it back; uninstall leaves nothing', async () => {
  const { cluster, helm } = world();
  await helm.install('rel', chart, {}, inNs);
  await helm.upgrade('rel', chart, { extra: false, v: 5 }, inNs);
  expect([cluster.objects.get(path('cm'))?.['data'], cluster.objects.has(path('extra'))]).toEqual([{ v: '5' }, false]);
  await helm.rollback('rel', 0, inNs);
  expect([cluster.objects.get(path('cm'))?.['data'], cluster.objects.has(path('extra'))]).toEqual([{ v: '1' }, true]);
  expect(await statuses(helm)).toEqual([
    '1 superseded: Install complete',
    '2 superseded: Upgrade complete',
    '3 deployed: Rollback to 1',
  ]);
  await helm.uninstall('rel', inNs);
  expect([...cluster.objects.keys()]).toEqual([path('hook')]);
});

test('values: kept when none are given, merged with reuseValues, dropped with resetValues', async () => {
  const { helm } = world();
  await helm.install('rel', chart, { v: 7 }, inNs);
  expect((await helm.upgrade('rel', chart, {}, inNs)).config).toEqual({ v: 7 });
  expect((await helm.upgrade('rel', chart, { w: 1 }, { ...inNs, reuseValues: true })).config).toEqual({ v: 7, w: 1 });
  expect((await helm.upgrade('rel', chart, {}, { ...inNs, resetValues: true })).config).toBeUndefined();
});

test('refusals use the words of helm', async () => {
  const { cluster, helm } = world();
  await expect(helm.upgrade('rel', chart, {}, inNs)).rejects.toThrow('"rel" has no deployed releases');
  await expect(helm.rollback('rel', 1, inNs)).rejects.toThrow('release: not found');
  await expect(helm.uninstall('rel', inNs)).rejects.toThrow('uninstall: Release not loaded: rel: release: not found');
  await helm.install('rel', chart, {}, inNs);
  await expect(helm.install('rel', chart, {}, inNs)).rejects.toThrow(
    'release name check failed: cannot reuse a name that is still in use',
  );
  await expect(helm.install('two', chart, {}, inNs)).rejects.toThrow(
    'unable to continue with install: ConfigMap "cm" in namespace "ns" exists and cannot be imported into the current release: invalid ownership metadata; annotation validation error: key "meta.helm.sh/release-name" must equal "two": current value is "rel"',
  );
  cluster.refuse = (method, at) =>
    method === 'PATCH' && at === path('cm')
      ? { code: 409, message: 'Apply failed with 1 conflict: conflict with "kubectl-patch" using v1: .data.v' }
      : undefined;
  const conflict =
    'conflict occurred while applying object ns/cm /v1, Kind=ConfigMap: Apply failed with 1 conflict: conflict with "kubectl-patch" using v1: .data.v';
  await expect(helm.upgrade('rel', chart, { v: 3 }, inNs)).rejects.toThrow(conflict);
  expect(await statuses(helm)).toEqual(['1 deployed: Install complete', `2 failed: Upgrade "rel" failed: ${conflict}`]);
});

test('--wait gives up at its timeout and says what was not ready', async () => {
  const { cluster, helm } = world();
  const web = loadChart({
    'Chart.yaml': 'apiVersion: v2\nname: w\nversion: 0.1.0\n',
    'templates/d.yaml': 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 1}\n',
  });
  const options = { ...inNs, wait: true, timeoutMs: 4000 };
  await expect(helm.install('w', web, {}, options)).rejects.toThrow(
    'resource Deployment/ns/web not ready. status: InProgress, message: replicas: 0/1\ncontext deadline exceeded',
  );
  expect(cluster.clock.now()).toBe(Date.UTC(2026, 0, 1) + 100 + 4000);
});

test('times are written as Go writes them', () => {
  expect([0, 100, 1234].map(timestamp)).toEqual([
    '1970-01-01T00:00:00Z',
    '1970-01-01T00:00:00.1Z',
    '1970-01-01T00:00:01.234Z',
  ]);
});
