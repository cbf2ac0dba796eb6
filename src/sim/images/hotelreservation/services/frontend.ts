import type { Server, ServerConn } from '../../../net/net.ts';
import type { HttpRequest, HttpResponse, Message } from '../../../net/protocols.ts';
import type { Program } from '../../../process/os.ts';
import type { Task, Thread } from '../../../process/task.ts';
import { readConfig } from '../config.ts';
import { watchService } from '../consul-client.ts';
import { goroutineStack, Log } from '../go.ts';
import { GrpcClient, GrpcError, type MethodCost } from '../grpc.ts';
import { begin, openConsul, openTracer, type StartLines } from '../startup.ts';
import { type Span, type Tracer, tag } from '../tracing.ts';
import type { MemoryGauge } from '../usage.ts';
import { error, featureCollection, json, NilProfile, notFound, ok, parseQuery, type Query, startPage } from './http.ts';

const LINES: StartLines = { readConfig: 23, addresses: [39, 40, 41], jaeger: [48, 53], consul: [55, 60], starting: 70 };
const USAGE = { idleMillicores: 0.5, requestUs: 116, wakeUs: 4_268, idleMiB: 12.5, loadedMiB: 16.8 };
const PEERS = ['search', 'profile', 'recommendation', 'user', 'reservation'] as const;
type Peer = (typeof PEERS)[number];

const cost = (median: number, p95: number): MethodCost => ({ hop: [median, p95], fail: [60, 150] });
const SEARCH = cost(575, 1700);
const AVAILABILITY = cost(490, 1500);
const PROFILES = cost(450, 1500);
const RECOMMEND = cost(600, 2300);
const CHECK_USER = cost(545, 670);
const RESERVE = cost(505, 800);

/** The HTTP front: net/http with tracing, gRPC clients for five peers. Needs none of them to start. */
export const frontend: Program = function* main(os) {
  const th = os.main;
  const log = new Log(os);
  const memory = begin(os, log, USAGE);
  const config = readConfig(os, log, 'cmd/frontend/main.go:23', 'cmd/frontend/main.go:26');
  const { consulAddress = '', jaegerAddress = '', FrontendPort: port = '' } = config;
  log.info(`cmd/frontend/main.go:${LINES.addresses[0]}`, `Read target port: ${port}`);
  const tracer = yield* openTracer(os, th, log, 'frontend', LINES, consulAddress, jaegerAddress);
  openConsul(log, 'frontend', LINES, consulAddress);
  log.info('cmd/frontend/main.go:70', 'Starting server...');
  const at = (line: number): string => `services/frontend/server.go:${line}`;
  log.info(at(45), 'Initializing gRPC clients...');
  const peers = {} as Record<Peer, GrpcClient>;
  for (const peer of PEERS) {
    log.info(at(138), 'get Grpc conn is :');
    log.info(at(139), '');
    log.info(at(140), `srv-${peer}.`);
    const client = new GrpcClient(os, tracer);
    watchService(os, consulAddress, `srv-${peer}`, (list) => client.update(list));
    peers[peer] = client;
  }
  log.info(at(65), 'Successfull');
  log.info(at(87), 'Serving http');
  os.listen(Number(port), new Frontend(log, tracer, memory, peers));
  for (;;) yield* th.sleep(3_600_000);
};

type Route = (th: Thread, query: Query, span: Span) => Task<HttpResponse>;

class Frontend implements Server {
  #routes: Readonly<Record<string, Route>>;
  #shapes = new Map<string, number>();

