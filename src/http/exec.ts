import { TextStream } from '../core/bytes.ts';
import type { Json } from '../kube/object.ts';
import type { UserInfo } from '../sim/api/admission.ts';
import type { ApiHandler, ExecSession } from '../sim/api/api.ts';
import { queryBool } from '../sim/api/path.ts';
import { InputPipe } from './streams.ts';

export interface ExecTarget {
  namespace: string;
  pod: string;
  subresource: 'exec' | 'attach';
  query: URLSearchParams;
  user: UserInfo;
}

/** Where a running command's output goes, whatever the protocol. */
export interface ExecOutput {
  stdout(text: string): void;
  stderr(text: string): void;
  /** The command is over (a metav1.Status); nothing follows. */
  finish(status: Json): void;
}

export interface RunningExec {
  /** Bytes of standard input; a character may come in two pieces. */
  stdin(bytes: Uint8Array): void;
  endStdin(): void;
  /** A message of the resize channel: JSON with Width and Height; anything else is ignored. */
  resize(message: string): void;
  /** The client has gone. */
  cancel(): void;
}

/** What the query of an exec or attach asks for. */
export function execRequest({ namespace, pod, subresource, query, user }: ExecTarget) {
  const container = query.get('container') || undefined;
  return { namespace, pod, container, command: query.getAll('command'), attach: subresource === 'attach', user };
}

/** The options of an exec or attach as admission sees them. */
export function execOptions({ subresource, query }: ExecTarget): Json {
  const flags = ['stdin', 'stdout', 'stderr', 'tty'].filter((name) => queryBool(query, name));
  const [container, command] = [query.get('container'), query.getAll('command')];
  return {
    kind: subresource === 'attach' ? 'PodAttachOptions' : 'PodExecOptions',
    apiVersion: 'v1',
    ...Object.fromEntries(flags.map((name) => [name, true])),
    ...(container ? { container } : {}),
    ...(command.length > 0 ? { command } : {}),
  };
}

/** Runs exec or attach (that `assertExec` has let pass). */
export function runExec(handler: ApiHandler, target: ExecTarget, output: ExecOutput): RunningExec {
  const input = queryBool(target.query, 'stdin') ? new InputPipe() : undefined;
  const session = handler.exec({
    ...execRequest(target),
    stdin: input,
    stdout: { write: (text) => output.stdout(text), close: () => {} },
    stderr: { write: (text) => output.stderr(text), close: () => {} },
    tty: queryBool(target.query, 'tty'),
  });
  if (session.result) output.finish(statusOf(session));
  else session.finished.subscribe(() => output.finish(statusOf(session)));
  const decoder = new TextStream();
  const end = (): void => {
    input?.push(decoder.end());
    input?.end();
  };
  return {
    stdin: (bytes) => input?.push(decoder.push(bytes)),
    endStdin: end,
    resize(message) {
      const size = sizeOf(message);
      if (size) session.resize(size.Width, size.Height);
    },
    cancel() {
      end();
      session.cancel();
    },
  };
}

function sizeOf(message: string): { Width: number; Height: number } | undefined {
  try {
    const { Width, Height } = JSON.parse(message) ?? {};
    return Number.isInteger(Width) && Number.isInteger(Height) ? { Width, Height } : undefined;
  } catch {
    return undefined;
  }
}

function statusOf(session: ExecSession): Json {
  const { exit, error } = session.result ?? {};
  if (error !== undefined)
    return {
      metadata: {},
      status: 'Failure',
      message: `Internal error occurred: ${error}`,
      reason: 'InternalError',
      code: 500,
    };
  if (!exit || exit.code === 0) return { metadata: {}, status: 'Success' };
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: command terminated with exit code ${exit.code}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(exit.code) }] },
  };
}
