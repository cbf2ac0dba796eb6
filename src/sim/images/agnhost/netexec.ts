import { isAddress } from '../../net/dns.ts';
import { NetError, type ServerConn } from '../../net/net.ts';
import type { HttpResponse, Message } from '../../net/protocols.ts';
import type { Os } from '../../process/os.ts';
import type { Task, Thread } from '../../process/task.ts';
import { subcommand } from './command.ts';
import {
  dialText,
  durationMs,
  durationText,
  forever,
  type Handler,
  log,
  type Request,
  remote,
  reply,
  serveHttp,
} from './go.ts';

const DIAL_MS = 5_000;

/** A server to probe the network with: who asks, which pod answers, what it can reach itself. */
export const netexec = subcommand({
  flags: {
    'http-port': 8080,
    'tls-cert-file': '',
    'tls-private-key-file': '',
    'udp-port': 8081,
    'sctp-port': -1,
    'http-override': '',
    'udp-listen-addresses': '',
    'delay-shutdown': 0,
  },
  *run(os, flags) {
    if (flags['sctp-port'] !== -1) {
      os.stderr.write('SCTP is not simulated\n');
      return 1;
    }
    os.setMemory(9 * 1024 * 1024);
    const state = { terminating: false, udpReady: flags['udp-port'] !== -1 };
    os.on('SIGTERM', () => {
      state.terminating = true;
      os.thread(function* (th) {
        const seconds = flags['delay-shutdown'];
        if (seconds > 0) {
          log(os, th, `Sleeping ${seconds} seconds before terminating...`);
          yield* th.sleep(seconds * 1000);
        }
        os.exit(0);
      });
    });
    if (flags['udp-port'] !== -1) {
      const hosts = flags['udp-listen-addresses'].split(',');
      for (const host of hosts) listenUdp(os, flags['udp-port'], host);
    }
    const routes = new Routes(os, flags['http-port'], state).table();
    const override = flags['http-override'];
    serveHttp(os, flags['http-port'], override === '' ? routes : overridden(routes, override));
    log(os, os.main, `Started HTTP server on port ${flags['http-port']}`);
    return yield* forever(os);
  },
});

/** Answers everything as if it asked for that path. */
function overridden(routes: Record<string, Handler>, override: string): Record<string, Handler> {
  const [path = '/', search = ''] = override.split(/\?(.*)/s);
  const handler = routes[path] ?? (routes['/'] as Handler);
  return {
    '/': (request) =>
      handler({ ...request, method: 'GET', path, query: new URLSearchParams(search), headers: {}, body: '' }),
  };
}

function listenUdp(os: Os, port: number, host: string): void {
  os.listen(
    port,
    {
      *handle(th, message, conn) {
        th.spend(60);
        const data = message.proto === 'raw' ? answered(os, th, message.data.trim().toLowerCase(), conn, port) : '';
        return { proto: 'raw', kind: 'response', data } satisfies Message;
      },
    },
    { transport: 'udp', ...(host === '' ? {} : { host }) },
  );
  log(os, os.main, `Started UDP server on port ${host} ${port}`);
}

/** The UDP server's answer; nothing when it does not know the word. */
function answered(os: Os, th: Thread, text: string, conn: ServerConn, port: number): string {
  if (text === 'hostname') {
    log(os, th, 'Sending udp hostName response');
    return os.hostname;
  }
  if (text.startsWith('echo ')) {
    log(os, th, `Echoing ${text.slice(5)} to UDP client ${remote(conn)}`);
    return text.slice(5);
  }
  if (text === 'clientip') {
    log(os, th, `Sending clientip back to UDP client ${remote(conn)}`);
    return remote(conn);
  }
  if (text === 'serverport') {
    log(os, th, `Sending server port to UDP client ${port}`);
    return String(port);
  }
  if (text !== '') log(os, th, `Unknown UDP command received from ${remote(conn)}: ${text}`);
  return '';
}

class Routes {
  constructor(
    readonly os: Os,
    readonly port: number,
    readonly state: { terminating: boolean; udpReady: boolean },
  ) {}

