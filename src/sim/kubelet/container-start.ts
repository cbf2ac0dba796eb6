import type { Json, KubeObject } from '../../kube/object.ts';
import type { ImageDef } from '../images/image.ts';
import { Container } from '../process/container.ts';
import { DEFAULT_PATH } from '../process/exec-path.ts';
import { SpawnError, type SpawnOptions, type Writable } from '../process/os.ts';
import { Pipe } from '../process/pipe.ts';
import type { Task, Thread } from '../process/task.ts';
import { Terminal } from '../process/terminal.ts';
import { ContainerConfigError, containerEnv, type EnvContext, expand } from './env.ts';
import { ensureImage } from './image-pull.ts';
import type { Exit, Instance } from './instance.ts';
import { LogFile } from './log-file.ts';
import { fieldPathOf, type NodeContext, podText } from './node-context.ts';
import { startFailure } from './oci.ts';
import { cgroupLimits } from './resources.ts';
import { type Sandbox, terminationFile } from './sandbox.ts';
import type { PodVolumes } from './volumes.ts';

/** Why a container does not run; `retryMs` is known for crash back-offs only. */
export interface StartFailure {
  reason: string;
  message: string;
  retryMs?: number;
}

/** What starting a container needs of its pod. */
export interface StartContext {
  readonly node: NodeContext;
  readonly pod: KubeObject;
  readonly sandbox: Sandbox;
  readonly volumes: PodVolumes;
  env(): EnvContext;
  nextAttempt(name: string): number;
  add(instance: Instance): void;
  exited(): void;
}

/** The fields whose change restarts a container in place. */
export function specHash(container: Json): string {
  return `${container.name} ${container.image}`;
}

export function backoffKey(pod: KubeObject, container: Json): string {
  return `${podText(pod)}/${container.name}/${specHash(container)}`;
}

/**
 * Image, configuration, creation, start: upstream's startContainer with its events. The container runs when undefined
 * is returned.
 */
export function* startContainer(
  th: Thread,
  ctx: StartContext,
  container: Json,
  kind: Instance['kind'],
): Task<{ instance?: Instance; failure?: StartFailure }> {
  const { node, pod } = ctx;
  const path = fieldPathOf(kind, container.name);
  const fail = (reason: string, message: string): { failure: StartFailure } => {
    node.record(pod, 'Warning', 'Failed', `Error: ${message}`, path);
    return { failure: { reason, message } };
  };
  const pulled = yield* ensureImage(th, node, pod, container, path);
  if ('error' in pulled) {
    node.record(pod, 'Warning', 'Failed', `Error: ${pulled.error.reason}`, path);
    return { failure: pulled.error };
  }
  let prepared: Prepared;
  try {
    prepared = prepare(ctx, container, pulled.image);
  } catch (error) {
    if (!(error instanceof ContainerConfigError)) throw error;
    return fail('CreateContainerConfigError', error.message);
  }
  if (prepared.argv.length === 0) return fail('CreateContainerError', 'no command specified');
  yield* th.sleep(node.rng.between(40, 120));
  const instance = create(ctx, container, kind, pulled.image, prepared);
  node.record(pod, 'Normal', 'Created', 'Container created', path);
  yield* th.sleep(node.rng.between(60, 180));
  const message = launch(ctx, container, instance, prepared.argv);
  if (message !== undefined) return { instance, ...fail('RunContainerError', message) };
  node.record(pod, 'Normal', 'Started', 'Container started', path);
  return { instance };
}

interface Prepared {
  argv: string[];
  env: Record<string, string>;
  uid: number;
  gid: number;
  groups: number[];
}

function prepare(ctx: StartContext, container: Json, image: ImageDef): Prepared {
  const security = { ...ctx.pod.spec.securityContext, ...container.securityContext };
  const uid = security.runAsUser ?? image.config.uid ?? 0;
  if (security.runAsNonRoot && uid === 0) {
    const why =
      security.runAsUser === 0
        ? "container's runAsUser breaks non-root policy"
        : 'container has runAsNonRoot and image will run as root';
    throw new ContainerConfigError(`${why} (pod: "${podText(ctx.pod)}", container: ${container.name})`);
  }
  const groups = [
    ...(security.supplementalGroups ?? []),
    ...(security.fsGroup === undefined ? [] : [security.fsGroup]),
  ];
  const own = containerEnv(ctx.env(), container);
  const env: Record<string, string> = {
    PATH: DEFAULT_PATH,
    HOSTNAME: ctx.sandbox.hostname,
    ...image.config.env,
    ...own,
  };
  for (const mount of container.volumeMounts ?? []) {
    const unknown = [...String(mount.subPathExpr ?? '').matchAll(/\$\(([^)]*)\)/g)].find(
      ([, name]) => !own[name as string],
    );
    if (unknown) throw new ContainerConfigError(`missing value for ${unknown[1]}`);
    checkSubPath(mount.subPathExpr ? expand(mount.subPathExpr, own) : (mount.subPath ?? ''));
  }
  if (container.tty) env['TERM'] ??= 'xterm';
  env['HOME'] ??= uid === 0 ? '/root' : '/';
  const command: string[] = container.command?.length ? container.command : (image.config.entrypoint ?? []);
  const args: string[] = container.args?.length
    ? container.args
    : container.command?.length
      ? []
      : (image.config.cmd ?? []);
  return {
    argv: [...command, ...args].map((text) => expand(text, own)),
    env,
    uid,
    gid: security.runAsGroup ?? 0,
    groups,
  };
}

