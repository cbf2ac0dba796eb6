import { expect, it } from 'vitest';
import { KubeClient } from '../../../src/cluster/client.ts';
import type { Cluster } from '../../../src/cluster/cluster.ts';
import { sampleKubelets } from '../../../src/telemetry/cadvisor.ts';

const METRICS = `# HELP container_memory_rss Size of RSS in bytes.
# TYPE container_memory_rss gauge
container_memory_rss{container="web",id="/a",image="busybox",name="x",namespace="shop",pod="web-1"} 901120 1795337071694
container_memory_rss{container="",id="/b",image="",name="",namespace="other",pod="p"} 1
container_network_receive_bytes_total{id="/",interface="eth\\"0",namespace="shop",pod="web-1"} 1.5e+03 1795337071694
machine_cpu_cores 2
`;

function cluster(status: number): Cluster {
  const request = async ({ path }: { path: string }) =>
    path === '/api/v1/nodes'
      ? { status: 200, headers: {}, body: JSON.stringify({ items: [{ metadata: { name: 'node-1' } }] }) }
      : { status, headers: {}, body: METRICS };
  return { kind: 'kubernetes', request } as unknown as Cluster;
}

it('reads what the kubelets say of a namespace', async () => {
  const sampled = await sampleKubelets(new KubeClient(cluster(200)), 'shop', 1000);
  expect([...sampled.keys()]).toEqual(['container_memory_rss', 'container_network_receive_bytes_total']);
  expect(sampled.get('container_memory_rss')).toEqual([
    {
      metric: {
        container: 'web',
        id: '/a',
        image: 'busybox',
        name: 'x',
        namespace: 'shop',
        pod: 'web-1',
        instance: 'node-1',
      },
      values: [[1000, '901120']],
    },
  ]);
  expect(sampled.get('container_network_receive_bytes_total')?.[0]?.metric['interface']).toBe('eth"0');
});

it('says when a kubelet is out of reach', async () => {
  await expect(sampleKubelets(new KubeClient(cluster(403)), 'shop', 1000)).rejects.toThrow(
    'the kubelet of node-1 answers 403',
  );
});
