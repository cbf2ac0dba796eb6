import type { Json } from '../../../kube/object.ts';
import { select } from '../builder.ts';
import { withQuery } from '../client.ts';
import type { Call, Verb } from '../context.ts';
import { isNotFound, KubectlError, KubectlExit, UsageError } from '../errors.ts';
import { requestTimeout } from '../flags.ts';
import { newestPodsOf } from '../pods.ts';

interface Source {
  pod: Json;
  container: string;
}

const DEFAULT_CONTAINER = 'kubectl.kubernetes.io/default-container';

function allContainers(pod: Json): Json[] {
  return [...(pod.spec.initContainers ?? []), ...(pod.spec.containers ?? []), ...(pod.spec.ephemeralContainers ?? [])];
}

/** `a, b, c (init)`: how kubectl lists what it could have chosen. */
export function containerChoice(pod: Json): string {
  const init = (pod.spec.initContainers ?? []).map((one: Json) => `${one.name} (init)`);
  const ephemeral = (pod.spec.ephemeralContainers ?? []).map((one: Json) => `${one.name} (ephem)`);
  return [...pod.spec.containers.map((one: Json) => one.name), ...ephemeral, ...init].join(', ');
}

/** The container that is meant when none was named; says so on stderr when there were several. */
export function defaultContainer(pod: Json, say: (text: string) => void): string {
  const marked = pod.metadata.annotations?.[DEFAULT_CONTAINER];
  if (marked && allContainers(pod).some((one) => one.name === marked)) return marked;
  const first = pod.spec.containers[0].name as string;
  if (allContainers(pod).length > 1)
    say(`Defaulted container ${JSON.stringify(first)} out of: ${containerChoice(pod)}\n`);
  return first;
}

function sourcesOf(call: Call, pods: Json[], selecting: boolean): Source[] {
  const { flags } = call;
  const wanted = flags.str('container');
  return pods.flatMap((pod): Source[] => {
    if (flags.bool('all-containers'))
      return [...(pod.spec.initContainers ?? []), ...pod.spec.containers, ...(pod.spec.ephemeralContainers ?? [])].map(
        (one: Json) => ({ pod, container: one.name }),
      );
    if (wanted === '') return [{ pod, container: defaultContainer(pod, call.err) }];
    if (allContainers(pod).some((one) => one.name === wanted)) return [{ pod, container: wanted }];
    if (selecting) return [];
    throw new KubectlError(`container ${wanted} is not valid for pod ${pod.metadata.name}`);
  });
}

async function podsFor(call: Call): Promise<{ pods: Json[]; many: boolean }> {
  const { flags, args } = call;
  const selector = flags.str('selector');
  if (selector) {
    const list = await call.client.list(
      withQuery(`/api/v1/namespaces/${call.namespace}/pods`, { labelSelector: selector }),
    );
    return { pods: list.items, many: true };
  }
  const target = args[0]!;
  if (!target.includes('/')) {
    try {
      return { pods: [await call.client.get(`/api/v1/namespaces/${call.namespace}/pods/${target}`)], many: false };
    } catch (error) {
      if (!isNotFound(error)) throw error;
      throw new KubectlError(
        `error from server (NotFound): ${error.message} in namespace ${JSON.stringify(call.namespace)}`,
      );
    }
  }
  const selection = await select(call, [target]);
  const info = selection.infos[0]!;
  const pods = await newestPodsOf(call, info, 20_000).catch((error) => {
    if (!isNotFound(error)) throw error;
    throw new KubectlError(
      `error from server (NotFound): ${error.message} in namespace ${JSON.stringify(call.namespace)}`,
    );
  });
  if (flags.bool('all-pods')) return { pods, many: true };
  if (pods.length > 1) call.err(`Found ${pods.length} pods, using pod/${pods[0]!.metadata.name}\n`);
  return { pods: pods.slice(0, 1), many: false };
}

function logPath(call: Call, { pod, container }: Source, tail: number): string {
  const { flags } = call;
  const since = flags.duration('since');
  return withQuery(`/api/v1/namespaces/${pod.metadata.namespace}/pods/${pod.metadata.name}/log`, {
    container,
    follow: flags.bool('follow') || undefined,
    previous: flags.bool('previous') || undefined,
    sinceSeconds: since > 0 ? Math.ceil(since / 1000) : undefined,
    sinceTime: flags.str('since-time') || undefined,
    timestamps: flags.bool('timestamps') || undefined,
    tailLines: tail >= 0 ? tail : undefined,
    limitBytes: flags.int('limit-bytes') || undefined,
  });
}

function prefixed(call: Call, source: Source, text: string): string {
  if (!call.flags.bool('prefix')) return text;
  const lead = `[pod/${source.pod.metadata.name}/${source.container}] `;
  return text.replace(/^(?=.)/gm, lead);
}

