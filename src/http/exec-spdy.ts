import { bytesOf } from '../core/bytes.ts';
import type { ApiHandler } from '../sim/api/api.ts';
import { queryBool } from '../sim/api/path.ts';
import { type ExecTarget, type RunningExec, runExec } from './exec.ts';
import type { SpdyStream } from './spdy/session.ts';

/** exec or attach over SPDY (`v4.channel.k8s.io`): the client opens one stream for each part, named by its `streamtype`. */
export class SpdyExec {
  readonly #streams = new Map<string, SpdyStream>();
  #running: RunningExec | undefined;

  constructor(
    readonly handler: ApiHandler,
    readonly target: ExecTarget,
    /** The command is over and all has been written. */
    readonly onFinish: () => void,
  ) {}

  open(stream: SpdyStream): void {
    this.#streams.set(stream.headers.get('streamtype') ?? '', stream);
    if (!this.#running && this.#expected().every((name) => this.#streams.has(name))) this.#run();
  }

  cancel(): void {
    this.#running?.cancel();
  }

  #expected(): string[] {
    const { query } = this.target;
    const tty = queryBool(query, 'tty');
    const asked = ['stdin', 'stdout', 'stderr'].filter((name) => queryBool(query, name) && !(tty && name === 'stderr'));
    return ['error', ...asked, ...(tty ? ['resize'] : [])];
  }

  #run(): void {
    const write = (name: string, text: string): void => {
      if (text !== '') this.#streams.get(name)?.write(bytesOf(text));
    };
    // Filled in before the first input can come: a command may be over at once.
    const stdin = this.#streams.get('stdin');
    this.#running = runExec(this.handler, this.target, {
      stdout: (text) => write('stdout', text),
      stderr: (text) => write('stderr', text),
      finish: (status) => {
        write('error', JSON.stringify(status));
        for (const stream of this.#streams.values()) stream.end();
        this.onFinish();
      },
    });
    const running = this.#running;
    stdin?.read(
      (bytes) => running.stdin(bytes),
      () => running.endStdin(),
    );
    this.#streams.get('resize')?.read(
      (bytes) => running.resize(Buffer.from(bytes).toString()),
      () => {},
    );
  }
}
