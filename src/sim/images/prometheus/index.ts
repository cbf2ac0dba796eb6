import type { ContainerStats } from '../../api/api.ts';
import { NetError, type Server } from '../../net/net.ts';
import type { Message } from '../../net/protocols.ts';
import type { Os } from '../../process/os.ts';
import type { Task, Thread } from '../../process/task.ts';
import type { ImageDef } from '../image.ts';
import { CGROUP_FAMILIES, NETWORK_FAMILIES } from './cadvisor.ts';
import { discoverNodes } from './discovery.ts';
import { answerApi } from './http-api.ts';
import { type Series, type SeriesGroup, Tsdb } from './tsdb.ts';

const SCRAPE_INTERVAL_MS = 15_000;
const SCRAPE_TIMEOUT_MS = 10_000;
/** Where kubelets serve cAdvisor's metrics. */
export const KUBELET_PORT = 10_250;

interface Target {
  node: string;
  address: string;
  up: boolean;
  lastError: string;
  lastScrapeMs: number;
  /** `up` */
  series: Series;
}

/**
 * Scrapes the kubelets of the nodes named in its arguments (`--node=<name>=<address>`), or else of those that the API server tells it, on
 * virtual time, keeps the samples in memory and answers Prometheus' HTTP API on port 9090.
 */
function* prometheus(os: Os): Task<number> {
  const db = new Tsdb();
  const targets: Target[] = [];
  const log = (message: string): void =>
    os.stderr.write(`ts=${new Date(os.main.nowMs).toISOString()} caller=main.go level=info msg="${message}"\n`);
  log('Starting Prometheus Server');
  const server: Server = {
    *handle(th: Thread, message: Message): Task<Message> {
      if (message.proto !== 'http' || message.kind !== 'request') throw new NetError('ECONNRESET');
      th.spend(500);
      return answerApi(message, db, th.nowMs, () => targets.map(describe));
    },
  };
  os.listen(9090, server);
  os.endsOnSignal('SIGTERM', 0);
  os.setMemory(60 * 1024 * 1024);
  log('Server is ready to receive web requests.');
  const follow = (node: string, address: string): void => {
    if (targets.some((one) => one.node === node)) return;
    const series = db.add('up', { instance: node, job: 'kubernetes-nodes-cadvisor' });
    const target: Target = { node, address, up: false, lastError: '', lastScrapeMs: 0, series };
    targets.push(target);
    const rows = new Map<string, Row>();
    os.thread(function* (th) {
      yield* th.sleep(os.rng.between(0, SCRAPE_INTERVAL_MS));
      for (;;) {
        const startMs = th.nowMs;
        yield* scrape(os, th, db, rows, target);
        yield* th.sleep(Math.max(1, SCRAPE_INTERVAL_MS - (th.nowMs - startMs)));
      }
    });
  };
  for (const argument of os.argv) {
    const match = /^--node=([^=]+)=(.+)$/.exec(argument);
    if (match) follow(match[1] as string, match[2] as string);
  }
  if (targets.length === 0) discoverNodes(os, follow);
  for (;;) yield* os.main.sleep(3_600_000);
}

function* scrape(os: Os, th: Thread, db: Tsdb, rows: Map<string, Row>, target: Target): Task<void> {
  target.lastScrapeMs = th.nowMs;
  try {
    const conn = yield* os.dial(th, target.address, KUBELET_PORT, { timeoutMs: SCRAPE_TIMEOUT_MS });
    try {
      const answer = yield* conn.request(
        th,
        { proto: 'otlp', kind: 'request', op: 'stats', data: undefined },
        { timeoutMs: SCRAPE_TIMEOUT_MS },
      );
      const stats = (answer as { data?: unknown }).data as ContainerStats[];
      for (const item of stats) store(db, rows, target.node, item, target.lastScrapeMs);
      os.useCpu(stats.length * 20);
      target.up = true;
      target.lastError = '';
    } finally {
      conn.close();
    }
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    target.up = false;
    target.lastError = error.message;
  }
  target.series.append(target.lastScrapeMs, target.up ? 1 : 0);
}

/** The series of one cgroup and where their values come from, so that a scrape looks each cgroup up once. */
interface Row {
  group: SeriesGroup;
  values: readonly ((stats: ContainerStats) => number | undefined)[];
}

function store(db: Tsdb, rows: Map<string, Row>, node: string, stats: ContainerStats, timeMs: number): void {
  const key = `${stats.podUid}/${stats.id}/${stats.container}`;
  let row = rows.get(key);
  if (!row) {
    row = makeRow(db, node, stats);
    rows.set(key, row);
  }
  const { group, values } = row;
  group.begin(timeMs);
  for (let column = 0; column < values.length; column++) {
    group.set(column, (values[column] as Row['values'][number])(stats) ?? Number.NaN);
  }
}

function makeRow(db: Tsdb, node: string, stats: ContainerStats): Row {
  const labels: Record<string, string> = {
    ...(stats.container === '' ? {} : { container: stats.container }),
    id: `/kubepods/${stats.podUid}/${stats.id}`,
    ...(stats.image === '' ? {} : { image: stats.image }),
    instance: node,
    job: 'kubernetes-nodes-cadvisor',
    namespace: stats.namespace,
    pod: stats.pod,
  };
  const columns: [name: string, labels: Record<string, string>][] = [];
  const values: Row['values'][number][] = [];
  for (const [name, value] of CGROUP_FAMILIES) {
    if (value(stats) === undefined) continue;
    columns.push([name, labels]);
    values.push(value);
  }
  // The pod's interface is counted once: with the sandbox, as cAdvisor does.
  if (stats.network !== undefined && stats.container === 'POD') {
    const ofInterface = { ...labels, interface: 'eth0' };
    for (const [name, value] of NETWORK_FAMILIES) {
      columns.push([name, ofInterface]);
      values.push(({ network }) => network && value(network));
    }
  }
  return { group: db.addGroup(columns), values };
}

function describe(target: Target): unknown {
  return {
    labels: { instance: target.node, job: 'kubernetes-nodes-cadvisor' },
    scrapePool: 'kubernetes-nodes-cadvisor',
    scrapeUrl: `https://${target.address}:${KUBELET_PORT}/metrics/cadvisor`,
    health: target.up ? 'up' : 'down',
    lastError: target.lastError,
    lastScrape: new Date(target.lastScrapeMs).toISOString(),
  };
}

/** Releases that charts of the last years bring. */
const TAGS = Array.from({ length: 11 }, (_, i) => [0, 1, 2].map((patch) => `v2.${45 + i}.${patch}`)).flat();

export const prometheusImage: ImageDef = {
  repository: 'quay.io/prometheus/prometheus',
  tags: TAGS,
  sizeBytes: 109_000_000,
  digest: 'sha256:2659f4c2ebb718e7695cb9b25ffa7d6be64db013daba13e05c875451cf51b0d3',
  config: { entrypoint: ['/bin/prometheus'], uid: 65534, exposedPorts: [9090] },
  files: {},
  programs: { '/bin/prometheus': prometheus },
};
