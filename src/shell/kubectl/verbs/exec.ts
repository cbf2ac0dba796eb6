import type { Json } from '../../../kube/object.ts';
import { hasFiles, select } from '../builder.ts';
import type { Call, Verb } from '../context.ts';
import { KubectlError, KubectlExit, StatusError } from '../errors.ts';
import { newestPodsOf } from '../pods.ts';
import { defaultContainer } from './logs.ts';

/** The pod that `POD` or `TYPE/NAME` means. */
export async function execPod(call: Call, target: string): Promise<Json> {
  if (!target.includes('/')) return call.client.get(`/api/v1/namespaces/${call.namespace}/pods/${target}`);
  const info = (await select(call, [target])).infos[0]!;
  return (await newestPodsOf(call, info, call.flags.duration('pod-running-timeout') || 60_000))[0];
}

/** Refuses pods that are over, in kubectl's words. */
export function assertRunning(pod: Json, verb = 'exec into'): void {
  if (pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed')
    throw new KubectlError(`cannot ${verb} a container in a completed pod; current phase is ${pod.status.phase}`);
}

/** Runs a command in a container and prints like kubectl exec; returns the exit code. */
export async function execIn(
  call: Call,
  pod: Json,
  container: string,
  command: string[],
  stdin: string | undefined,
): Promise<number> {
  if (call.flags.str('as'))
    throw new KubectlError('--as is not supported for running commands in this shell: it would run as the operator');
  const limit = call.time.deadline - call.time.now();
  let streamed = false;
  const done = await call.cluster.exec({
    namespace: pod.metadata.namespace,
    pod: pod.metadata.name,
    container,
    command,
    stdin,
    timeoutMs: Number.isFinite(limit) ? limit : undefined,
    signal: call.signal,
    onOutput: (stream, text) => {
      streamed = true;
      if (stream === 'stdout') call.out(text);
      else call.err(text);
    },
  });
  if (!streamed) {
    call.out(done.stdout);
    call.err(done.stderr);
  }
  if (done.error) {
    const { code, message, reason, details } = done.error;
    // an upgrade that the server refused after it spoke to the kubelet comes as a plain error, one before as a Status
    if (reason === 'InternalError' || code === 500) throw new KubectlExit(`error: ${message}`);
    throw new StatusError({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      code,
      message,
      reason,
      details,
    });
  }
  if (done.timedOut) return 124;
  const code = done.exitCode ?? 0;
  if (code !== 0) throw new KubectlExit(`command terminated with exit code ${code}`, code);
  return 0;
}

async function run(call: Call): Promise<number> {
  const { flags, args, dashAt } = call;
  if (args.length === 0 && !hasFiles(call)) throw new KubectlError('pod, type/name or --filename must be specified');
  if (dashAt !== undefined && dashAt > 1)
    throw new KubectlExit(
      `error: exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead\nSee 'kubectl exec -h' for help and examples`,
    );
  const [target = '', ...command] = args;
  if (command.length === 0) throw new KubectlError('you must specify at least one command for the container');
  if (dashAt === undefined)
    throw new KubectlExit(
      `error: exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead\nSee 'kubectl exec -h' for help and examples`,
    );
  const pod = await execPod(call, target);
  assertRunning(pod);
  const container = flags.str('container') || defaultContainer(pod, call.err);
  if (flags.bool('tty')) call.err('Unable to use a TTY - input is not a terminal or the right kind of file\n');
  const interactive =
    flags.bool('stdin') && call.stdin === '' && command.length === 1 && /(^|\/)(ba|da|a|z)?sh$/.test(command[0]!);
  if (interactive) {
    call.err(
      `This shell has no terminal for an interactive session; give the command: kubectl exec ${target} -- ${command[0]} -c '…'\n`,
    );
    return 1;
  }
  return execIn(call, pod, container, command, flags.bool('stdin') ? call.stdin : undefined);
}

export const exec: Verb = {
  name: 'exec',
  flags: [
    { name: 'container', short: 'c', type: 'string' },
    { name: 'filename', short: 'f', type: 'strings' },
    { name: 'pod-running-timeout', type: 'duration', default: '1m0s' },
    { name: 'quiet', short: 'q', type: 'bool' },
    { name: 'stdin', short: 'i', type: 'bool' },
    { name: 'tty', short: 't', type: 'bool' },
  ],
  run,
};
