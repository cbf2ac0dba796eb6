import { baseFiles, busyboxPrograms } from '../../container-shell/index.ts';
import type { Program } from '../../process/os.ts';
import { digestOf } from '../digest.ts';
import type { ImageDef } from '../image.ts';

/**
 * Companions of what the applications need, so that the charts and manifests that bring them come up: exporters beside Prometheus, the parts of
 * OpenEBS. They log that they started, use memory, say on their ports that they are well, and do nothing else. The volumes of OpenEBS' class
 * are made by the cluster itself.
 */
interface StandIn {
  repository: string;
  tags: string[];
  sizeBytes: number;
  command: string;
  memoryMiB: number;
  ports: number[];
  log: string;
}

/** `v0.67.0` … `v0.80.9`: patch releases of a range of minor ones. */
function releases(prefix: string, from: number, to: number, patches = 4): string[] {
  const minors = Array.from({ length: to - from + 1 }, (_, i) => from + i);
  return minors.flatMap((minor) => Array.from({ length: patches }, (_, patch) => `${prefix}${minor}.${patch}`));
}

const OPENEBS_RELEASES = [...releases('3.', 0, 5, 2), ...releases('4.', 0, 5, 3), '2.12.2'];
const NDM_RELEASES = [...releases('1.', 8, 9, 3), ...releases('2.', 0, 2, 2)];

const openebs = (name: string, tags: string[], command: string, sizeBytes: number, ports: number[]): StandIn => ({
  repository: `docker.io/openebs/${name}`,
  tags,
  sizeBytes,
  command: `/usr/local/bin/${command}`,
  memoryMiB: 16,
  ports,
  log: `Starting ${command}`,
});

const STAND_INS: readonly StandIn[] = [
  {
    repository: 'quay.io/prometheus-operator/prometheus-config-reloader',
    tags: releases('v0.', 60, 86, 3),
    sizeBytes: 13_251_000,
    command: '/bin/prometheus-config-reloader',
    memoryMiB: 12,
    ports: [8080],
    log: 'msg="Starting prometheus-config-reloader"',
  },
  {
    repository: 'registry.k8s.io/kube-state-metrics/kube-state-metrics',
    tags: releases('v2.', 8, 17, 2),
    sizeBytes: 16_550_000,
    command: '/kube-state-metrics',
    memoryMiB: 22,
    ports: [8080, 8081],
    log: 'Starting kube-state-metrics self metrics server: [::]:8081',
  },
  {
    repository: 'quay.io/prometheus/node-exporter',
    tags: releases('v1.', 5, 10, 3),
    sizeBytes: 11_600_000,
    command: '/bin/node_exporter',
    memoryMiB: 14,
    ports: [9100],
    log: 'level=info msg="Listening on" address=[::]:9100',
  },
  {
    repository: 'quay.io/prometheus/pushgateway',
    tags: releases('v1.', 5, 11, 3),
    sizeBytes: 10_200_000,
    command: '/bin/pushgateway',
    memoryMiB: 12,
    ports: [9091],
    log: 'level=info msg="Listening on" address=[::]:9091',
  },
  {
    repository: 'quay.io/prometheus/alertmanager',
    tags: releases('v0.', 24, 30, 3),
    sizeBytes: 31_900_000,
    command: '/bin/alertmanager',
    memoryMiB: 18,
    ports: [9093],
    log: 'level=info msg="Listening on" address=[::]:9093',
  },
  {
    repository: 'ghcr.io/chaos-mesh/chaos-dashboard',
    tags: ['v2.6.2', 'v2.6.3', 'v2.7.0', 'v2.7.2'],
    sizeBytes: 61_400_000,
    command: '/usr/local/bin/chaos-dashboard',
    memoryMiB: 40,
    ports: [2333],
    log: 'Server is listening on 0.0.0.0:2333',
  },
  {
    repository: 'ghcr.io/chaos-mesh/chaos-coredns',
    tags: ['v0.2.6', 'v0.2.7', 'v0.2.8'],
    sizeBytes: 14_900_000,
    command: '/coredns',
    memoryMiB: 18,
    ports: [8080, 8181, 9288],
    log: 'CoreDNS-1.8.0',
  },
  openebs('provisioner-localpv', OPENEBS_RELEASES, 'provisioner-localpv', 28_800_000, []),
  openebs('node-disk-manager', NDM_RELEASES, 'ndm', 51_400_000, []),
  openebs('node-disk-operator', NDM_RELEASES, 'ndo', 38_600_000, [8585]),
  openebs('node-disk-exporter', NDM_RELEASES, 'exporter', 36_500_000, [9100, 9101]),
];

function program({ memoryMiB, ports, log }: StandIn): Program {
  return function* (os) {
    os.endsOnSignal('SIGTERM', 0);
    os.setMemory(memoryMiB * 1024 * 1024);
    for (const port of ports) {
      os.listen(port, {
        *handle(th) {
          th.spend(200);
          const headers = { 'content-type': 'text/plain; charset=utf-8' };
          return { proto: 'http', kind: 'response', status: 200, headers, body: 'OK\n' };
        },
      });
    }
    os.stderr.write(`ts=${new Date(os.main.nowMs).toISOString()} ${log}\n`);
    for (;;) yield* os.main.sleep(365 * 24 * 3_600_000);
  };
}

const SHELL = busyboxPrograms();

/** With a shell: their probes are commands, some of them. */
export const standInImages: readonly ImageDef[] = STAND_INS.map((one) => ({
  repository: one.repository,
  tags: one.tags,
  sizeBytes: one.sizeBytes,
  digest: digestOf(one.repository),
  config: { entrypoint: [one.command], env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' } },
  files: baseFiles('NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.19.9\n'),
  programs: { ...SHELL, [one.command]: program(one) },
}));
