import type { ExecRequest, ExecSession } from '../api/api.ts';
import { type Child, type Readable, SpawnError } from '../process/os.ts';
import { Signal, type Task, Thread } from '../process/task.ts';
import type { Instance } from './instance.ts';
import type { NodeContext } from './node-context.ts';
import { execFailure, randomExecId } from './oci.ts';
import type { PodWorker } from './pod-worker.ts';

/**
 * Runs a command in a running container, or attaches to its process 1. A failure to run at all is `result.error`, the
 * text that follows `Internal error occurred: `.
 */
export function execInContainer(
  node: NodeContext,
  worker: PodWorker | undefined,
  name: string,
  request: ExecRequest,
): ExecSession {
  const finished = new Signal();
  const session: ExecSession = { finished, result: undefined, cancel() {} };
  const end = (result: NonNullable<ExecSession['result']>): void => {
    if (session.result) return;
    session.result = result;
    finished.fire();
  };
  const instance = worker?.running(name);
  if (!instance?.container) {
    end({ error: `unable to upgrade connection: container not found ("${name}")` });
    return session;
  }
  if (request.attach) attach(node, instance, request, session, end);
  else run(node, instance, request, session, end);
  return session;
}

type End = (result: NonNullable<ExecSession['result']>) => void;

function run(node: NodeContext, instance: Instance, request: ExecRequest, session: ExecSession, end: End): void {
  const { stdin, stdout, stderr } = request;
  let child: Child | undefined;
  try {
    child = instance.container?.exec(request.command, { stdin, stdout, stderr });
  } catch (error) {
    if (!(error instanceof SpawnError)) throw error;
    const text = execFailure(error, randomExecId(node.rng));
    // The API server wraps what the runtime already calls an internal error.
    end({ error: `Internal error occurred: error executing command in container: ${text}` });
    return;
  }
  if (!child) return;
  const running = child;
  if (running.status) {
    end({ exit: running.status });
    return;
  }
  running.exited.subscribe(() => end({ exit: running.status }));
  session.cancel = () => {
    // The client has gone: the runtime closes the streams and kills what it started.
    running.kill('SIGKILL');
    end({ exit: running.status });
  };
}

function attach(node: NodeContext, instance: Instance, request: ExecRequest, session: ExecSession, end: End): void {
  const over = (): void => end({ exit: instance.container?.status ?? { code: instance.exit?.code ?? 0 } });
  const stop = instance.log.follow({}, (text) => request.stdout.write(text), over);
  const feeding = new Thread(node.world);
  const { stdin } = instance;
  if (stdin && request.stdin) feeding.start(feed(feeding, request.stdin, stdin));
  session.cancel = () => {
    stop();
    feeding.cancel();
    end({ exit: { code: 0 } });
  };
}

/** Hands the client's input on to process 1; input that is read once ends when the client's does, or when it leaves. */
function* feed(th: Thread, input: Readable, { pipe, once }: NonNullable<Instance['stdin']>): Task<void> {
  try {
    for (let text = yield* input.read(th); text !== undefined; text = yield* input.read(th)) pipe.write(text);
  } finally {
    if (once) pipe.close();
  }
}
