import { describe, expect, it } from 'vitest';
import type { Json } from '../../../src/kube/object.ts';
import { ApiError } from '../../../src/kube/status.ts';
import { type Bed, bed } from './fakes.ts';

function configMap(b: Bed, name: string, data: Record<string, string>): void {
  b.api.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'ns' }, data });
}

const logOf = (b: Bed, name: string, options: Json = {}, container = 'main'): string => {
  try {
    return b.kubelet.logs(b.get(name), container, options).text;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return `${error.code} ${error.message}`;
  }
};

describe('volumes', () => {
  it('a ConfigMap is files, and follows its source', () => {
    const b = bed();
    configMap(b, 'cm', { 'a.conf': 'one' });
    const mount = { volumeMounts: [{ name: 'c', mountPath: '/cfg' }] };
    b.pod('p', {
      volumes: [{ name: 'c', configMap: { name: 'cm' } }],
      containers: [{ ...mount, command: ['cat', '/cfg/a.conf'] }],
    });
    b.world.advance(2_500);
    expect(logOf(b, 'p')).toBe('one');
    b.api.modify('v1/ConfigMap', 'ns', 'cm', (draft) => {
      draft.data['a.conf'] = 'two';
    });
    b.world.advance(100_000);
    expect(logOf(b, 'p')).toBe('two');
  });

  it('missing sources are tried again with growing pauses', () => {
    const b = bed();
    b.pod('p', {
      volumes: [
        { name: 'v', configMap: { name: 'missing-cm' } },
        { name: 'h', hostPath: { path: '/nonexist', type: 'Directory' } },
        { name: 'unused', configMap: { name: 'other' } },
      ],
      containers: [
        {
          volumeMounts: [
            { name: 'v', mountPath: '/v' },
            { name: 'h', mountPath: '/h' },
          ],
        },
      ],
    });
    b.world.advance(20_000);
    expect(b.events('p')).toEqual([
      'Warning FailedMount: MountVolume.SetUp failed for volume "v" : configmap "missing-cm" not found',
      'Warning FailedMount: MountVolume.SetUp failed for volume "h" : hostPath type check failed: /nonexist is not a directory',
    ]);
    expect(b.api.recorded.filter((e) => e.message.includes('missing-cm'))).toHaveLength(6);
    expect(logOf(b, 'p')).toBe('400 container "main" in pod "p" is waiting to start: ContainerCreating');
  });

  it('hostPath data survives the pod, emptyDir does not', () => {
    const b = bed();
    const spec = (command: string[]) => ({
      restartPolicy: 'Never',
      volumes: [{ name: 'h', hostPath: { path: '/data' } }],
      containers: [{ command, volumeMounts: [{ name: 'h', mountPath: '/mnt' }] }],
    });
    b.pod('writer', spec(['put', '/mnt/x', 'kept']));
    b.world.advance(5_000);
    b.pod('reader', spec(['cat', '/mnt/x']));
    b.world.advance(5_000);
    expect(logOf(b, 'reader')).toBe('kept');
  });

  it('secrets, projected sources, subPath', () => {
    const b = bed();
    b.api.create({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's', namespace: 'ns' },
      data: { k: Buffer.from('hidden').toString('base64') },
    });
    b.pod('p', {
      volumes: [
        { name: 's', secret: { secretName: 's' } },
        {
          name: 'd',
          projected: {
            sources: [{ downwardAPI: { items: [{ path: 'ns', fieldRef: { fieldPath: 'metadata.namespace' } }] } }],
          },
        },
      ],
      containers: [
        { name: 'a', command: ['cat', '/s.txt'], volumeMounts: [{ name: 's', mountPath: '/s.txt', subPath: 'k' }] },
        { name: 'b', command: ['cat', '/d/ns'], volumeMounts: [{ name: 'd', mountPath: '/d' }] },
      ],
    });
    b.world.advance(2_500);
    expect([logOf(b, 'p', {}, 'a'), logOf(b, 'p', {}, 'b')]).toEqual(['hidden', 'ns']);
  });
});

