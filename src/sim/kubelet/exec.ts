import type { ExecRequest, ExecSession } from '../api/api.ts';
import type { Container } from '../process/container.ts';
import { type Child, type Readable, SpawnError } from '../process/os.ts';
import { Signal, type Task, Thread } from '../process/task.ts';
import { Terminal } from '../process/terminal.ts';
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
  const session: ExecSession = { finished, result: undefined, cancel() {}, resize() {} };
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
  const { container } = instance;
  if (!container) return;
  let child: Child;
  try {
    child = request.tty
      ? runOnTerminal(container, request, session)
      : container.exec(request.command, { stdin: request.stdin, stdout: request.stdout, stderr: request.stderr });
  } catch (error) {
    if (!(error instanceof SpawnError)) throw error;
    const text = execFailure(error, randomExecId(node.rng));
    // The API server wraps what the runtime already calls an internal error.
    end({ error: `Internal error occurred: error executing command in container: ${text}` });
    return;
  }
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

/** Runs the command on a terminal of its own, on which both of its outputs are one. */
function runOnTerminal(container: Container, { command, stdin, stdout }: ExecRequest, session: ExecSession): Child {
  const terminal = new Terminal();
  terminal.show((text) => stdout.write(text));
  session.resize = (columns, rows) => terminal.resize(columns, rows);
  const { HOME, ...env } = container.options.env;
  const child = container.exec(command, {
    env: { ...env, TERM: 'xterm', ...(HOME === undefined ? {} : { HOME }) },
    stdin: stdin ? terminal.input : undefined,
    stdout: terminal.output,
    stderr: terminal.output,
  });
  if (stdin) {
    const typing = new Thread(container.world);
    typing.start(type(typing, stdin, terminal, true));
    child.exited.subscribe(() => typing.cancel());
  }
  return child;
}

/** Hands what the client types on to the terminal; `last`: nobody will type after it. */
function* type(th: Thread, input: Readable, terminal: Terminal, last: boolean): Task<void> {
  try {
    for (let text = yield* input.read(th); text !== undefined; text = yield* input.read(th)) terminal.receive(text);
  } finally {
    if (last) terminal.hangUp();
  }
}

function attach(node: NodeContext, instance: Instance, request: ExecRequest, session: ExecSession, end: End): void {
  const { stdin, terminal } = instance;
  const client = {
    stdout: (text: string): void => request.stdout.write(text),
    stderr: (text: string): void => request.stderr.write(text),
  };
  instance.attached.add(client);
  const feeding = new Thread(node.world);
  // However process 1 ends, to have been attached to it is a success.
  const leave = (): void => {
    instance.attached.delete(client);
    feeding.cancel();
    end({ exit: { code: 0 } });
  };
  const unfollow = instance.log.follow({}, () => {}, leave);
  session.resize = (columns, rows) => terminal?.resize(columns, rows);
  if (terminal && stdin && request.stdin) feeding.start(type(feeding, request.stdin, terminal, stdin.once));
  else if (stdin && request.stdin) feeding.start(feed(feeding, request.stdin, stdin));
  session.cancel = () => {
    unfollow();
    leave();
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
