import type { Json } from '../../../kube/object.ts';
import { resolveResource } from '../builder.ts';
import { withQuery } from '../client.ts';
import type { Call, Verb } from '../context.ts';
import { isNotFound, KubectlError, KubectlExit, StatusError } from '../errors.ts';
import { matchesSelector } from '../label-selector.ts';
import { outputFlags, resultPrinter } from '../printers/output.ts';
import { dryRunFlag, dryRunOf, fieldManagerFlag, selectorFlags, validateFlag, writeQuery } from './shared.ts';

async function nodesOf(call: Call, verb: string): Promise<Json[]> {
  const selector = call.flags.str('selector');
  if (call.args.length > 0 && selector)
    throw new KubectlExit(
      `error: cannot specify both a node name and a --selector option\nSee 'kubectl ${verb} -h' for help and examples`,
    );
  if (call.args.length === 0 && !selector)
    throw new KubectlExit(`error: USAGE: ${verb} NODE [flags]\nSee 'kubectl ${verb} -h' for help and examples`);
  if (selector) return (await call.client.list(withQuery('/api/v1/nodes', { labelSelector: selector }))).items;
  const out: Json[] = [];
  for (const name of call.args) out.push(await call.client.get(`/api/v1/nodes/${name.replace(/^nodes?\//, '')}`));
  return out;
}

const dryRunSuffix = (call: Call): string =>
  ({ none: '', client: ' (dry run)', server: ' (server dry run)' })[dryRunOf(call)];

async function setSchedulable(call: Call, node: Json, unschedulable: boolean): Promise<void> {
  const word = unschedulable ? 'cordoned' : 'uncordoned';
  if (!!node.spec.unschedulable === unschedulable) return call.out(`node/${node.metadata.name} already ${word}\n`);
  if (dryRunOf(call) !== 'client')
    await call.client.json(
      'PATCH',
      withQuery(`/api/v1/nodes/${node.metadata.name}`, { dryRun: dryRunOf(call) === 'server' ? 'All' : undefined }),
      { spec: { unschedulable: unschedulable || null } },
      'application/strategic-merge-patch+json',
    );
  call.out(`node/${node.metadata.name} ${word}${dryRunSuffix(call)}\n`);
}

const cordoning = (verb: string, unschedulable: boolean): Verb => ({
  name: verb,
  flags: [selectorFlags[0]!, dryRunFlag],
  run: async (call) => {
    for (const node of await nodesOf(call, verb)) await setSchedulable(call, node, unschedulable);
  },
});

export const cordon = cordoning('cordon', true);
export const uncordon = cordoning('uncordon', false);

const owner = (pod: Json): Json => pod.metadata.ownerReferences?.find((ref: Json) => ref.controller);

type Verdict = 'ok' | 'skip' | 'daemon' | 'local' | 'bare';

const REFUSALS: Partial<Record<Verdict, string>> = {
  local: 'cannot delete Pods with local storage (use --delete-emptydir-data to override)',
  bare: 'cannot delete cannot delete Pods that declare no controller (use --force to override)',
  daemon: 'cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore)',
};

/** The first of kubectl's filters that keeps a pod from being evicted. */
function verdictOn({ flags }: Call, pod: Json): Verdict {
  const over = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
  if (owner(pod)?.kind === 'DaemonSet' && !over) return flags.bool('ignore-daemonsets') ? 'skip' : 'daemon';
  if (pod.metadata.annotations?.['kubernetes.io/config.mirror']) return 'skip';
  if (over) return 'ok';
  const local = (pod.spec.volumes ?? []).some((volume: Json) => volume.emptyDir);
  if (local && !flags.bool('delete-emptydir-data')) return 'local';
  return !owner(pod) && !flags.bool('force') ? 'bare' : 'ok';
}

const names = (list: Json[]): string => list.map((pod) => `${pod.metadata.namespace}/${pod.metadata.name}`).join(', ');

function blockers(call: Call, pods: Json[]): string[] {
  const found = new Map<string, Json[]>();
  for (const pod of pods) {
    const refusal = REFUSALS[verdictOn(call, pod)];
    if (refusal) found.set(refusal, [...(found.get(refusal) ?? []), pod]);
  }
  return [...found].map(([refusal, list]) => `${refusal}: ${names(list)}`);
}

/** What is deleted all the same, or left alone. */
function warnings(call: Call, pods: Json[]): string[] {
  const skipped = pods.filter((pod) => owner(pod)?.kind === 'DaemonSet' && verdictOn(call, pod) === 'skip');
  const bare = pods.filter((pod) => !owner(pod) && verdictOn(call, pod) === 'ok');
  return [
    ...(skipped.length > 0 ? [`ignoring DaemonSet-managed Pods: ${names(skipped)}`] : []),
    ...(bare.length > 0 ? [`deleting Pods that declare no controller: ${names(bare)}`] : []),
  ];
}