  table(): Record<string, Handler> {
    const plain = (name: string, answer: (request: Request) => HttpResponse, shown: string[] = []): Handler => {
      const { os } = this;
      return function* (request) {
        const query = shown.map((one) => `${one}=${request.query.get(one) ?? ''}`).join('&');
        log(os, request.th, `GET ${name}${query === '' ? '' : `?${query}`}`);
        return answer(request);
      };
    };
    const { os, state } = this;
    return {
      '/': plain('/', ({ th }) => reply(`NOW: ${goTime(th.nowMs)}`)),
      '/clientip': plain('/clientip', ({ conn }) => reply(remote(conn))),
      '/serverport': plain('/serverport', () => reply(String(this.port))),
      '/header': plain('/header', header, ['key']),
      '/hostname': plain('/hostname', () => reply(os.hostname)),
      '/hostName': plain('/hostName', () => reply(os.hostname)),
      '/healthz': plain('/healthz', () => reply('', state.udpReady ? 200 : 412)),
      '/readyz': plain('/readyz', () => {
        if (state.terminating) return reply('shutting down', 503);
        return state.udpReady ? reply('ok') : reply('', 412);
      }),
      '/echo': plain('/echo', echo, ['msg', 'code']),
      '/redirect': plain('/redirect', redirect, ['location', 'code']),
      '/shutdown': plain('/shutdown', () => os.exit(0)),
      '/upload': plain('/upload', () => reply('{"error":"Unable to upload file."}')),
      '/exit': (request) => this.#exit(request),
      '/shell': (request) => this.#shell(request),
      '/dial': (request) => dial(os, request),
    };
  }

  *#exit({ th, query }: Request): Task<HttpResponse> {
    const { os } = this;
    const [code = '', timeout = '', wait = ''] = ['code', 'timeout', 'wait'].map((name) => query.get(name) ?? '');
    log(os, th, `GET /exit?code=${code}&timeout=${timeout}&wait=${wait}`);
    const times = { timeout: durationMs(timeout || '0'), wait: durationMs(wait || '0') };
    if (times.timeout === undefined)
      return reply(`argument 'timeout' must be a valid golang duration or empty, got "${timeout}"\n`);
    if (times.wait === undefined)
      return reply(`argument 'wait' must be a valid golang duration or empty, got "${wait}"\n`);
    if (!/^(\d+)?$/.test(code)) return reply(`argument 'code' must be an integer [0-127] or empty, got "${code}"\n`);
    log(
      os,
      th,
      `Will begin shutdown in ${durationText(times.wait)}, allowing ${durationText(times.timeout)} for connections to close, then will exit with ${Number(code)}`,
    );
    yield* th.sleep(times.wait);
    return os.exit(Number(code));
  }

  *#shell({ th, query }: Request): Task<HttpResponse> {
    const { os } = this;
    const command = query.get('shellCommand') || query.get('cmd') || '';
    log(os, th, `GET /shell?cmd=${command}`);
    let text = '';
    const sink = {
      write: (piece: string) => {
        text += piece;
      },
      close: () => {},
    };
    yield* th.sync();
    const child = os.spawn(['/bin/sh', '-c', command], { stdout: sink, stderr: sink });
    while (!child.status) yield* th.wait(child.exited);
    const output: Record<string, string> = {};
    if (text !== '') output['output'] = text;
    if (child.status.code !== 0) output['error'] = `exit status ${child.status.code}`;
    log(
      os,
      th,
      `Output: map[${Object.keys(output)
        .map((name) => `${name}:${output[name]}`)
        .join(' ')}]`,
    );
    return reply(JSON.stringify(output));
  }
}

