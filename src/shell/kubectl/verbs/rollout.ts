import type { Json } from '../../../kube/object.ts';
import { gather, hasFiles, type Info, throwIfAny } from '../builder.ts';
import { displayName, groupResource, pathOf, withQuery } from '../client.ts';
import type { Call, Verb } from '../context.ts';
import { podTemplate } from '../describe/pod.ts';
import { DescribeWriter } from '../describe/writer.ts';
import { KubectlError, KubectlExit } from '../errors.ts';
import { objectPrinter, PLAIN, resultPrinter } from '../printers/output.ts';
import { bareTemplate, CHANGE_CAUSE, newReplicaSet, replicaSetsOf, revisionOf } from '../rollouts.ts';
import { describeWriter } from '../tabwriter.ts';
import { dryRunFlag, dryRunOf, fieldManagerFlag, fileFlags, selectorFlags } from './shared.ts';

async function targets(call: Call, told = true): Promise<Info[]> {
  if (call.args.length === 0 && !hasFiles(call)) throw new KubectlError('required resource not specified');
  const { infos, errors } = await gather(call, {
    selector: call.flags.str('selector'),
    emptyMeansAll: true,
    live: true,
  });
  throwIfAny(errors);
  if (told && infos.length === 0) call.err(`No resources found in ${call.namespace} namespace.\n`);
  return infos;
}

/** Whether a rollout is over and what `rollout status` says about it (polymorphichelpers/rollout_status.go). */
export function rolloutStatus(object: Json): { text: string; done: boolean } {
  const { metadata, spec, status = {} } = object;
  const name = metadata.name;
  const n = (field: string): number => status[field] ?? 0;
  const observed = (metadata.generation ?? 0) <= (status.observedGeneration ?? 0);
  if (object.kind === 'Deployment') {
    if (!observed) return { text: 'Waiting for deployment spec update to be observed...\n', done: false };
    const progressing = (status.conditions ?? []).find((c: Json) => c.type === 'Progressing');
    if (progressing?.reason === 'ProgressDeadlineExceeded')
      throw new KubectlError(`deployment ${JSON.stringify(name)} exceeded its progress deadline`);
    if (n('updatedReplicas') < spec.replicas)
      return {
        text: `Waiting for deployment ${JSON.stringify(name)} rollout to finish: ${n('updatedReplicas')} out of ${spec.replicas} new replicas have been updated...\n`,
        done: false,
      };
    if (n('replicas') > n('updatedReplicas'))
      return {
        text: `Waiting for deployment ${JSON.stringify(name)} rollout to finish: ${n('replicas') - n('updatedReplicas')} old replicas are pending termination...\n`,
        done: false,
      };
    if (n('availableReplicas') < n('updatedReplicas'))
      return {
        text: `Waiting for deployment ${JSON.stringify(name)} rollout to finish: ${n('availableReplicas')} of ${n('updatedReplicas')} updated replicas are available...\n`,
        done: false,
      };
    return { text: `deployment ${JSON.stringify(name)} successfully rolled out\n`, done: true };
  }
  if (object.kind === 'DaemonSet') {
    if (spec.updateStrategy?.type !== 'RollingUpdate')
      throw new KubectlError(`rollout status is only available for RollingUpdate strategy type`);
    if (!observed) return { text: 'Waiting for daemon set spec update to be observed...\n', done: false };
    const wanted = n('desiredNumberScheduled');
    if (n('updatedNumberScheduled') < wanted)
      return {
        text: `Waiting for daemon set ${JSON.stringify(name)} rollout to finish: ${n('updatedNumberScheduled')} out of ${wanted} new pods have been updated...\n`,
        done: false,
      };
    if (n('numberAvailable') < wanted)
      return {
        text: `Waiting for daemon set ${JSON.stringify(name)} rollout to finish: ${n('numberAvailable')} of ${wanted} updated pods are available...\n`,
        done: false,
      };
    return { text: `daemon set ${JSON.stringify(name)} successfully rolled out\n`, done: true };
  }
  if (object.kind === 'StatefulSet') {
    if (spec.updateStrategy?.type !== 'RollingUpdate')
      throw new KubectlError('rollout status is only available for RollingUpdate strategy type');
    if (!observed) return { text: 'Waiting for statefulset spec update to be observed...\n', done: false };
    if (n('readyReplicas') < spec.replicas)
      return { text: `Waiting for ${spec.replicas - n('readyReplicas')} pods to be ready...\n`, done: false };
    const partition = spec.updateStrategy.rollingUpdate?.partition ?? 0;
    if (spec.updateStrategy.rollingUpdate) {
      if (n('updatedReplicas') < spec.replicas - partition)
        return {
          text: `Waiting for partitioned roll out to finish: ${n('updatedReplicas')} out of ${spec.replicas - partition} new pods have been updated...\n`,
          done: false,
        };
      return {
        text: `partitioned roll out complete: ${n('updatedReplicas')} new pods have been updated...\n`,
        done: true,
      };
    }
    if (status.updateRevision !== status.currentRevision)
      return {
        text: `waiting for statefulset rolling update to complete ${n('updatedReplicas')} pods at revision ${status.updateRevision}...\n`,
        done: false,
      };
    return {
      text: `statefulset rolling update complete ${n('currentReplicas')} pods at revision ${status.currentRevision}...\n`,
      done: true,
    };
  }
  const [group] = object.apiVersion.includes('/') ? object.apiVersion.split('/') : [''];
  throw new KubectlError(`no status viewer has been implemented for ${object.kind}${group ? `.${group}` : ''}`);
}

