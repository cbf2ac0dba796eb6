import { describe, expect, it } from 'vitest';
import { kubernetesNetwork } from '../../../src/host/kubernetes-network.ts';
import { createShell } from '../../../src/shell/index.ts';
import { fakeCluster } from '../../support/fake-cluster.ts';

const service = {
  metadata: { name: 'web', namespace: 'shop' },
  spec: { clusterIP: '10.96.0.7', ports: [{ port: 80, nodePort: 30080 }] },
};
const pod = { metadata: { name: 'web-1', namespace: 'shop' }, spec: {}, status: { podIP: '10.244.0.9' } };

function shellOn(answers: Record<string, unknown>) {
  const cluster = fakeCluster({
    'GET /api/v1/services': { items: [service] },
    'GET /api/v1/pods': { items: [pod] },
    ...answers,
  });
  return createShell({ cluster, network: kubernetesNetwork(cluster) });
}

const WEB = 'GET /api/v1/namespaces/shop/services/http:web:80/proxy/hello';

describe('the network of a real cluster', () => {
  it('answers at the addresses of Services, node ports and pods', async () => {
    const shell = shellOn({
      [WEB]: 'from the service\n',
      'GET /api/v1/namespaces/shop/pods/http:web-1:8080/proxy/hello': 'from the pod\n',
    });
    const { stdout, stderr } = await shell.exec(
      'curl -s http://10.96.0.7/hello; curl -s http://192.0.2.1:30080/hello; curl -s http://10.244.0.9:8080/hello',
    );
    expect([stdout, stderr]).toEqual(['from the service\nfrom the service\nfrom the pod\n', '']);
  });

  it('fails as connections do', async () => {
    const shell = shellOn({});
    const fails = async (url: string) => (await shell.exec(`curl -s --connect-timeout 3 ${url}`)).exitCode;
    expect(await fails('http://web.shop/')).toBe(6);
    expect(await fails('http://10.96.0.7:81/')).toBe(28);
    expect(await fails('http://10.1.2.3/')).toBe(7);
  });
});
