import { baseFiles, debianPrograms } from '../../container-shell/index.ts';
import type { Conn } from '../../net/net.ts';
import { NetError } from '../../net/net.ts';
import type { HttpResponse } from '../../net/protocols.ts';
import type { Os, Program } from '../../process/os.ts';
import type { Task, Thread } from '../../process/task.ts';
import { FsError } from '../../process/vfs.ts';
import { digestOf } from '../digest.ts';
import type { ImageDef } from '../image.ts';
import { loadPayload, type Payload } from './quick-script.ts';
import { heading, LatencyRecorder, report, type Totals } from './report.ts';
import { LuaError } from './script.ts';

const MIB = 1024 * 1024;
const RECONNECT_MS = 10;
const PER_SECOND_KEPT = 7_200;
const UNITS: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600 };
const USAGE = `Usage: wrk <options> <url>
  Options:
    -c, --connections <N>  Connections to keep open
    -D, --dist        <S>  fixed, exp, norm, zipf
    -P                     Print each request's latency
    -p                     Print 99th latency every 0.2s to file
    -d, --duration    <T>  Duration of test
    -t, --threads     <N>  Number of threads to use

    -s, --script      <S>  Load Lua script file
    -H, --header      <H>  Add header to request
    -L  --latency          Print latency statistics
    -S  --separate         Print statistics on different url
    -U  --timeout     <T>  Socket/request timeout
    -B, --batch_latency    Measure latency of whole
                           batches of pipelined ops
                           (as opposed to each op)
    -v, --version          Print version details
    -R, --rate        <T>  work rate (throughput)
                           in requests/sec (total)
                           [Required Parameter]
`;

interface Options {
  dist: string;
  threads: number;
  connections: number;
  durationS: number;
  rate: number;
  script: string | undefined;
  latency: boolean;
  url: string;
  headers: Record<string, string>;
  /** An answer later than that counts as a time-out. */
  timeoutUs: number;
  /** Words after `--`. */
  args: string[];
}

const VERSION = 'wrk 4.0.0 [epoll] Copyright (C) 2012 Will Glozer\n';
const DISTRIBUTIONS = ['fixed', 'exp', 'norm'];
/** Options of wrk2 whose output is not simulated. */
const UNSUPPORTED = ['-S', '--separate', '-P', '-p', '-B', '--batch_latency'];

const VALUED: Readonly<Record<string, string>> = {
  '-c': 'c',
  '--connections': 'c',
  '-d': 'd',
  '--duration': 'd',
  '-t': 't',
  '--threads': 't',
  '-s': 's',
  '--script': 's',
  '-R': 'R',
  '--rate': 'R',
  '-D': 'D',
  '--dist': 'D',
  '-H': 'H',
  '--header': 'H',
  '-U': 'U',
  '--timeout': 'U',
};

/** The options; a text that says what is not supported; undefined for a mistake, which the usage answers. */
function parse(argv: readonly string[]): Options | string | undefined {
  const values: Record<string, string> = {};
  let latency = false;
  let url: string | undefined;
  let args: string[] = [];
  const headers: Record<string, string> = {};
  for (let i = 0; i < argv.length; i++) {
    const arg = argv[i] as string;
    const key = VALUED[arg];
    if (arg === '--') {
      args = argv.slice(i + 1);
      break;
    }
    if (key === 'H') {
      const [, name, value] = /^([^:]+):\s*(.*)$/.exec(argv[++i] ?? '') ?? [];
      if (name === undefined || value === undefined) return undefined;
      headers[name] = value;
    } else if (key) values[key] = argv[++i] ?? '';
    else if (arg === '-L' || arg === '--latency') latency = true;
    else if (UNSUPPORTED.includes(arg)) return `wrk: option ${arg} is not supported here\n`;
    else if (arg.startsWith('-')) return undefined;
    else url = arg;
  }
  const duration = /^(\d+)([smh]?)$/.exec(values['d'] ?? '10s');
  const rate = Number((values['R'] ?? '').replace(/k$/i, '000'));
  const timeout = /^(\d+)([smh]?)$/.exec(values['U'] ?? '2s');
  if (url === undefined || !duration || !timeout || !(rate > 0)) return undefined;
  const dist = values['D'] ?? 'exp';
  if (!DISTRIBUTIONS.includes(dist)) return `wrk: distribution ${dist} is not supported here\n`;
  return {
    dist,
    threads: Number(values['t'] ?? 2),
    connections: Number(values['c'] ?? 10),
    durationS: Number(duration[1]) * (UNITS[duration[2] as string] as number),
    rate,
    script: values['s'],
    latency,
    url,
    headers,
    timeoutUs: Number(timeout[1]) * (UNITS[timeout[2] as string] as number) * 1e6,
    args,
  };
}

/** One run: each connection sends by its own schedule, one request at a time. */
class Run {
  readonly latencies = new LatencyRecorder();
  readonly totals: Totals;
  readonly #perSecond: number[] = [];
  readonly #startUs: number;
  readonly endUs: number;

  constructor(
    readonly os: Os,
    readonly options: Options,
    readonly target: { host: string; port: number; path: string },
    readonly scripts: readonly Payload[],
  ) {
    this.#startUs = os.main.nowUs;
    this.endUs = this.#startUs + options.durationS * 1e6;
    const { url, threads, connections, durationS } = options;
    this.totals = {
      url,
      threads,
      connections,
      durationS,
      requests: 0,
      bytes: 0,
      errors: { connect: 0, read: 0, write: 0, timeout: 0 },
      badStatus: 0,
      perSecond: this.#perSecond,
    };
  }

