import type { PeerAddress } from '../../net/net.ts';
import type { HttpRequest } from '../../net/protocols.ts';
import type { Os } from '../../process/os.ts';
import type { Thread } from '../../process/task.ts';

/** A Go duration of the given µs: `709µs`, `11.154497ms`, `5m0.0001s`. */
export function goDuration(us: number): string {
  const trim = (value: number, digits: number): string => String(Number(value.toFixed(digits)));
  if (us < 1_000) return `${trim(us, 3)}µs`;
  if (us < 1e6) return `${trim(us / 1_000, 6)}ms`;
  const minutes = Math.floor(us / 60e6);
  const hours = Math.floor(minutes / 60);
  const seconds = `${trim((us - minutes * 60e6) / 1e6, 9)}s`;
  if (minutes === 0) return seconds;
  return hours === 0 ? `${minutes}m${seconds}` : `${hours}h${minutes % 60}m${seconds}`;
}

/** hclog lines on stdout at DEBUG, as `agent -dev` writes them. */
export class AgentLog {
  constructor(readonly os: Os) {}

  info(th: Thread, name: string, text: string): void {
    this.#line(th, '[INFO] ', name, text);
  }

  warn(th: Thread, name: string, text: string): void {
    this.#line(th, '[WARN] ', name, text);
  }

  debug(th: Thread, name: string, text: string): void {
    this.#line(th, '[DEBUG]', name, text);
  }

  /** Anti-entropy before a new service: every older entry is compared. */
  beforeSync(th: Thread, ids: readonly string[]): void {
    this.debug(th, 'agent', 'Node info in sync');
    for (const id of ids) this.debug(th, 'agent', `Service in sync: service=${id}`);
  }

  request(th: Thread, request: HttpRequest, peer: PeerAddress, latencyUs: number): void {
    const path = request.path.split('?')[0];
    const url = request.path.includes('=') ? JSON.stringify(request.path) : request.path;
    this.debug(th, 'agent', `warning: request content-type is not supported: request-path=${path}`);
    const from = `from=${peer.ip}:${peer.port} latency=${goDuration(latencyUs)}`;
    this.debug(th, 'agent.http', `Request finished: method=${request.method} url=${url} ${from}`);
  }

  #line(th: Thread, level: string, name: string, text: string): void {
    this.os.stdout.write(`${new Date(th.nowMs).toISOString()} ${level} ${name}: ${text}\n`);
  }
}
