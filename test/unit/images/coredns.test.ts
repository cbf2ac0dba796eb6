import { describe, expect, it } from 'vitest';
import { busybox } from '../../../src/sim/images/busybox/busybox.ts';
import { parseReference } from '../../../src/sim/images/catalog.ts';
import { corednsImage } from '../../../src/sim/images/coredns/coredns.ts';
import type { ImageDef } from '../../../src/sim/images/image.ts';
import { Container } from '../../../src/sim/process/container.ts';
import { noInput, TextSink } from '../../../src/sim/process/pipe.ts';
import { lab, service, slice } from '../net/lab.ts';

const COREFILE = `.:53 {
    errors
    health
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    forward . /etc/resolv.conf
    cache 30
    reload
    loadbalance
}
`;

function scene(corefile = COREFILE) {
  const net = lab();
  const { world, api, network } = net;
  const client = net.pod('client', '10.244.1.2');
  const dns = net.pod('dns', '10.244.0.5');
  const node = {
    ip: '172.18.0.2',
    nodeName: 'node-1',
    dns: { nameservers: [], searches: [], ndots: 1 },
    hosts: new Map(),
  };
  network.attach(node);
  network.listen(node, 6443, {
    // an API server that lets everybody list
    *handle() {
      return { proto: 'http', kind: 'response', status: 200, headers: {}, body: '{}' };
    },
  });
  const put = (
    name: string,
    ip: string,
    port: number,
    target: string,
    targetPort: number,
    transport: 'TCP' | 'UDP',
  ) => {
    api.put('v1/Service', service(name, ip, [{ port, protocol: transport }]));
    api.put(
      'discovery.k8s.io/v1/EndpointSlice',
      slice(name, [target], { name: '', port: targetPort, protocol: transport }),
    );
  };
  put('kubernetes', '10.96.0.1', 443, '172.18.0.2', 6443, 'TCP');
  put('kube-dns', '10.96.0.10', 53, '10.244.0.5', 53, 'UDP');
  api.put('v1/Namespace', { metadata: { name: 'app' } });
  const start = (image: ImageDef, ns: typeof client, name: string, mounts: Record<string, string>) => {
    const container = new Container({
      world,
      network,
      ns,
      image: { ...image, files: { ...image.files, ...mounts } },
      hostname: name,
      streamName: name,
      env: { PATH: '/bin', KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '443' },
      workingDir: '/',
      uid: 0,
      limits: { cpuShares: 2 },
      mounts: new Map(),
      machine: { memoryBytes: 2 ** 33, cpus: 4, bootMs: world.nowMs, kernel: '6.1.0' },
    });
    return container;
  };
  const log = new TextSink();
  const server = start(corednsImage(api.client), dns, 'coredns', { '/etc/coredns/Corefile': corefile });
  server.start(['/coredns', '-conf', '/etc/coredns/Corefile'], { stdin: noInput, stdout: log, stderr: log });
  world.advance(1000);
  const lookup = (host: string) =>
    net.run(function* (th) {
      return (yield* network.resolve(th, client, host)).join(' ');
    });
  return { ...net, client, server, lookup, start, log };
}

describe('DNS', () => {
  it('resolves Services by search list, headless ones to pods, and nothing else', () => {
    const s = scene();
    s.api.put('v1/Service', service('web', '10.96.0.20', [{ port: 80 }]));
    s.api.put('v1/Service', service('db', 'None', [{ port: 27017 }]));
    s.api.put('discovery.k8s.io/v1/EndpointSlice', slice('db', ['10.244.1.7'], { name: '', port: 27017 }));
    s.api.put(
      'v1/Service',
      service('ext', '', [], { type: 'ExternalName', externalName: 'web.app.svc.cluster.local' }),
    );
    expect(
      [
        'web',
        'web.app',
        'web.app.svc.cluster.local',
        'db',
        'ext',
        '10-1-2-3.app.pod.cluster.local',
        'nosuch',
        'example.com',
      ].map((host) => s.lookup(host).replace(/ \d+ ms$/, '')),
    ).toEqual([
      '10.96.0.20',
      '10.96.0.20',
      '10.96.0.20',
      '10.244.1.7',
      '10.96.0.20',
      '10.1.2.3',
      'ENOTFOUND',
      'ENOTFOUND',
    ]);
  });

  it('gives EAI_AGAIN without a DNS server: at once when the Service is empty, after 2 × 5 s when packets vanish', () => {
    const s = scene();
    s.network.disturb.partition({ namespace: 'app', labels: { app: 'dns' } });
    const silent = s.lookup('web');
    s.api.remove('discovery.k8s.io/v1/EndpointSlice', 'app', 'kube-dns-x');
    expect([silent, s.lookup('web')]).toEqual(['EAI_AGAIN 10000 ms', 'EAI_AGAIN 0 ms']);
  });

  it('obeys its Corefile', () => {
    const blocked = scene(
      COREFILE.replace(
        '    forward',
        '    template ANY ANY web.app.svc.cluster.local {\n      rcode NXDOMAIN\n    }\n    forward',
      ),
    );
    blocked.api.put('v1/Service', service('web', '10.96.0.20', [{ port: 80 }]));
    const broken = scene(COREFILE.replace('errors', 'erors'));
    expect([blocked.lookup('web').slice(0, 9), broken.server.status, broken.log.text]).toEqual([
      'ENOTFOUND',
      { code: 1 },
      "Corefile:2 - Error during parsing: Unknown directive 'erors'\n",
    ]);
  });
});

it('parses image references as containerd does', () => {
  expect(
    ['mongo', 'mongo:4.4.6', 'a/b:1', 'localhost:5000/x', 'registry.k8s.io/pause:3.10', 'UPPER', 'a:b:c'].map(
      parseReference,
    ),
  ).toEqual([
    { repository: 'docker.io/library/mongo', tag: 'latest', digest: undefined },
    { repository: 'docker.io/library/mongo', tag: '4.4.6', digest: undefined },
    { repository: 'docker.io/a/b', tag: '1', digest: undefined },
    { repository: 'localhost:5000/x', tag: 'latest', digest: undefined },
    { repository: 'registry.k8s.io/pause', tag: '3.10', digest: undefined },
    undefined,
    undefined,
  ]);
});

it('knows busybox by its usual names', () => {
  expect(busybox.tags.slice(0, 2)).toEqual(['latest', '1']);
});
