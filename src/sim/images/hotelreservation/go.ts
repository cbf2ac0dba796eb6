import { NetError } from '../../net/net.ts';
import type { Os } from '../../process/os.ts';
import type { Thread } from '../../process/task.ts';

/** What Go's runtime and net package say, for the programs of this image (Go 1.17). */

const REPOSITORY = 'github.com/harlow/go-micro-services';
const ESC = '\u001b';
const LEVELS = {
  INF: `${ESC}[32mINF${ESC}[0m`,
  WRN: `${ESC}[31mWRN${ESC}[0m`,
  ERR: `${ESC}[1m${ESC}[31mERR${ESC}[0m${ESC}[0m`,
  FTL: `${ESC}[1m${ESC}[31mFTL${ESC}[0m${ESC}[0m`,
  PNC: `${ESC}[1m${ESC}[31mPNC${ESC}[0m${ESC}[0m`,
} as const;

/** One frame of a goroutine's stack below zerolog's own. */
export interface GoFrame {
  /** `main.initializeDatabase({0xc0000b4000, 0x12})` */
  call: string;
  /** `cmd/geo/db.go:30 +0x139`, relative to the repository, or absolute. */
  at: string;
}

/** zerolog's console writer on stdout (colours always on) and its JSON lines on stderr. */
export class Log {
  constructor(
    readonly os: Os,
    readonly th: Thread = os.main,
  ) {}

  /** The same log as another thread's clock sees it. */
  on(th: Thread): Log {
    return new Log(this.os, th);
  }

  info(at: string, message: string): void {
    this.#line('INF', at, message);
  }

  error(at: string, message: string): void {
    this.#line('ERR', at, message);
  }

  /** Logs and ends the process with exit code 1. */
  fatal(at: string, message: string): never {
    this.#line('FTL', at, message);
    this.os.exit(1);
  }

  /** Logs at panic level, then panics with the same text: exit code 2. */
  panic(at: string, message: string, frames: readonly GoFrame[]): never {
    this.#line('PNC', at, message);
    goPanic(this.os, message, [
      {
        call: 'github.com/rs/zerolog/log.Panic.func1({0xc00019e000, 0x1d})',
        at: '/go/pkg/mod/github.com/rs/zerolog@v1.26.0/log.go:405 +0x2d',
      },
      {
        call: 'github.com/rs/zerolog.(*Event).msg(0xc000198060, {0xc00019e000, 0x1d})',
        at: '/go/pkg/mod/github.com/rs/zerolog@v1.26.0/event.go:158 +0x2b8',
      },
      {
        call: 'github.com/rs/zerolog.(*Event).Msgf(0xc000198060, {0xa3f1d2, 0x2}, {0xc0001afe48, 0x1, 0x1})',
        at: '/go/pkg/mod/github.com/rs/zerolog@v1.26.0/event.go:131 +0x4e',
      },
      ...frames,
    ]);
  }

  json(message: string): void {
    this.os.stderr.write(`{"level":"info","time":"${this.#time()}","message":"${message}"}\n`);
  }

  /** A line of Go's standard logger. */
  standard(text: string): void {
    this.os.stderr.write(`${this.#time().replaceAll('-', '/').replace('T', ' ').replace('Z', '')} ${text}\n`);
  }

  #line(level: keyof typeof LEVELS, at: string, message: string): void {
    const text = `${ESC}[90m${this.#time()}${ESC}[0m ${LEVELS[level]} ${ESC}[1m${at}${ESC}[0m${ESC}[36m >${ESC}[0m ${message}`;
    this.os.stdout.write(`${text}\n`);
  }

  #time(): string {
    return `${new Date(this.th.nowMs).toISOString().slice(0, 19)}Z`;
  }
}

/** Prints an unrecovered panic with its stack and ends the process with exit code 2. */
export function goPanic(os: Os, text: string, frames: readonly GoFrame[], goroutine = 1): never {
  os.stderr.write(`panic: ${text}\n\n${goroutineStack(goroutine, frames)}`);
  os.exit(2);
}

/** A goroutine's stack as the runtime prints it. */
export function goroutineStack(goroutine: number, frames: readonly GoFrame[]): string {
  let out = `goroutine ${goroutine} [running]:\n`;
  for (const frame of frames) {
    const at = frame.at.startsWith('/') ? frame.at : `/go/src/${REPOSITORY}/${frame.at}`;
    out += `${frame.call}\n\t${at}\n`;
  }
  return out;
}

/** The resolver's part of an error: `lookup consul on 10.96.0.10:53: no such host`. */
export function goLookupError(error: NetError, host: string): string {
  const server = error.detail.dnsServer ?? '10.96.0.10:53';
  const { dnsFailure } = error.detail;
  let why = error.code === 'ENOTFOUND' ? 'no such host' : 'server misbehaving';
  if (dnsFailure) {
    const reason = dnsFailure.code === 'ECONNREFUSED' ? 'read: connection refused' : 'i/o timeout';
    why = `read udp ${dnsFailure.from}->${server}: ${reason}`;
  }
  return `lookup ${error.detail.host ?? host} on ${server}: ${why}`;
}

/** `dial tcp 10.96.1.2:8500: connect: connection refused` and its kin. */
export function goDialError(error: unknown, host: string, port: number): string {
  if (!(error instanceof NetError)) throw error;
  if (error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN') return `dial tcp: ${goLookupError(error, host)}`;
  const address = `${error.detail.ip ?? host}:${error.detail.port ?? port}`;
  switch (error.code) {
    case 'ECONNREFUSED':
      return `dial tcp ${address}: connect: connection refused`;
    case 'EHOSTUNREACH':
      return `dial tcp ${address}: connect: no route to host`;
    case 'ENETUNREACH':
      return `dial tcp ${address}: connect: network is unreachable`;
    case 'ECONNRESET':
      return 'EOF';
    default:
      return `dial tcp ${address}: i/o timeout`;
  }
}
