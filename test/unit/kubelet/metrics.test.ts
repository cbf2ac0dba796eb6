import { expect, it } from 'vitest';
import { EmbeddedCluster } from '../../../src/cluster/embedded.ts';
import { createSimulation } from '../../../src/sim/simulation.ts';

const NODE = { name: 'node-1', ip: '172.18.0.2', podCIDR: '10.244.0.0/24', controlPlane: false };

it('tells its pods and what they use in the text format of Prometheus', async () => {
  const simulation = createSimulation({ seed: '1', nodes: [NODE] });
  const cluster = new EmbeddedCluster(simulation);
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'busy' },
    spec: { containers: [{ name: 'main', image: 'busybox:1.36', command: ['sh', '-c', 'while :; do :; done'] }] },
  };
  const headers = { 'content-type': 'application/json' };
  await cluster.request({
    method: 'POST',
    path: '/api/v1/namespaces/default/pods',
    headers,
    body: JSON.stringify(pod),
  });
  simulation.world.advance(30_000);
  const scrape = async (path: string): Promise<string> =>
    (await cluster.request({ method: 'GET', path: `/api/v1/nodes/node-1:10250/proxy${path}` })).body;

  const kubelet = await scrape('/metrics');
  expect(kubelet).toContain('# TYPE kubelet_desired_pods gauge\nkubelet_desired_pods{static=""} ');
  expect(kubelet).toContain('kubelet_node_name{node="node-1"} 1\n');
  const resource = await scrape('/metrics/resource');
  expect(resource).toMatch(
    /^container_cpu_usage_seconds_total\{container="main",namespace="default",pod="busy"\} \d\d?\.\d+ \d+$/m,
  );
  expect(resource).toMatch(/^pod_memory_working_set_bytes\{namespace="default",pod="busy"\} \d+ \d+$/m);
});