/** Follows all of them at once, until the logs or the command's time end. */
async function followAll(call: Call, sources: Source[], tail: number): Promise<void> {
  const most = call.flags.int('max-log-requests');
  if (sources.length > 1 && sources.length > most)
    throw new KubectlError(
      `you are attempting to follow ${sources.length} log streams, but maximum allowed concurrency is ${most}, use --max-log-requests to increase the limit`,
    );
  const streams: LogStream[] = [];
  try {
    for (const source of sources) streams.push(await openLog(call, source, tail));
    const until = call.time.now() + requestTimeout(call);
    while (streams.some((stream) => !stream.ended) && call.time.now() < until) await call.time.sleep(200, call.signal);
  } finally {
    for (const stream of streams) stream.close();
  }
}

type LogStream = Awaited<ReturnType<Call['client']['stream']>>;

async function openLog(call: Call, source: Source, tail: number): Promise<LogStream> {
  const stream = await call.client.stream(
    logPath(call, source, tail),
    '*/*',
    (text) => call.out(prefixed(call, source, text)),
    call.signal,
  );
  if (stream.response.status >= 400)
    throw new KubectlExit(`Error from server (BadRequest): ${safeMessage(stream.response.body)}`);
  return stream;
}

function safeMessage(body: string): string {
  try {
    return JSON.parse(body).message ?? body;
  } catch {
    return body;
  }
}

/** Go's time.Parse of RFC 3339, as far as its complaint about the year. */
function assertTime(text: string): void {
  if (text === '' || !Number.isNaN(Date.parse(text))) return;
  const layout = '2006-01-02T15:04:05Z07:00';
  throw new KubectlError(
    `parsing time ${JSON.stringify(text)} as ${JSON.stringify(layout)}: cannot parse ${JSON.stringify(text)} as "2006"`,
  );
}

async function run(call: Call): Promise<void> {
  const { flags, args } = call;
  if (args.length === 0 && !flags.str('selector'))
    throw new UsageError(
      "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command",
    );
  if (args.length > 0 && flags.str('selector')) throw new UsageError('only a selector (-l) or a POD name is allowed');
  if (args.length > 2)
    throw new UsageError(
      "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command",
    );
  assertTime(flags.str('since-time'));
  const { pods, many } = await podsFor(call);
  if (args.length === 2) {
    if (flags.str('container')) throw new KubectlError('only one of -c or an inline [CONTAINER] arg is allowed');
    flags.set('container', args[1]!);
  }
  if (flags.bool('all-containers') && flags.str('container'))
    throw new KubectlError(
      '--all-containers=true should not be specified with container name ' + flags.str('container'),
    );
  if (flags.str('since') && flags.duration('since') > 0 && flags.str('since-time'))
    throw new KubectlError('at most one of `sinceTime` or `sinceSeconds` may be specified');
  if (flags.int('tail') < -1) throw new KubectlError('--tail must be greater than or equal to -1');
  if (flags.int('limit-bytes') < 0) throw new KubectlError('--limit-bytes must be greater than 0');
  if (many && flags.bool('all-pods')) flags.set('prefix', 'true');
  const sources = sourcesOf(call, pods, many);
  const tail = flags.changed.has('tail') ? flags.int('tail') : flags.str('selector') ? 10 : -1;
  if (pods.length === 0) return call.err(`No resources found in ${call.namespace} namespace.\n`);
  if (flags.bool('follow')) return followAll(call, sources, tail);
  for (const source of sources) {
    try {
      call.out(
        prefixed(call, source, (await call.client.raw('GET', logPath(call, source, tail), { accept: '*/*' })).body),
      );
    } catch (error) {
      if (!flags.bool('ignore-errors')) throw error;
      call.err(`error: ${(error as Error).message}\n`);
    }
  }
}

export const logs: Verb = {
  name: 'logs',
  flags: [
    { name: 'all-containers', type: 'bool' },
    { name: 'all-pods', type: 'bool' },
    { name: 'container', short: 'c', type: 'string' },
    { name: 'follow', short: 'f', type: 'bool' },
    { name: 'ignore-errors', type: 'bool' },
    { name: 'insecure-skip-tls-verify-backend', type: 'bool' },
    { name: 'limit-bytes', type: 'int' },
    { name: 'max-log-requests', type: 'int', default: '5' },
    { name: 'pod-running-timeout', type: 'duration', default: '20s' },
    { name: 'prefix', type: 'bool' },
    { name: 'previous', short: 'p', type: 'bool' },
    { name: 'selector', short: 'l', type: 'string' },
    { name: 'since', type: 'duration', default: '0s' },
    { name: 'since-time', type: 'string' },
    { name: 'tail', type: 'int', default: '-1' },
    { name: 'timestamps', type: 'bool' },
  ],
  run,
};