async function status(call: Call): Promise<void> {
  const timeout = call.flags.duration('timeout');
  const until = timeout > 0 ? call.time.now() + timeout : Number.POSITIVE_INFINITY;
  for (const info of await targets(call)) {
    let last = '';
    for (;;) {
      const live = await call.client.get(pathOf(info.resource, info.namespace, info.name));
      const { text, done } = rolloutStatus(live);
      if (text !== last) call.out(text);
      last = text;
      if (done || !call.flags.bool('watch')) break;
      if (call.time.now() >= until) throw new KubectlError('timed out waiting for the condition');
      await call.time.sleep(Math.min(250, until - call.time.now()), call.signal);
    }
  }
}

interface Revision {
  revision: number;
  cause: string;
  template: Json;
  /** The ReplicaSet or ControllerRevision that keeps it. */
  object: Json;
}

/** Workloads whose past nobody keeps, though kubectl knows them. */
const WITHOUT_PAST = ['Pod', 'ReplicationController', 'ReplicaSet', 'Job', 'CronJob'];

function noPast({ apiVersion, kind }: Json, doing: 'history' | 'undo'): string {
  if (WITHOUT_PAST.includes(kind))
    return `no ${doing === 'history' ? 'history viewer' : 'rollbacker'} has been implemented for ${JSON.stringify(kind)}`;
  const group = apiVersion.includes('/') ? apiVersion.split('/')[0] : '';
  const what = doing === 'history' ? 'history' : 'rollbacker';
  return `error retrieving ${what} for ${JSON.stringify(kind)}, no visitor method exists for {${group} ${kind}}`;
}

async function revisions(call: Call, info: Info, doing: 'history' | 'undo'): Promise<Revision[]> {
  const object = info.object!;
  if (object.kind === 'Deployment') {
    const sets = await replicaSetsOf(call.client, object);
    return sets
      .map((rs) => ({
        revision: revisionOf(rs),
        cause: rs.metadata.annotations?.[CHANGE_CAUSE] ?? '',
        template: rs.spec.template,
        object: { ...rs, apiVersion: 'apps/v1', kind: 'ReplicaSet' },
      }))
      .sort((a, b) => a.revision - b.revision);
  }
  if (object.kind !== 'DaemonSet' && object.kind !== 'StatefulSet') throw new KubectlError(noPast(object, doing));
  const list = await call.client.list(`/apis/apps/v1/namespaces/${info.namespace}/controllerrevisions`);
  return (list.items as Json[])
    .filter((one) => one.metadata.ownerReferences?.some((ref: Json) => ref.uid === object.metadata.uid))
    .map((one) => ({
      revision: one.revision,
      cause: one.metadata.annotations?.[CHANGE_CAUSE] ?? '',
      template: one.data?.spec?.template,
      object: { ...one, apiVersion: 'apps/v1', kind: 'ControllerRevision' },
    }))
    .sort((a, b) => a.revision - b.revision);
}

