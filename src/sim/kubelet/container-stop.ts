import type { Json, KubeObject } from '../../kube/object.ts';
import type { Container } from '../process/container.ts';
import { SpawnError } from '../process/os.ts';
import { TextSink } from '../process/pipe.ts';
import type { Task, Thread } from '../process/task.ts';
import type { Instance } from './instance.ts';
import { fieldPathOf, type NodeContext, podText } from './node-context.ts';
import { execFailure, randomExecId } from './oci.ts';
import { portNumber, runProbe } from './probe-actions.ts';

/** A process that is told to stop gets at least this long, whatever was asked for: upstream's minimumGracePeriodInSeconds. */
const GRACE_MIN_MS = 2_000;

/** Ends a running container: event, preStop, SIGTERM, and SIGKILL when the grace period is over. */
export function* stopContainer(
  th: Thread,
  node: NodeContext,
  pod: KubeObject,
  container: Json,
  instance: Instance,
  options: { graceMs: number; message?: string; podIP: string },
): Task<void> {
  const machine = instance.container;
  if (!machine?.running) return;
  const path = fieldPathOf(instance.kind, instance.name);
  node.record(pod, 'Normal', 'Killing', options.message ?? `Stopping container ${instance.name}`, path);
  let graceMs = options.graceMs;
  if (container.lifecycle?.preStop && graceMs > 0) {
    const beganMs = th.nowMs;
    const error = yield* runHook(
      th,
      node,
      pod,
      container,
      machine,
      container.lifecycle.preStop,
      graceMs,
      options.podIP,
    );
    if (error !== undefined) node.record(pod, 'Warning', 'FailedPreStopHook', 'PreStopHook failed', path);
    graceMs -= th.nowMs - beganMs;
  }
  if (!machine.running) return;
  machine.signal('SIGTERM');
  if (machine.running) yield* th.wait(machine.exited, Math.max(GRACE_MIN_MS, graceMs));
  if (machine.running) machine.signal('SIGKILL');
}

/** Runs a lifecycle hook; its error text, or undefined when it went well. */
export function* runHook(
  th: Thread,
  node: NodeContext,
  pod: KubeObject,
  container: Json,
  machine: Container,
  hook: Json,
  timeoutMs: number,
  podIP: string,
): Task<string | undefined> {
  const where = `for Container "${container.name}" in Pod "${podText(pod)}" failed - error: `;
  if (hook.sleep) {
    yield* th.wait(machine.exited, Math.min(timeoutMs, hook.sleep.seconds * 1000));
    return undefined;
  }
  if (hook.exec) {
    const prefix = `Exec lifecycle hook ([${hook.exec.command.join(' ')}]) ${where}`;
    const sink = new TextSink();
    try {
      const child = machine.exec(hook.exec.command, { stdout: sink, stderr: sink });
      if (!child.status) yield* th.wait(child.exited, timeoutMs);
      if (child.status?.code === 0) return undefined;
      if (!child.status) child.kill('SIGKILL');
      const text = hook.exec.command.join(' ');
      const code = child.status?.code ?? 137;
      return `${prefix}command '${text}' exited with ${code}: , message: ${JSON.stringify(sink.text)}`;
    } catch (error) {
      if (!(error instanceof SpawnError)) throw error;
      return `${prefix}rpc error: code = Unknown desc = ${execFailure(error, randomExecId(node.rng))}, message: ""`;
    }
  }
  const action = hook.httpGet ? { httpGet: hook.httpGet } : { tcpSocket: hook.tcpSocket };
  const outcome = yield* runProbe(th, { node, container: machine, spec: container, podIP }, action, timeoutMs);
  if (outcome.result === 'success') return undefined;
  const port = portNumber(container, (hook.httpGet ?? hook.tcpSocket)?.port ?? 0);
  return `HTTP lifecycle hook (${hook.httpGet?.path ?? port}) ${where}${outcome.output}`;
}