  constructor(
    readonly log: Log,
    readonly tracer: Tracer,
    readonly memory: MemoryGauge,
    readonly peers: Record<Peer, GrpcClient>,
  ) {
    this.#routes = {
      '/hotels': (th, query, span) => this.#hotels(th, query, span),
      '/recommendations': (th, query, span) => this.#recommendations(th, query, span),
      '/user': (th, query, span) => this.#user(th, query, span),
      '/reservation': (th, query, span) => this.#reservation(th, query, span),
    };
  }

  *handle(th: Thread, message: Message, conn: ServerConn): Task<Message> {
    if (message.proto !== 'http' || message.kind !== 'request') {
      return { proto: 'raw', kind: 'response', data: BAD_REQUEST };
    }
    const at = message.path.indexOf('?');
    const path = at < 0 ? message.path : message.path.slice(0, at);
    const route = this.#routes[path];
    const span = this.tracer.root(th);
    yield* this.memory.request(th);
    let response: HttpResponse;
    if (!route) {
      th.spend(60);
      response = path === '/' || path === '/index.html' ? startPage() : notFound();
    } else {
      try {
        response = yield* route(th, parseQuery(at < 0 ? '' : message.path.slice(at + 1)), span);
      } catch (failure) {
        if (failure instanceof NilProfile) return this.#panic(th, conn);
        if (!(failure instanceof GrpcError)) throw failure;
        response = error(500, failure.message);
      }
    }
    this.tracer.finish(th, span, this.#shape(message, path, response.status), message.path);
    return response;
  }

  *#hotels(th: Thread, q: Query, span: Span): Task<HttpResponse> {
    const { inDate = '', outDate = '', lat = '', lon = '' } = q;
    if (inDate === '' || outDate === '') return error(400, 'Please specify inDate/outDate params');
    if (lat === '' || lon === '') return error(400, 'Please specify location params');
    th.spend(120);
    const near = { lat: single(lat), lon: single(lon), inDate, outDate };
    const { search, reservation } = this.peers;
    const found = yield* search.call<{ hotelIds: string[] }>(th, '/search.Search/Nearby', SEARCH, span, near);
    let free: { hotelId: string[] };
    const wanted = { customerName: '', hotelId: found.hotelIds, inDate, outDate, roomNumber: 1 };
    try {
      free = yield* reservation.call(th, '/reservation.Reservation/CheckAvailability', AVAILABILITY, span, wanted);
    } catch (failure) {
      this.#report(th, failure, 213, 'SearchHandler CheckAvailability failed');
      throw failure;
    }
    try {
      return yield* this.#profiles(th, free.hotelId, span);
    } catch (failure) {
      this.#report(th, failure, 227, 'SearchHandler GetProfiles failed');
      throw failure;
    }
  }

  *#recommendations(th: Thread, q: Query, span: Span): Task<HttpResponse> {
    const { lat = '', lon = '', require = '' } = q;
    if (lat === '' || lon === '') return error(400, 'Please specify location params');
    if (require !== 'dis' && require !== 'rate' && require !== 'price') {
      return error(400, 'Please specify require params');
    }
    th.spend(70);
    const request = { require, lat: single(lat), lon: single(lon) };
    const method = '/recommendation.Recommendation/GetRecommendations';
    const { recommendation } = this.peers;
    const found = yield* recommendation.call<{ hotelIds: string[] }>(th, method, RECOMMEND, span, request);
    return yield* this.#profiles(th, found.hotelIds, span);
  }

  *#user(th: Thread, q: Query, span: Span): Task<HttpResponse> {
    const { username = '', password = '' } = q;
    if (username === '' || password === '') return error(400, 'Please specify username and password');
    th.spend(40);
    const correct = yield* this.#check(th, username, password, span);
    return json({ message: correct ? 'Login successfully!' : WRONG_PASSWORD });
  }

  *#reservation(th: Thread, q: Query, span: Span): Task<HttpResponse> {
    const { inDate = '', outDate = '', hotelId = '', customerName = '', username = '', password = '' } = q;
    if (inDate === '' || outDate === '') return error(400, 'Please specify inDate/outDate params');
    if (!DATE.test(inDate) || !DATE.test(outDate)) {
      return error(400, 'Please check inDate/outDate format (YYYY-MM-DD)');
    }
    if (hotelId === '') return error(400, 'Please specify hotelId params');
    if (customerName === '') return error(400, 'Please specify customerName params');
    if (username === '' || password === '') return error(400, 'Please specify username and password');
    th.spend(110);
    // The program reserves even when the password is wrong; only its answer differs.
    const correct = yield* this.#check(th, username, password, span);
    const roomNumber = Number.parseInt(q['number'] ?? '0', 10) || 0;
    const request = { customerName, hotelId: [hotelId], inDate, outDate, roomNumber };
    const method = '/reservation.Reservation/MakeReservation';
    const made = yield* this.peers.reservation.call<{ hotelId: string[] }>(th, method, RESERVE, span, request);
    let text = correct ? 'Reserve successfully!' : WRONG_PASSWORD;
    if (made.hotelId.length === 0) text = 'Failed. Already reserved. ';
    return json({ message: text });
  }

  *#check(th: Thread, username: string, password: string, span: Span): Task<boolean> {
    const request = { username, password };
    return (yield* this.peers.user.call<{ correct: boolean }>(th, '/user.User/CheckUser', CHECK_USER, span, request))
      .correct;
  }

  *#profiles(th: Thread, hotelIds: readonly string[], span: Span): Task<HttpResponse> {
    const request = { hotelIds, locale: 'en' };
    const method = '/profile.Profile/GetProfiles';
    const found = yield* this.peers.profile.call<{ hotels: string[] }>(th, method, PROFILES, span, request);
    th.spend(60);
    return ok(featureCollection(found.hotels));
  }

  #report(th: Thread, failure: unknown, line: number, text: string): void {
    if (failure instanceof GrpcError) this.log.on(th).error(`services/frontend/server.go:${line}`, text);
  }

  /** net/http recovers a handler's panic, prints it and closes the connection without an answer. */
  #panic(th: Thread, conn: ServerConn): Message {
    const from = `${conn.peer.ip}:${conn.peer.port}`;
    const what = 'runtime error: invalid memory address or nil pointer dereference';
    this.log.on(th).standard(
      `http: panic serving ${from}: ${what}\n${goroutineStack(300 + (conn.id % 700), [
        { call: 'net/http.(*conn).serve.func1(0xc00031a000)', at: '/usr/local/go/src/net/http/server.go:1801 +0xb9' },
        { call: 'panic({0x9a1f40, 0xe5b2d0})', at: '/usr/local/go/src/runtime/panic.go:1047 +0x266' },
        {
          call: 'github.com/harlow/go-micro-services/services/frontend.geoJSONResponse({0xc0001f2018, 0x1, 0x1})',
          at: 'services/frontend/server.go:450 +0x1b2',
        },
      ]).trimEnd()}`,
    );
    conn.close();
    return { proto: 'raw', kind: 'response', data: '' };
  }

  #shape(request: HttpRequest, path: string, status: number): number {
    const key = `${request.method} ${path} ${status}`;
    let id = this.#shapes.get(key);
    if (id === undefined) {
      id = this.tracer.shape(`HTTP ${request.method} ${path}`, [
        tag('sampler.type', 'probabilistic'),
        tag('sampler.param', this.tracer.sampleRatio, 'float64'),
        tag('span.kind', 'server'),
        tag('http.method', request.method),
        tag('component', 'net/http'),
        tag('http.status_code', status),
      ]);
      this.#shapes.set(key, id);
    }
    return id;
  }
}

const BAD_REQUEST =
  'HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request';
const WRONG_PASSWORD = 'Failed. Please check your username and password. ';
const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** strconv.ParseFloat(…, 32) with its error dropped: nonsense is 0. */
function single(text: string): number {
  const value = Number(text);
  return Number.isFinite(value) ? Math.fround(value) : 0;
}