  #gapUs(): number {
    const meanUs = (this.options.connections / this.options.rate) * 1e6;
    if (this.options.dist === 'exp') return this.os.rng.exponential(meanUs);
    if (this.options.dist === 'norm') return Math.max(0, this.os.rng.normal(meanUs, meanUs / 4));
    return meanUs;
  }

  /** A late answer delays what this connection sends next, and each latency counts from the time planned. */
  *connection(th: Thread, script: Payload): Task<void> {
    let conn: Conn | undefined;
    let plannedUs = th.nowUs;
    for (;;) {
      plannedUs += this.#gapUs();
      if (plannedUs > this.endUs) return;
      if (plannedUs > th.nowUs) yield { untilUs: Math.round(plannedUs) };
      else yield* th.sync();
      if (script.hasDelay) yield* th.sleep(script.delayMs());
      try {
        if (!conn?.isOpen) conn = yield* this.os.dial(th, this.target.host, this.target.port);
      } catch (error) {
        if (!(error instanceof NetError)) throw error;
        this.totals.errors.connect++;
        yield* th.sleep(RECONNECT_MS);
        continue;
      }
      try {
        const reply: HttpResponse = yield* conn.request<HttpResponse>(th, script.next());
        if (reply.proto !== 'http') throw new NetError('ECONNRESET');
        this.#record(th, reply, plannedUs);
        if (script.hasResponse) script.responded(reply.status, reply.headers, reply.body);
      } catch (error) {
        if (!(error instanceof NetError)) throw error;
        this.totals.errors.read++;
        conn.close();
        conn = undefined;
        yield* th.sync();
      }
    }
  }

  #record(th: Thread, reply: HttpResponse, plannedUs: number): void {
    const us = th.nowUs - plannedUs;
    this.latencies.add(us);
    this.totals.requests++;
    this.totals.bytes += reply.bytes ?? reply.body.length + 120;
    if (reply.status > 399) this.totals.badStatus++;
    if (us > this.options.timeoutUs) this.totals.errors.timeout++;
    const second = Math.floor((th.nowUs - this.#startUs) / 1e6);
    if (second < PER_SECOND_KEPT) this.#perSecond[second] = (this.#perSecond[second] ?? 0) + 1;
  }
}

/** A callback that fails ends the whole program, as LuaJIT's panic does. */
function* guarded(os: Os, task: Task<void>): Task<void> {
  try {
    yield* task;
  } catch (error) {
    if (!(error instanceof LuaError)) throw error;
    os.stderr.write(`PANIC: unprotected error in call to Lua API (${error.message})\n`);
    os.exit(1);
  }
}

/** wrk2 with DeathStarBench's arrival distributions: an open-loop load for `-d`, then its report. */
export const wrk: Program = function* main(os) {
  const given = os.argv.slice(1);
  if (given.includes('-v') || given.includes('--version')) os.stdout.write(VERSION);
  const options = parse(given.filter((word) => word !== '-v' && word !== '--version'));
  if (typeof options === 'string') {
    os.stderr.write(options);
    return 1;
  }
  if (!options) {
    os.stdout.write(USAGE);
    return 1;
  }
  const url = /^http:\/\/([^/:]+)(?::(\d+))?(\/.*)?$/.exec(options.url);
  if (!url) {
    os.stderr.write(`invalid URL: ${options.url}\n`);
    return 1;
  }
  const target = { host: url[1] as string, port: Number(url[2] ?? 80), path: url[3] ?? '/' };
  os.endsOnSignal('SIGTERM', 143);
  os.setMemory(12 * MIB);
  let scripts: Payload[];
  try {
    const source = options.script === undefined ? undefined : os.fs.read(options.script);
    scripts = Array.from({ length: options.threads }, () =>
      loadPayload(source, target, os.rng, () => os.main.nowUs / 1e6, {
        args: options.args,
        headers: options.headers,
        write: (text) => os.stdout.write(text),
      }),
    );
  } catch (error) {
    if (error instanceof FsError) os.stderr.write(`${options.script}: cannot open ${options.script}\n`);
    else if (error instanceof LuaError) os.stderr.write(`${options.script}: ${error.message}\n`);
    else throw error;
    return 1;
  }
  try {
    yield* os.resolve(os.main, target.host);
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    os.stderr.write(`unable to connect to ${target.host}:${target.port} Name or service not known\n`);
    return 1;
  }
  os.stdout.write(heading(options));
  const run = new Run(os, options, target, scripts);
  for (let i = 0; i < options.connections; i++) {
    os.thread((th) => guarded(os, run.connection(th, scripts[i % scripts.length] as Payload)));
  }
  yield { untilUs: run.endUs };
  os.stdout.write(report({ ...run.totals, perSecond: run.totals.perSecond }, run.latencies, options.latency));
  return 0;
};

export const wrk2ClientImage: ImageDef = {
  repository: 'docker.io/deathstarbench/wrk2-client',
  tags: ['latest'],
  sizeBytes: 52_417_663,
  digest: digestOf('docker.io/deathstarbench/wrk2-client'),
  config: { cmd: ['/bin/bash'], workingDir: '/wrk2' },
  files: baseFiles('NAME="Ubuntu"\nVERSION_ID="20.04"\nID=ubuntu\n'),
  programs: { ...debianPrograms(), '/usr/local/bin/wrk': wrk },
};
