import { NetError } from '../../net/net.ts';
import type { Os } from '../../process/os.ts';
import type { Thread } from '../../process/task.ts';
import { subcommand } from './command.ts';
import { durationText, endsAsGo, forever, type Handler, json, log, NOT_FOUND, remote, reply, serveHttp } from './go.ts';

const HOSTNAME_LINGER_MS = 60_000;
const ALIVE_MS = 10_000;

/** Says its pod's name to whoever asks. */
export const serveHostname = subcommand({
  flags: { tcp: false, udp: false, http: true, close: false, port: 9376 },
  *run(os, flags) {
    const { port } = flags;
    if (flags.http && (flags.tcp || flags.udp)) {
      log(os, os.main, "Can't server TCP/UDP mode and HTTP mode at the same time");
      return 1;
    }
    for (const transport of ['tcp', 'udp'] as const) {
      if (!flags[transport]) continue;
      os.listen(
        port,
        {
          *handle(th, _message, conn) {
            log(os, th, `${transport.toUpperCase()} request from ${remote(conn)}`);
            return { proto: 'raw', kind: 'response', data: os.hostname };
          },
        },
        { transport },
      );
    }
    if (flags.http)
      serveHttp(os, port, {
        *'/'({ th, conn }) {
          log(os, th, `HTTP request from ${remote(conn)}`);
          return reply(os.hostname, 200, flags.close ? { Connection: 'close' } : {});
        },
      });
    log(os, os.main, `Serving on port ${port}.`);
    os.on('SIGTERM', () => {
      os.thread(function* (th) {
        log(os, th, 'Shutting down after receiving signal: terminated.');
        log(os, th, 'Awaiting pod deletion.');
        yield* th.sleep(HOSTNAME_LINGER_MS);
        os.exit(0);
      });
    });
    return yield* forever(os);
  },
});

const TYPES: Record<string, string> = { html: 'text/html; charset=utf-8', json: 'application/json', jpg: 'image/jpeg' };

/** Serves every file of the container. */
export const testWebserver = subcommand({
  flags: { port: 80 },
  *run(os, { port }) {
    endsAsGo(os);
    serveHttp(os, port, { '/': files(os) });
    return yield* forever(os);
  },
});

function files(os: Os): Handler {
  const CORS = {
    'Cache-Control': 'private',
    'Access-Control-Allow-Origin': '*',
    'Access-Control-Allow-Credentials': 'true',
    'Access-Control-Allow-Methods': 'GET, POST, OPTIONS',
    'Access-Control-Allow-Headers':
      'DNT,X-Mx-ReqToken,Keep-Alive,User-Agent,X-Requested-With,Cache-Control,Content-Type',
  };
  return function* ({ path }) {
    const { fs } = os;
    if (path.endsWith('/index.html')) return reply('', 301, { ...CORS, Location: './' });
    if (!fs.exists(path)) return NOT_FOUND();
    if (fs.stat(path).type !== 'dir') {
      const type = TYPES[path.split('.').pop() ?? ''] ?? 'text/plain; charset=utf-8';
      return reply(fs.read(path), 200, { ...CORS, 'Content-Type': type });
    }
    if (!path.endsWith('/')) return reply('', 301, { ...CORS, Location: `${path.split('/').pop()}/` });
    const index = `${path}index.html`;
    if (fs.exists(index)) return reply(fs.read(index), 200, { ...CORS, 'Content-Type': 'text/html; charset=utf-8' });
    const entries = fs.list(path).map((name) => {
      const shown = fs.stat(`${path}${name}`, { lstat: true }).type === 'dir' ? `${name}/` : name;
      return `<a href="${encodeURI(shown)}">${shown}</a>\n`;
    });
    const head = '<!doctype html>\n<meta name="viewport" content="width=device-width">\n';
    return reply(`${head}<pre>\n${entries.join('')}</pre>\n`, 200, {
      ...CORS,
      'Content-Type': 'text/html; charset=utf-8',
    });
  };
}