/** The template as history shows it: the cause of the change stands among its annotations. */
function withCause({ template, cause }: Revision): Json {
  if (!cause) return template;
  const annotations = { ...template.metadata?.annotations, [CHANGE_CAUSE]: cause };
  return { ...template, metadata: { ...template.metadata, annotations } };
}

/** Annotations that belong to the Deployment or the ReplicaSet alone. */
const OWN_ANNOTATIONS = [
  'kubectl.kubernetes.io/last-applied-configuration',
  'deployment.kubernetes.io/revision',
  'deployment.kubernetes.io/revision-history',
  'deployment.kubernetes.io/desired-replicas',
  'deployment.kubernetes.io/max-replicas',
  'deprecated.deployment.rollback.to',
];

/** A Deployment that goes back takes the ReplicaSet's annotations along, among them the cause of that change. */
function annotationsBack(deployment: Json, rs: Json): Json {
  const pick = (of: Json, own: boolean): [string, unknown][] =>
    Object.entries(of.metadata.annotations ?? {}).filter(([key]) => OWN_ANNOTATIONS.includes(key) === own);
  return Object.fromEntries([...pick(deployment, true), ...pick(rs, false)]);
}

async function history(call: Call): Promise<void> {
  const wanted = call.flags.int('revision');
  const printer = await objectPrinter(call, { ...PLAIN, typed: true });
  for (const info of await targets(call, false)) {
    const list = await revisions(call, info, 'history');
    if (printer) {
      const shown = list.filter((one) => wanted === 0 || one.revision === wanted);
      if (shown.length === 0) throw new KubectlError('unable to find the specified revision');
      for (const { object } of shown) call.out(printer(object));
      continue;
    }
    const name = displayName(info.resource, info.name);
    if (wanted > 0) {
      const found = list.find((one) => one.revision === wanted);
      if (!found) throw new KubectlError(`unable to find the specified revision`);
      const w = new DescribeWriter(false);
      podTemplate(w, withCause(found));
      call.out(`${name} with revision #${wanted}\n${w.take()}\n`);
      continue;
    }
    const writer = describeWriter();
    writer.write('REVISION\tCHANGE-CAUSE\n');
    for (const one of list) writer.write(`${one.revision}\t${one.cause || '<none>'}\n`);
    call.out(`${name} \n${writer.take()}\n`);
  }
}

async function undo(call: Call): Promise<void> {
  const wanted = call.flags.int('to-revision');
  if (wanted < 0) throw new KubectlError(`revision must be a positive integer: ${wanted}`);
  for (const info of await targets(call, false)) {
    const object = info.object!;
    const name = displayName(info.resource, info.name);
    const list = await revisions(call, info, 'undo');
    const current =
      object.kind === 'Deployment'
        ? revisionOf(newReplicaSet(object, await replicaSetsOf(call.client, object)))
        : Math.max(...list.map((one) => one.revision));
    const older = list.filter((one) => one.revision !== current);
    const previous = object.kind === 'Deployment' ? list.at(-2) : older.at(-1);
    const found = wanted > 0 ? list.find((one) => one.revision === wanted) : previous;
    if (!found)
      throw new KubectlError(
        wanted > 0
          ? `unable to find specified revision ${wanted} in history`
          : object.kind === 'Deployment'
            ? `no rollout history found for deployment ${JSON.stringify(info.name)}`
            : 'no last revision to roll back to',
      );
    if (object.spec.paused)
      throw new KubectlError(
        `you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume deployment/${info.name}' and try again`,
      );
    if (found.revision === current) {
      call.out(`${name} skipped rollback (current template already matches revision ${found.revision})\n`);
      continue;
    }
    if (dryRunOf(call) === 'client') {
      const w = new DescribeWriter(false);
      podTemplate(w, found.template);
      call.out(`${name} ${w.take()} (dry run)\n`);
      continue;
    }
    const query = { dryRun: dryRunOf(call) === 'server' ? 'All' : undefined };
    {
      const path = withQuery(pathOf(info.resource, info.namespace, info.name), query);
      if (object.kind === 'Deployment')
        await call.client.json(
          'PATCH',
          path,
          [
            { op: 'replace', path: '/spec/template', value: bareTemplate(found.template) },
            { op: 'replace', path: '/metadata/annotations', value: annotationsBack(object, found.object) },
          ],
          'application/json-patch+json',
        );
      else
        await call.client.json(
          'PATCH',
          path,
          { spec: { template: { ...found.template, $patch: 'replace' } } },
          'application/strategic-merge-patch+json',
        );
    }
    (await resultPrinter(call, 'rolled back'))(object, info.resource);
  }
}

