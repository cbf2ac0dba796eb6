import type { ApiHandler } from '../sim/api/api.ts';
import type { World } from '../sim/world.ts';
import { Forward } from './forward.ts';
import type { SpdyStream } from './spdy/session.ts';

/** Port-forward over SPDY (`portforward.k8s.io`): each connection is an error and a data stream of the same request id. */
export class SpdyForward {
  readonly #errors = new Map<string, SpdyStream>();
  readonly #forwards = new Set<Forward>();

  constructor(
    readonly handler: ApiHandler,
    readonly world: World,
    readonly target: { namespace: string; pod: string },
  ) {}

  open(stream: SpdyStream): void {
    const id = stream.headers.get('requestid') ?? '';
    const port = Number(stream.headers.get('port'));
    if (!Number.isInteger(port) || port < 1 || port > 65535) stream.end();
    else if (stream.headers.get('streamtype') === 'error') this.#errors.set(id, stream);
    else if (stream.headers.get('streamtype') === 'data') this.#connect(stream, this.#errors.get(id), port);
    else stream.end();
    if (stream.headers.get('streamtype') === 'data') this.#errors.delete(id);
  }

  cancel(): void {
    for (const forward of this.#forwards) forward.cancel();
  }

  #connect(data: SpdyStream, errors: SpdyStream | undefined, port: number): void {
    const state: { forward?: Forward; over?: boolean } = {};
    const forward = new Forward(
      this.handler,
      this.world,
      { ...this.target, port },
      {
        data: (bytes) => data.write(bytes),
        error: (text) => errors?.write(Buffer.from(text, 'utf8')),
        end: () => {
          errors?.end();
          data.end();
          state.over = true;
          if (state.forward) this.#forwards.delete(state.forward);
        },
      },
    );
    state.forward = forward;
    if (!state.over) this.#forwards.add(forward);
    data.read(
      (bytes) => forward.push(bytes),
      () => forward.endInput(),
    );
  }
}
