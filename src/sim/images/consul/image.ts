import { baseFiles, busyboxPrograms } from '../../container-shell/index.ts';
import { type DnsQuestion, dnsResponse } from '../../net/dns.ts';
import { NetError } from '../../net/net.ts';
import type { Message } from '../../net/protocols.ts';
import type { Os, Program } from '../../process/os.ts';
import type { Task, Thread } from '../../process/task.ts';
import { digestOf } from '../digest.ts';
import type { ImageDef } from '../image.ts';
import { Catalog } from './catalog.ts';
import { cli } from './cli.ts';
import { ConsulHttp, newNode } from './http.ts';
import { AgentLog } from './log.ts';

const VERSION = '1.20.2';
const MIB = 1024 * 1024;
const IDLE_STEP_MS = 10_000;
const IDLE_MILLICORES = 15;
const ANTI_ENTROPY_MS = { low: 60_000, high: 120_000 };

/** `consul agent -dev`: one server, memory only. */
function* agent(os: Os): Task<number> {
  const th = os.main;
  const node = newNode(os, VERSION);
  const log = new AgentLog(os);
  const catalog = new Catalog();
  os.endsOnSignal('SIGTERM', 1);
  os.endsOnSignal('SIGINT', 1);
  os.setMemory(101 * MIB);
  os.setThreads(14);
  banner(os, node.id);
  th.spend(40_000);
  try {
    os.listen(8500, new ConsulHttp(os, catalog, node, log));
    os.listen(8600, new Dns(catalog), { transport: 'udp' });
    const silent = {
      *handle(_th: Thread, _message: Message): Task<Message> {
        return { proto: 'raw', kind: 'response', data: '' };
      },
    };
    for (const port of [8300, 8301, 8302, 8502, 8503]) os.listen(port, silent);
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    os.stderr.write('==> Failed to setup listeners: listen tcp 0.0.0.0:8500: bind: address already in use\n');
    return 1;
  }
  yield* th.sync();
  started(log, th, os.hostname);
  os.thread(function* (own) {
    for (;;) {
      yield* own.sleep(os.rng.between(ANTI_ENTROPY_MS.low, ANTI_ENTROPY_MS.high));
      log.debug(own, 'agent', 'Skipping remote check since it is managed automatically: check=serfHealth');
      log.beforeSync(own, [...catalog.services.keys()]);
    }
  });
  for (;;) {
    yield* th.sleep(IDLE_STEP_MS);
    os.useCpu(IDLE_STEP_MS * IDLE_MILLICORES, IDLE_STEP_MS * 1000);
  }
}

function banner(os: Os, id: string): void {
  os.stdout.write(`==> Starting Consul agent...
               Version: '${VERSION}'
            Build Date: '2025-01-03 14:38:40 +0000 UTC'
               Node ID: '${id}'
             Node name: '${os.hostname}'
            Datacenter: 'dc1' (Segment: '<all>')
                Server: true (Bootstrap: false)
           Client Addr: [0.0.0.0] (HTTP: 8500, HTTPS: -1, gRPC: 8502, gRPC-TLS: 8503, DNS: 8600)
          Cluster Addr: 127.0.0.1 (LAN: 8301, WAN: 8302)
     Gossip Encryption: false
      Auto-Encrypt-TLS: false
           ACL Enabled: false
     Reporting Enabled: false
    ACL Default Policy: allow
             HTTPS TLS: Verify Incoming: false, Verify Outgoing: false, Min Version: TLSv1_2
              gRPC TLS: Verify Incoming: false, Min Version: TLSv1_2
      Internal RPC TLS: Verify Incoming: false, Verify Outgoing: false (Verify Hostname: false), Min Version: TLSv1_2

==> Log data will now stream in as it occurs:

`);
}

function started(log: AgentLog, th: Thread, name: string): void {
  log.info(
    th,
    'agent.server.raft',
    `entering follower state: follower="Node at 127.0.0.1:8300 [Follower]" leader-address= leader-id=`,
  );
  log.info(th, 'agent.server.serf.wan', `serf: EventMemberJoin: ${name}.dc1 127.0.0.1`);
  log.info(th, 'agent.server.serf.lan', `serf: EventMemberJoin: ${name} 127.0.0.1`);
  log.info(th, 'agent', 'Started DNS server: address=0.0.0.0:8600 network=udp');
  log.info(th, 'agent', 'Starting server: address=[::]:8500 network=tcp protocol=http');
  log.info(th, 'agent', 'started state syncer');
  log.info(th, 'agent', 'Consul agent running!');
  log.warn(th, 'agent.server.raft', 'heartbeat timeout reached, starting election: last-leader-addr= last-leader-id=');
  log.info(th, 'agent.server.raft', 'entering candidate state: node="Node at 127.0.0.1:8300 [Candidate]" term=2');
  log.info(th, 'agent.server.raft', 'election won: term=2 tally=1');
  log.info(th, 'agent.server', 'cluster leadership acquired');
  log.info(th, 'agent.server', `New leader elected: payload=${name}`);
  log.info(th, 'agent', 'Synced node info');
}

/** `<service>.service.consul` as A records. */
class Dns {
  constructor(readonly catalog: Catalog) {}

  *handle(_th: Thread, message: Message): Task<Message> {
    const name = message.proto === 'dns' ? (message.data as DnsQuestion).name : '';
    const service = /^(.+)\.service\.consul\.?$/.exec(name)?.[1];
    const found = service ? this.catalog.of(service) : [];
    const answers = found.map((s) => ({ name, type: 'A' as const, ttl: 0, data: s.Address }));
    return dnsResponse({ rcode: found.length > 0 ? 'NOERROR' : 'NXDOMAIN', answers, authoritative: true });
  }
}

export const consul: Program = function* main(os) {
  const [command, ...rest] = os.argv.slice(1);
  if (command === 'agent') return yield* agent(os);
  return yield* cli(os, command === undefined ? [] : [command, ...rest], VERSION);
};

/** The image's entry point adds nothing but options to `consul agent`. */
const entrypoint: Program = function* main(os) {
  const argv = os.argv.slice(1);
  const first = argv[0] === 'consul' ? argv.slice(1) : argv;
  if (first[0] === 'agent' || first[0]?.startsWith('-')) return yield* agent(os);
  if (['members', 'catalog', 'kv', 'services', 'version'].includes(first[0] ?? ''))
    return yield* cli(os, first, VERSION);
  const child = os.spawn(argv);
  while (!child.status) yield* os.main.wait(child.exited);
  return child.status.code;
};

export const consulImage: ImageDef = {
  repository: 'docker.io/hashicorp/consul',
  tags: ['latest', '1.20', '1.20.2'],
  sizeBytes: 61_532_706,
  digest: digestOf('docker.io/hashicorp/consul'),
  config: {
    entrypoint: ['docker-entrypoint.sh'],
    cmd: ['agent', '-dev', '-client', '0.0.0.0'],
    exposedPorts: [8300, 8301, 8302, 8500, 8600],
    env: { BIN_NAME: 'consul', PRODUCT_VERSION: VERSION },
  },
  files: {
    ...baseFiles('NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.21.0\nPRETTY_NAME="Alpine Linux v3.21"\n'),
    '/etc/alpine-release': '3.21.0\n',
  },
  programs: { ...busyboxPrograms(), '/bin/consul': consul, '/usr/local/bin/docker-entrypoint.sh': entrypoint },
};