/** Is a pod's deletion older than --skip-wait-for-delete-timeout? */
function isLongGoing({ flags, time }: Call, { deletionTimestamp }: Json): boolean {
  const seconds = flags.int('skip-wait-for-delete-timeout');
  return seconds > 0 && !!deletionTimestamp && time.now() - Date.parse(deletionTimestamp) > seconds * 1000;
}

async function evict(call: Call, pod: Json, until: number): Promise<void> {
  const grace = call.flags.int('grace-period');
  const path = `/api/v1/namespaces/${pod.metadata.namespace}/pods/${pod.metadata.name}`;
  const options = grace >= 0 ? { gracePeriodSeconds: grace } : undefined;
  const evicts = !call.flags.bool('disable-eviction');
  for (;;) {
    try {
      if (!evicts) {
        await call.client.json('DELETE', path, { apiVersion: 'v1', kind: 'DeleteOptions', ...options });
        break;
      }
      await call.client.json('POST', `${path}/eviction`, {
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        metadata: { name: pod.metadata.name, namespace: pod.metadata.namespace },
        ...(options ? { deleteOptions: options } : {}),
      });
      break;
    } catch (error) {
      if (isNotFound(error)) break;
      if (!(error instanceof StatusError) || error.code !== 429) throw error;
      call.err(
        `error when evicting pods/${JSON.stringify(pod.metadata.name)} -n ${JSON.stringify(pod.metadata.namespace)} (will retry after 5s): ${error.message}\n`,
      );
      await call.time.sleep(5000, call.signal);
    }
  }
  for (;;) {
    try {
      const { metadata } = await call.client.get(path);
      if (metadata.uid !== pod.metadata.uid || isLongGoing(call, metadata)) break;
    } catch (error) {
      if (isNotFound(error)) break;
      throw error;
    }
    if (call.time.now() >= until) throw new KubectlError(`global timeout reached: ${call.flags.str('timeout')}`);
    await call.time.sleep(1000, call.signal);
  }
  call.out(`pod/${pod.metadata.name} ${evicts ? 'evicted' : 'deleted'}\n`);
}

async function runDrain(call: Call): Promise<void> {
  try {
    matchesSelector(call.flags.str('pod-selector'), {});
  } catch {
    throw new KubectlError('--pod-selector=<pod_selector> must be a valid label selector');
  }
  const nodes = await nodesOf(call, 'drain');
  for (const node of nodes) await setSchedulable(call, node, true);
  const timeout = call.flags.duration('timeout');
  const until = timeout > 0 ? call.time.now() + timeout : Number.POSITIVE_INFINITY;
  for (const node of nodes) {
    const { name } = node.metadata;
    const pods = (
      await call.client.list(
        withQuery('/api/v1/pods', {
          fieldSelector: `spec.nodeName=${name}`,
          labelSelector: call.flags.str('pod-selector'),
        }),
      )
    ).items as Json[];
    const blocked = blockers(call, pods);
    if (blocked.length > 0)
      throw new KubectlExit(
        `error: unable to drain node ${JSON.stringify(name)} due to error: ${blocked.length > 1 ? `[${blocked.join(', ')}]` : blocked[0]}, continuing command...\nThere are pending nodes to be drained:\n ${name}\n${blocked.map((one) => `${one}\n`).join('')}`,
      );
    const said = warnings(call, pods);
    if (said.length > 0) call.err(`Warning: ${said.join('; ')}\n`);
    const going = pods.filter((pod: Json) => verdictOn(call, pod) === 'ok');
    // of pods that are deleted instead of evicted only the end is told
    if (dryRunOf(call) !== 'none' || !call.flags.bool('disable-eviction'))
      for (const { metadata } of going)
        call.out(`evicting pod ${metadata.namespace}/${metadata.name}${dryRunSuffix(call)}\n`);
    if (dryRunOf(call) === 'none') for (const pod of going) await evict(call, pod, until);
    call.out(`node/${name} drained${dryRunSuffix(call)}\n`);
  }
}

export const drain: Verb = {
  name: 'drain',
  flags: [
    selectorFlags[0]!,
    dryRunFlag,
    { name: 'chunk-size', type: 'int' },
    { name: 'delete-emptydir-data', type: 'bool' },
    { name: 'disable-eviction', type: 'bool' },
    { name: 'force', type: 'bool' },
    { name: 'grace-period', type: 'int', default: '-1' },
    { name: 'ignore-daemonsets', type: 'bool' },
    { name: 'pod-selector', type: 'string' },
    { name: 'skip-wait-for-delete-timeout', type: 'int' },
    { name: 'timeout', type: 'duration', default: '0s' },
  ],
  run: runDrain,
};