/** `2026-01-15 09:00:00 +0000 UTC m=+0.000000001` */
function goTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 23).replace('T', ' ')}000001 +0000 UTC m=+${(ms % 1e6) / 1000}`;
}

function header({ query, headers }: Request): HttpResponse {
  const key = query.get('key');
  if (key) return reply(headers[key.toLowerCase()] ?? '');
  const canonical = (name: string): string => name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
  const entries = Object.entries(headers).filter(([name]) => name !== 'host');
  return reply(JSON.stringify(Object.fromEntries(entries.map(([name, text]) => [canonical(name), [text]]))));
}

function echo({ query }: Request): HttpResponse {
  const code = query.get('code') ?? '';
  if (code !== '' && !/^\d+$/.test(code)) return reply(`argument 'code' must be an integer or empty, got "${code}"\n`);
  return reply(query.get('msg') ?? '', code === '' ? 200 : Number(code));
}

function redirect({ query }: Request): HttpResponse {
  const code = query.get('code') ?? '';
  if (code !== '' && !/^\d+$/.test(code)) return reply(`argument 'code' must be an integer or empty, got "${code}"\n`);
  return reply('', code === '' ? 302 : Number(code), { Location: query.get('location') ?? '' });
}

/** Asks somebody else so many times and tells what came. */
function* dial(os: Os, { th, query }: Request): Task<HttpResponse> {
  const [host = '', port = '', request = '', protocol = '', tries = ''] = [
    'host',
    'port',
    'request',
    'protocol',
    'tries',
  ].map((name) => query.get(name) ?? '');
  log(os, th, `GET /dial?host=${host}&protocol=${protocol}&port=${port}&request=${request}&tries=${tries}`);
  if (tries !== '' && !/^\d+$/.test(tries))
    return reply(`tries parameter is invalid. strconv.Atoi: parsing "${tries}": invalid syntax\n`, 400);
  if (request === '') return reply('request parameter not specified. <nil>\n', 400);
  const asks = { '': askHttp, http: askHttp, udp: askUdp }[protocol.toLowerCase()];
  if (!asks) return reply(`unsupported protocol. ${protocol}\n`, 400);
  let ip: string;
  try {
    ip = isAddress(host) ? host : ((yield* os.resolve(th, host))[0] as string);
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    return reply(`host and/or port param are invalid. ${dialText(error, 'tcp', host, Number(port))}\n`, 400);
  }
  const responses: string[] = [];
  const errors: string[] = [];
  let last = '';
  for (let i = 0; i < Number(tries || 1); i++) {
    const got = yield* asks(os, th, ip, Number(port), request);
    last = 'text' in got ? got.text : '';
    if ('text' in got) responses.push(got.text);
    else errors.push(got.error);
  }
  return reply(JSON.stringify({ ...(errors.length > 0 ? { errors } : {}), ...(last !== '' ? { responses } : {}) }));
}

type Asked = { text: string } | { error: string };

export function* askHttp(os: Os, th: Thread, ip: string, port: number, request: string): Task<Asked> {
  const url = `http://${ip}:${port}/${request}`;
  try {
    const conn = yield* os.dial(th, ip, port, { timeoutMs: DIAL_MS });
    try {
      const headers = { host: `${ip}:${port}`, 'user-agent': 'Go-http-client/1.1', 'accept-encoding': 'gzip' };
      const response = yield* conn.request<HttpResponse>(
        th,
        { proto: 'http', kind: 'request', method: 'GET', path: `/${request}`, headers, body: '' },
        { timeoutMs: DIAL_MS },
      );
      return { text: response.proto === 'http' ? response.body : '' };
    } finally {
      conn.close();
    }
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    const why =
      error.code === 'ETIMEDOUT'
        ? 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
        : dialText(error, 'tcp', ip, port);
    return { error: `Get "${url}": ${why}` };
  }
}

function* askUdp(os: Os, th: Thread, ip: string, port: number, request: string): Task<Asked> {
  const failed = (why: string): Asked => ({ error: `reading from udp connection failed. err:'${why}'` });
  try {
    const conn = yield* os.dial(th, ip, port, { transport: 'udp', timeoutMs: DIAL_MS });
    try {
      const answer = yield* conn.request(th, { proto: 'raw', kind: 'request', data: request }, { timeoutMs: DIAL_MS });
      if (answer.proto === 'raw' && answer.data !== '') return { text: answer.data };
      return failed(`read udp ${conn.local.ip}:${conn.local.port}->${ip}:${port}: i/o timeout`);
    } finally {
      conn.close();
    }
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    const why = error.code === 'ECONNREFUSED' ? 'read: connection refused' : 'i/o timeout';
    return failed(`read udp ${os.address}:0->${ip}:${port}: ${why}`);
  }
}