/** One strategic patch for each target; `change` may refuse with a text of its own. */
function patcher(done: string, change: (object: Json, call: Call, info: Info) => Json): (call: Call) => Promise<void> {
  return async (call) => {
    const errors: Error[] = [];
    for (const info of await targets(call)) {
      try {
        const path = withQuery(pathOf(info.resource, info.namespace, info.name), {
          fieldManager: call.flags.str('field-manager'),
        });
        const object = await call.client.json(
          'PATCH',
          path,
          change(info.object, call, info),
          'application/strategic-merge-patch+json',
        );
        (await resultPrinter(call, done))(object, info.resource);
      } catch (error) {
        errors.push(error as Error);
      }
    }
    throwIfAny(errors);
  };
}

const restart = patcher('restarted', (object, call, info) => {
  const what = `${groupResource(info.resource)} ${JSON.stringify(object.metadata.name)}`;
  if (!['Deployment', 'DaemonSet', 'StatefulSet'].includes(object.kind))
    throw new KubectlExit(`error: ${what} restarting is not supported`);
  if (object.spec.paused)
    throw new KubectlExit(`error: ${what} can't restart paused deployment (run rollout resume first)`);
  const stamp = `${new Date(call.time.now()).toISOString().slice(0, 19)}Z`;
  return { spec: { template: { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': stamp } } } } };
});

const pausing =
  (paused: boolean) =>
  (object: Json, _call: Call, { resource }: Info): Json => {
    const what = `${groupResource(resource)} ${JSON.stringify(object.metadata.name)}`;
    if (object.kind !== 'Deployment')
      throw new KubectlExit(`error: ${what} ${paused ? 'pausing' : 'resuming'} is not supported`);
    if (!!object.spec.paused === paused)
      throw new KubectlExit(`error: ${what} is ${paused ? 'already' : 'not'} paused`);
    return { spec: { paused: paused || null } };
  };

const common = [...fileFlags, selectorFlags[0]!];
const output = [
  { name: 'output', short: 'o', type: 'string' as const },
  { name: 'template', type: 'string' as const },
  { name: 'show-managed-fields', type: 'bool' as const },
  { name: 'allow-missing-template-keys', type: 'bool' as const, default: 'true' },
  fieldManagerFlag('kubectl-rollout'),
];

export const rollout: Verb = {
  name: 'rollout',
  group: 'out',
  flags: [],
  subcommands: [
    {
      name: 'history',
      flags: [...common, ...output.slice(0, 4), { name: 'revision', type: 'int' }],
      run: history,
    },
    {
      name: 'pause',
      flags: [...common, ...output],
      run: patcher('paused', pausing(true)),
    },
    { name: 'restart', flags: [...common, ...output], run: restart },
    {
      name: 'resume',
      flags: [...common, ...output],
      run: patcher('resumed', pausing(false)),
    },
    {
      name: 'status',
      flags: [
        ...common,
        { name: 'watch', short: 'w', type: 'bool', default: 'true' },
        { name: 'timeout', type: 'duration', default: '0s' },
        { name: 'revision', type: 'int' },
      ],
      run: status,
    },
    {
      name: 'undo',
      flags: [...common, ...output.slice(0, 4), dryRunFlag, { name: 'to-revision', type: 'int' }],
      run: undo,
    },
  ],
};