interface Taint {
  key: string;
  value?: string;
  effect?: string;
  remove: boolean;
}

const NAME_PART = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const NAME_RULE =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

function parseTaint(text: string): Taint {
  const remove = text.endsWith('-');
  const [pair = '', effect] = (remove ? text.slice(0, -1) : text).split(':');
  const [key = '', value] = pair.split('=');
  const spec = (why = ''): KubectlExit =>
    new KubectlExit(`error: invalid taint spec: ${text}${why}\nSee 'kubectl taint -h' for help and examples`);
  if (!NAME_PART.test(key.split('/').at(-1)!)) throw spec(`, name part ${NAME_RULE}`);
  if (!remove && !effect) throw pair.includes('=') ? spec(`, name part ${NAME_RULE}`) : spec();
  if (value && (value.length > 63 || !NAME_PART.test(value)))
    throw spec(
      value.length > 63
        ? ', must be no more than 63 characters'
        : `, a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`,
    );
  if (effect && !['NoSchedule', 'PreferNoSchedule', 'NoExecute'].includes(effect))
    throw new KubectlExit(
      `error: invalid taint effect: ${effect}, unsupported taint effect\nSee 'kubectl taint -h' for help and examples`,
    );
  return { key, value, effect, remove };
}

async function runTaint(call: Call): Promise<void> {
  const isTaint = (arg: string): boolean => arg.includes('=') || arg.includes(':') || arg.endsWith('-');
  const targets = call.args.filter((arg) => !isTaint(arg));
  const taints = call.args.filter(isTaint);
  if (targets.length === 0) throw new KubectlError('one or more resources must be specified as <resource> <name>');
  if (taints.length === 0) throw new KubectlError('at least one taint update is required');
  const changes = taints.map(parseTaint);
  const both = changes
    .filter(({ remove }) => remove)
    .find(({ key, effect }) =>
      changes.some((one) => !one.remove && one.key === key && (effect === undefined || one.effect === effect)),
    );
  if (both)
    throw new KubectlError(
      `can not both modify and remove the following taint(s) in the same command: ${both.key}=${both.value ?? ''}${both.effect ? `:${both.effect}` : ''}`,
    );
  if (!/^(nodes?|no)(\/|$)/.test(targets[0]!))
    throw new KubectlError(`invalid resource type ${targets[0]}, only node types are supported`);
  const all = call.flags.bool('all') || call.flags.str('selector');
  const names = targets.flatMap((target, at) =>
    target.includes('/') ? [target.split('/')[1]!] : at === 0 ? [] : [target],
  );
  const nodes: Json[] = all
    ? (await call.client.list(withQuery('/api/v1/nodes', { labelSelector: call.flags.str('selector') }))).items
    : await Promise.all(names.map((name) => call.client.get(`/api/v1/nodes/${name}`)));
  const resource = await resolveResource(call, 'nodes');
  const print = await resultPrinter(call, '', { silentDryRun: true });
  for (const node of nodes) {
    let list: Json[] = node.spec.taints ?? [];
    let replaced = false;
    for (const { key, value, effect, remove } of changes) {
      const same = (taint: Json): boolean => taint.key === key && (effect === undefined || taint.effect === effect);
      const found = list.some(same);
      if (remove && !found)
        throw new KubectlError(`taint ${JSON.stringify(`${key}${effect ? `:${effect}` : ''}`)} not found`);
      if (!remove && found && !call.flags.bool('overwrite'))
        throw new KubectlError(
          `node ${node.metadata.name} already has ${key} taint(s) with same effect(s) and --overwrite is false`,
        );
      replaced ||= !remove && found;
      list = list.filter((taint) => !same(taint));
      if (!remove) list = [{ key, effect, ...(value ? { value } : {}) }, ...list];
    }
    const operation = changes.every((one) => one.remove)
      ? 'untainted'
      : replaced || changes.some((one) => one.remove)
        ? 'modified'
        : 'tainted';
    const draft = { ...node, spec: { ...node.spec, taints: list.length > 0 ? list : undefined } };
    const after =
      dryRunOf(call) === 'client'
        ? draft
        : await call.client.json(
            'PATCH',
            withQuery(`/api/v1/nodes/${node.metadata.name}`, writeQuery(call)),
            { spec: { taints: list.length > 0 ? list : null } },
            'application/merge-patch+json',
          );
    print(after, resource, operation);
  }
}

export const taint: Verb = {
  name: 'taint',
  flags: [
    selectorFlags[0]!,
    ...outputFlags,
    dryRunFlag,
    validateFlag,
    fieldManagerFlag('kubectl-taint'),
    { name: 'all', type: 'bool' },
    { name: 'overwrite', type: 'bool' },
  ],
  run: runTaint,
};