function checkSubPath(path: string): void {
  if (path.startsWith('/')) throw new ContainerConfigError(`error SubPath \`${path}\` must not be an absolute path`);
  if (path.split('/').includes('..'))
    throw new ContainerConfigError(`unable to provision SubPath \`${path}\`: must not contain '..'`);
}

function create(
  ctx: StartContext,
  container: Json,
  kind: Instance['kind'],
  image: ImageDef,
  { env, uid, gid, groups }: Prepared,
): Instance {
  const { node, pod, sandbox } = ctx;
  const { world } = node;
  const terminationLog = terminationFile(world.nowMs);
  const attempt = ctx.nextAttempt(container.name);
  const mounts = new Map(sandbox.files);
  for (const [path, mount] of ctx.volumes.mountsOf(container, (text) => expand(text, env))) mounts.set(path, mount);
  mounts.set(container.terminationMessagePath ?? '/dev/termination-log', { root: terminationLog });
  const machine = new Container({
    world,
    network: node.network,
    ns: sandbox.ns,
    image,
    hostname: sandbox.hostname,
    streamName: `${pod.metadata.namespace}/${pod.metadata.name}/${container.name}/${attempt}`,
    env,
    workingDir: container.workingDir || image.config.workingDir || '/',
    uid,
    gid,
    groups,
    readOnlyRoot: container.securityContext?.readOnlyRootFilesystem === true,
    limits: cgroupLimits(container),
    mounts,
    machine: node.machine,
    sysctls: Object.fromEntries(
      (pod.spec.securityContext?.sysctls ?? []).map((one: Json) => [one.name, String(one.value)]),
    ),
  });
  const instance: Instance = {
    name: container.name,
    kind,
    id: node.rng.hex(64),
    attempt,
    image,
    imageReference: container.image,
    specHash: specHash(container),
    resources: container.resources ?? {},
    createdMs: world.nowMs,
    log: new LogFile(world),
    attached: new Set(),
    ...(container.tty ? { terminal: new Terminal() } : {}),
    ...(container.stdin ? { stdin: { pipe: new Pipe(), once: container.stdinOnce === true } } : {}),
    container: machine,
    state: 'created',
    startedMs: 0,
    terminationLog,
  };
  ctx.add(instance);
  return instance;
}

/** Starts process 1; the OCI runtime's message when that is impossible. */
function launch(ctx: StartContext, container: Json, instance: Instance, argv: string[]): string | undefined {
  const { world } = ctx.node;
  const machine = instance.container as Container;
  machine.exited.subscribe(() => {
    const { code, oomKilled } = machine.status ?? { code: 255 };
    const reason = oomKilled ? 'OOMKilled' : code === 0 ? 'Completed' : 'Error';
    const message = terminationMessage(container, instance, code);
    finish(ctx, instance, { code, reason, message, startedMs: instance.startedMs, finishedMs: machine.finishedMs });
  });
  instance.state = 'running';
  instance.startedMs = world.nowMs;
  world.touch();
  try {
    machine.start(argv, streamsOf(instance));
    return undefined;
  } catch (error) {
    if (!(error instanceof SpawnError)) throw error;
    const message = startFailure(error);
    instance.container = undefined;
    finish(ctx, instance, { code: 128, reason: 'StartError', message, startedMs: 0, finishedMs: world.nowMs });
    return message;
  }
}

/** Standard streams of process 1; on a terminal both outputs are one. */
function streamsOf({ log, stdin, terminal, attached }: Instance): SpawnOptions {
  const stream = (name: 'stdout' | 'stderr'): Writable => {
    const record = log.stream();
    return {
      write(text) {
        record.write(text);
        for (const client of attached) client[name](text);
      },
      close: () => record.close(),
    };
  };
  if (!terminal) return { stdin: stdin?.pipe, stdout: stream('stdout'), stderr: stream('stderr') };
  const screen = stream('stdout');
  terminal.show((text) => screen.write(text));
  return { stdin: stdin && terminal.input, stdout: terminal.output, stderr: terminal.output };
}

function finish(ctx: StartContext, instance: Instance, exit: Exit): void {
  instance.state = 'exited';
  instance.exit = exit;
  instance.log.end();
  ctx.exited();
}

/** What the process wrote to terminationMessagePath (at most 4096 bytes), or the end of its log when it asks for that. */
function terminationMessage(container: Json, instance: Instance, code: number): string | undefined {
  const written = instance.terminationLog.content ?? '';
  if (written !== '') return written.slice(0, 4096);
  if (container.terminationMessagePolicy !== 'FallbackToLogsOnError' || code === 0) return undefined;
  instance.log.end();
  return instance.log.tail() || undefined;
}
