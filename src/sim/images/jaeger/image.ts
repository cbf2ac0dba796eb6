import { baseFiles, busyboxPrograms } from '../../container-shell/index.ts';
import type { ServerConn } from '../../net/net.ts';
import type { HttpResponse, Message } from '../../net/protocols.ts';
import type { Os, Program } from '../../process/os.ts';
import type { Task, Thread } from '../../process/task.ts';
import type { ImageDef } from '../image.ts';
import { handleQuery } from './query.ts';
import type { SpanBatch } from './spans.ts';
import { SpanStore } from './store.ts';

const MIB = 1024 * 1024;
const BASE_BYTES = 36 * MIB;
/** Measured: memory grows by some 16 kB per stored trace of ten spans; CPU by 35 µs per span. */
const SPAN_BYTES = 1_600;
const SPAN_US = 8;
/** CPU of one datagram of spans. */
const BATCH_US = 1_300;
const QUERY_US = 3_000;
const VERSION = 'v1.57.0';

const ports = { agent: [5775, 6831, 6832], collectorHttp: 14268, query: 16686, admin: 14269, sampling: 5778 };

type HttpHandler = (message: Extract<Message, { proto: 'http'; kind: 'request' }>, th: Thread) => HttpResponse;

function serveHttp(os: Os, port: number, handler: HttpHandler): void {
  os.listen(port, {
    *handle(th: Thread, message: Message, conn: ServerConn): Task<Message> {
      if (message.proto === 'http' && message.kind === 'request') return handler(message, th);
      conn.close();
      return { proto: 'raw', kind: 'response', data: 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n' };
    },
  });
}

const page = (status: number, body: string, type = 'text/plain; charset=utf-8'): HttpResponse => ({
  proto: 'http',
  kind: 'response',
  status,
  headers: { 'Content-Type': type },
  body,
});

/** Jaeger all-in-one: agent, collector, query and an in-memory store. Everything is lost with the process. */
export const jaeger: Program = function* main(os) {
  const store = new SpanStore();
  const startedMs = os.main.nowMs;
  os.endsOnSignal('SIGTERM', 0);
  os.setMemory(BASE_BYTES);
  os.setThreads(12);
  startLog(os);
  const receive = (batch: SpanBatch): void => {
    store.add(batch);
    os.useCpu(BATCH_US + batch.columns.length * SPAN_US);
    os.setMemory(BASE_BYTES + store.length * SPAN_BYTES);
  };
  for (const port of ports.agent) {
    os.listen(
      port,
      {
        *handle(_th: Thread, message: Message): Task<Message> {
          if (message.proto === 'jaeger') receive(message.data as SpanBatch);
          return { proto: 'jaeger', kind: 'response', op: 'none', data: undefined, bytes: 0 };
        },
      },
      { transport: 'udp' },
    );
  }
  serveHttp(os, ports.query, (request, th) => {
    os.useCpu(QUERY_US);
    return handleQuery(store, request, th.nowUs);
  });
  serveHttp(os, ports.admin, (request, th) => {
    if (request.path === '/metrics') return page(200, metrics(store));
    const up = {
      status: 'Server available',
      upSince: new Date(startedMs).toISOString(),
      uptime: `${(th.nowMs - startedMs) / 1000}s`,
    };
    return page(200, JSON.stringify(up), 'application/json');
  });
  serveHttp(os, ports.sampling, () =>
    page(200, '{"strategyType":0,"probabilisticSampling":{"samplingRate":1}}', 'application/json'),
  );
  serveHttp(os, ports.collectorHttp, (request) =>
    request.method === 'POST' ? page(400, 'Cannot parse content type: mime: no media type\n') : page(405, ''),
  );
  for (;;) {
    yield* os.main.sleep(10_000);
    os.useCpu(5_000);
  }
};

function metrics(store: SpanStore): string {
  const lines = ['# TYPE jaeger_collector_spans_received_total counter'];
  const counts = new Map<string, number>();
  for (let row = 0; row < store.length; row++)
    counts.set(store.serviceOf(row), (counts.get(store.serviceOf(row)) ?? 0) + 1);
  for (const [service, n] of counts) {
    lines.push(
      `jaeger_collector_spans_received_total{debug="false",format="jaeger",svc="${service}",transport="grpc"} ${n}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

function startLog(os: Os): void {
  const ts = (os.main.nowUs / 1e6).toFixed(7);
  const line = (caller: string, msg: string, fields: object = {}): string =>
    `${JSON.stringify({ level: 'info', ts: '@', caller, msg, ...fields }).replace('"@"', ts)}\n`;
  os.stderr.write(
    `${new Date(os.main.nowMs).toISOString().slice(0, 19).replaceAll('-', '/').replace('T', ' ')} maxprocs: Leaving GOMAXPROCS=2: CPU quota undefined\n`,
  );
  os.stderr.write(line('flags/service.go:119', 'Mounting metrics handler on admin server', { route: '/metrics' }));
  os.stderr.write(line('flags/admin.go:130', 'Mounting health check on admin server', { route: '/' }));
  os.stderr.write(line('flags/admin.go:144', 'Starting admin HTTP server', { 'http-addr': `:${ports.admin}` }));
  os.stderr.write(line('memory/factory.go:85', 'Memory storage initialized', { configuration: { MaxTraces: 0 } }));
  os.stderr.write(line('app/agent.go:69', 'Starting jaeger-agent HTTP server', { 'http-port': ports.sampling }));
  os.stderr.write(line('app/server.go:302', 'Starting HTTP server', { port: ports.query, addr: `:${ports.query}` }));
  os.stderr.write(line('healthcheck/handler.go:129', 'Health Check state change', { status: 'ready' }));
}

export const jaegerImage: ImageDef = {
  repository: 'docker.io/jaegertracing/all-in-one',
  tags: ['latest', '1.57', '1.57.0'],
  sizeBytes: 31_287_412,
  digest: 'sha256:8f165334f418ca53691ce358c19b4244226ed35c5d18408c5acf305af2065fb9',
  config: {
    entrypoint: ['/go/bin/all-in-one-linux'],
    cmd: ['--sampling.strategies-file=/etc/jaeger/sampling_strategies.json'],
    exposedPorts: [5775, 5778, 6831, 6832, 14250, 14268, 14269, 16686],
    env: { JAEGER_VERSION: VERSION },
  },
  files: {
    ...baseFiles('NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.19.1\nPRETTY_NAME="Alpine Linux v3.19"\n'),
    '/etc/jaeger/sampling_strategies.json':
      '{\n  "default_strategy": {\n    "type": "probabilistic",\n    "param": 1\n  }\n}\n',
  },
  programs: { ...busyboxPrograms(), '/go/bin/all-in-one-linux': jaeger },
};