describe('environment', () => {
  it('services, ConfigMaps, fields and resources', () => {
    const b = bed();
    configMap(b, 'cm', { K: 'v' });
    b.api.create({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'my-db', namespace: 'ns' },
      spec: { clusterIP: '10.96.0.9', ports: [{ name: 'sql', port: 5432, protocol: 'TCP' }] },
    });
    b.pod('p', {
      restartPolicy: 'Never',
      containers: [
        {
          command: ['env'],
          envFrom: [{ prefix: 'P_', configMapRef: { name: 'cm' } }],
          resources: { limits: { cpu: '500m' } },
          env: [
            { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
            { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '1m' } } },
            { name: 'DB', value: '$(MY_DB_SERVICE_HOST)' },
          ],
        },
      ],
    });
    b.world.advance(3_000);
    expect(logOf(b, 'p').split('\n').slice(2)).toEqual([
      'P_K=v',
      'POD=p',
      'CPU=500',
      'DB=10.96.0.9',
      'MY_DB_SERVICE_HOST=10.96.0.9',
      'MY_DB_SERVICE_PORT=5432',
      'MY_DB_SERVICE_PORT_SQL=5432',
      'MY_DB_PORT=tcp://10.96.0.9:5432',
      'MY_DB_PORT_5432_TCP=tcp://10.96.0.9:5432',
      'MY_DB_PORT_5432_TCP_PROTO=tcp',
      'MY_DB_PORT_5432_TCP_PORT=5432',
      'MY_DB_PORT_5432_TCP_ADDR=10.96.0.9',
      'HOME=/root',
      '',
    ]);
  });
});

describe('logs', () => {
  it('of this and the previous instance, with the texts of the kubelet', () => {
    const b = bed();
    b.pod('crash', { containers: [{ command: ['run', '0', '1', 'hi\nho'] }] });
    b.pod('fine', { containers: [{ command: ['run', '1000', '0', 'up'] }] });
    b.pod('noimage', { containers: [{ image: 'a/b:1' }] });
    b.world.advance(14_900);
    expect(logOf(b, 'crash', { tailLines: 1 })).toBe('ho\n');
    expect(logOf(b, 'fine', { timestamps: true })).toMatch(/^2026-01-15T09:00:0\d\.\d+Z up\n$/);
    expect(logOf(b, 'fine', { limitBytes: 1 })).toBe('u');
    expect(logOf(b, 'fine', { previous: true })).toBe(
      '400 previous terminated container "main" in pod "fine" not found',
    );
    expect(logOf(b, 'noimage')).toBe(
      '400 container "main" in pod "noimage" is waiting to start: trying and failing to pull image',
    );
  });

  it('only one dead instance is kept', () => {
    const b = bed();
    b.pod('crash', { containers: [{ command: ['run', '0', '1', 'hi'] }] });
    b.world.advance(3_000);
    expect(b.get('crash').status.containerStatuses[0].restartCount).toBe(1);
    expect(logOf(b, 'crash')).toBe('hi\n');
    expect(logOf(b, 'crash', { previous: true })).toMatch(
      /^unable to retrieve container logs for containerd:\/\/[0-9a-f]{64}$/,
    );
  });
});

describe('statistics and nodes', () => {
  it('a row for the container, the sandbox and the pod', () => {
    const b = bed();
    b.pod('p', { containers: [{ resources: { limits: { cpu: '500m', memory: '64Mi' } } }] });
    b.world.advance(3_000);
    expect(b.kubelet.stats().map((s) => [s.container, s.cpuQuotaUs, s.memoryLimitBytes, s.network?.rxBytes])).toEqual([
      ['main', 50_000, 67_108_864, undefined],
      ['POD', undefined, 0, 1],
      ['', undefined, 67_108_864, 1],
    ]);
  });

  it('three nodes; only the control plane is tainted', () => {
    const b = bed();
    const nodes = b.api.list('v1/Node');
    expect(nodes.map((n) => [n.metadata.name, n.spec.podCIDR, n.spec.taints?.[0]?.effect])).toEqual([
      ['kind-control-plane', '10.244.0.0/24', 'NoSchedule'],
      ['kind-worker', '10.244.1.0/24', undefined],
      ['kind-worker2', '10.244.2.0/24', undefined],
    ]);
    expect(Object.keys(nodes[1]?.status.nodeInfo)).toHaveLength(10);
  });

  it('the same seed gives the same life', () => {
    const run = (): string => {
      const b = bed();
      for (let i = 0; i < 25; i++)
        b.pod(`p${i}`, { containers: [{ command: i % 5 ? ['run', '1000'] : ['run', '1', '1'] }] });
      b.world.advance(60_000);
      return JSON.stringify(b.api.history);
    };
    expect(run()).toBe(run());
  });
});
