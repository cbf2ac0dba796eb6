import { limits } from '../../core/limits.ts';
import type { Writable } from '../process/os.ts';
import type { World } from '../world.ts';

export interface LogQuery {
  /** Only lines at or after this time (epoch ms). */
  sinceMs?: number;
  tailLines?: number;
  limitBytes?: number;
  timestamps?: boolean;
}

/** The log of one container instance: whole lines with the time at which each was written. */
export class LogFile {
  readonly #times: number[] = [];
  readonly #lines: string[] = [];
  readonly #followers = new Set<{ onLine(text: string, atUs: number): void; onEnd(): void }>();
  readonly #flushers: (() => void)[] = [];
  #ended = false;
  /** The last line has no newline (the process died in the middle of it). */
  #open = false;

  constructor(readonly world: World) {}

  /** A standard stream of the container that is kept here. stdout and stderr each have one. */
  stream(): Writable {
    let partial = '';
    const flush = (): void => {
      if (partial !== '') this.#append(partial, false);
      partial = '';
    };
    this.#flushers.push(flush);
    return {
      write: (text) => {
        if (this.#ended) return;
        const pieces = (partial + text).split('\n');
        partial = pieces.pop() as string;
        // The runtime takes a carriage return before the newline for a part of the line's end.
        for (const line of pieces) this.#append(line.replace(/\r$/, ''), true);
      },
      close: flush,
    };
  }

  #append(line: string, whole: boolean): void {
    const atUs = this.world.nowUs;
    this.#times.push(atUs);
    this.#lines.push(line);
    this.#open = !whole;
    if (this.#lines.length > limits.containerLogLinesMax) {
      const drop = Math.ceil(limits.containerLogLinesMax / 10);
      this.#times.splice(0, drop);
      this.#lines.splice(0, drop);
    }
    for (const follower of [...this.#followers]) follower.onLine(`${line}${whole ? '\n' : ''}`, atUs);
  }

  /** The container is over: nothing more comes. */
  end(): void {
    if (this.#ended) return;
    for (const flush of this.#flushers) flush();
    this.#ended = true;
    for (const follower of [...this.#followers]) follower.onEnd();
    this.#followers.clear();
  }

  get ended(): boolean {
    return this.#ended;
  }

  read(query: LogQuery): string {
    let first = 0;
    if (query.sinceMs !== undefined) {
      const sinceUs = query.sinceMs * 1000;
      while (first < this.#times.length && (this.#times[first] as number) < sinceUs) first++;
    }
    if (query.tailLines !== undefined) first = Math.max(first, this.#lines.length - query.tailLines);
    let text = '';
    for (let i = first; i < this.#lines.length; i++) {
      const line = this.#lines[i] as string;
      const end = i === this.#lines.length - 1 && this.#open ? '' : '\n';
      text += `${query.timestamps ? `${rfc3339Nano(this.#times[i] as number)} ` : ''}${line}${end}`;
      if (query.limitBytes !== undefined && text.length >= query.limitBytes) return text.slice(0, query.limitBytes);
    }
    return text;
  }

  follow(query: LogQuery, onText: (text: string) => void, onEnd: () => void): () => void {
    if (this.#ended) {
      onEnd();
      return () => {};
    }
    const follower = {
      onLine: (text: string, atUs: number) => onText(query.timestamps ? `${rfc3339Nano(atUs)} ${text}` : text),
      onEnd,
    };
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }

  /** The end of the log for FallbackToLogsOnError: at most 80 lines or 2048 bytes. */
  tail(): string {
    return this.read({ tailLines: 80 }).slice(-2048);
  }
}

/** Nanoseconds are not simulated: the last three digits are zero and RFC3339Nano drops them. */
function rfc3339Nano(us: number): string {
  const seconds = new Date(Math.floor(us / 1000)).toISOString().slice(0, 19);
  const fraction = String(us % 1_000_000)
    .padStart(6, '0')
    .replace(/0+$/, '');
  return `${seconds}${fraction ? `.${fraction}` : ''}Z`;
}