/** Well for ten seconds, ill for ever after. */
export const liveness = subcommand({
  flags: {},
  *run(os) {
    endsAsGo(os);
    const startedMs = os.main.nowMs;
    const age = (th: Thread): number => th.nowMs - startedMs;
    serveHttp(os, 8080, {
      *'/started'({ th }) {
        return reply(durationText(age(th)));
      },
      *'/healthz'({ th }) {
        return age(th) > ALIVE_MS ? reply(`error: ${age(th) / 1000}`, 500) : reply('ok');
      },
      *'/redirect'({ query }) {
        return reply('', 302, { Location: query.get('loc') ?? '' });
      },
    });
    return yield* forever(os);
  },
});

/** Answers on the ports of its variables SERVE_PORT_n and SERVE_TLS_PORT_n with their values. */
export const porter = subcommand({
  flags: { 'json-response': false },
  *run(os, flags) {
    endsAsGo(os);
    for (const [name, text] of Object.entries(os.env)) {
      const [, port] = /^SERVE_(?:TLS_)?PORT_(\d+)$/.exec(name) ?? [];
      if (name.startsWith('SERVE_SCTP_PORT_')) log(os, os.main, `${name}: SCTP is not simulated`);
      if (port === undefined) continue;
      serveHttp(os, Number(port), {
        *'/'({ method }) {
          return flags['json-response'] ? json({ Method: method, Body: text }) : reply(text);
        },
      });
    }
    return yield* forever(os);
  },
});

/** gRPC's health protocol, with a switch over HTTP. */
export const grpcHealthChecking = subcommand({
  flags: {
    port: 5000,
    'http-port': 8080,
    'delay-unhealthy-sec': -1,
    service: '',
    'tls-cert-file': '',
    'tls-private-key-file': '',
  },
  *run(os, flags) {
    endsAsGo(os);
    const startedMs = os.main.nowMs;
    let forced: boolean | undefined;
    const force = (healthy: boolean): Handler =>
      function* ({ th }) {
        log(os, th, `Mark as ${healthy ? 'healthy' : 'unhealthy'}`);
        forced = healthy;
        return reply(durationText(th.nowMs - startedMs));
      };
    serveHttp(os, flags['http-port'], { '/make-serving': force(true), '/make-not-serving': force(false) });
    log(os, os.main, `Http server starting to listen on :${flags['http-port']}`);
    os.listen(flags.port, {
      *handle(th, message) {
        if (message.proto !== 'grpc' || message.kind !== 'request') throw new NetError('ECONNRESET');
        log(os, th, 'Serving the Check request for health check');
        const { service = '' } = message.payload as { service?: string };
        const failed = (code: string, text: string) =>
          ({ proto: 'grpc', kind: 'response', code, message: text, payload: undefined }) as const;
        if (message.method !== '/grpc.health.v1.Health/Check') return failed('Unimplemented', 'unimplemented');
        if (service !== flags.service) return failed('NotFound', 'unknown service');
        const late = flags['delay-unhealthy-sec'] >= 0 && th.nowMs - startedMs >= flags['delay-unhealthy-sec'] * 1000;
        const status = forced === false || late ? 'NOT_SERVING' : 'SERVING';
        return { proto: 'grpc', kind: 'response', code: 'OK', message: '', payload: { status } };
      },
    });
    log(os, os.main, `gRPC server starting to listen on :${flags.port}`);
    return yield* forever(os);
  },
});

/** Closes every connection before it has answered. */
export const tcpReset = subcommand({
  flags: { port: 8080 },
  *run(os, { port }) {
    os.endsOnSignal('SIGTERM', 0);
    os.listen(port, {
      *handle(th, _message, conn) {
        log(os, th, `TCP request from ${remote(conn)}`);
        conn.close();
        throw new NetError('ECONNRESET');
      },
    });
    log(os, os.main, `Serving on port ${port}.`);
    return yield* forever(os);
  },
});
