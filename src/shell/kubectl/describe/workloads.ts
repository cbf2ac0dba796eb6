import { humanDuration, rfc1123z } from '../../../kube/duration.ts';
import type { Json } from '../../../kube/object.ts';
import type { Client } from '../client.ts';
import { withQuery } from '../client.ts';
import { newReplicaSet, replicaSetsOf } from '../rollouts.ts';
import { podTemplate } from './pod.ts';
import {
  annotationsMultiline,
  boolOrUnset,
  conditionsTable,
  controllerText,
  type Describer,
  type DescribeWriter,
  eventsTable,
  formatLabels,
  formatSelector,
  head,
  labelsMultiline,
} from './writer.ts';

/** `1 Running / 0 Waiting / …` of the pods that the object controls. */
async function podsStatus(client: Client, object: Json, selector: string): Promise<string> {
  const list = await client.list(
    withQuery(`/api/v1/namespaces/${object.metadata.namespace}/pods`, { labelSelector: selector }),
  );
  const count: Record<string, number> = { Running: 0, Pending: 0, Succeeded: 0, Failed: 0 };
  for (const pod of list.items) {
    const owner = pod.metadata.ownerReferences?.find((ref: Json) => ref.controller);
    if (owner?.uid === object.metadata.uid) count[pod.status?.phase] = (count[pod.status?.phase] ?? 0) + 1;
  }
  return `${count.Running} Running / ${count.Pending} Waiting / ${count.Succeeded} Succeeded / ${count.Failed} Failed`;
}

const replicaSetText = (list: Json[]): string =>
  list
    .map((rs) => `${rs.metadata.name} (${rs.status?.replicas ?? 0}/${rs.spec.replicas} replicas created)`)
    .join(', ') || '<none>';

export const deployment: Describer = async (object, w, context) => {
  const { metadata, spec, status = {} } = object;
  w.field('Name', metadata.name);
  w.field('Namespace', metadata.namespace);
  w.field('CreationTimestamp', rfc1123z(metadata.creationTimestamp));
  labelsMultiline(w, 'Labels', metadata.labels);
  annotationsMultiline(w, 'Annotations', metadata.annotations);
  w.field('Selector', formatSelector(spec.selector));
  const n = (field: string): number => status[field] ?? 0;
  w.field(
    'Replicas',
    `${spec.replicas} desired | ${n('updatedReplicas')} updated | ${n('replicas')} total | ${n('availableReplicas')} available | ${n('unavailableReplicas')} unavailable`,
  );
  w.field('StrategyType', spec.strategy?.type);
  w.field('MinReadySeconds', spec.minReadySeconds ?? 0);
  if (spec.strategy?.rollingUpdate)
    w.field(
      'RollingUpdateStrategy',
      `${spec.strategy.rollingUpdate.maxUnavailable} max unavailable, ${spec.strategy.rollingUpdate.maxSurge} max surge`,
    );
  podTemplate(w, spec.template);
  conditionsTable(w, status.conditions);
  const sets = await replicaSetsOf(context.client, object);
  const fresh = newReplicaSet(object, sets);
  if (sets.length > 0) {
    w.field('OldReplicaSets', replicaSetText(sets.filter((rs) => rs !== fresh)));
    w.field('NewReplicaSet', replicaSetText(fresh ? [fresh] : []));
  }
  eventsTable(w, context);
};

export const replicaSet: Describer = async (object, w, context) => {
  const { metadata, spec, status = {} } = object;
  const core = object.kind === 'ReplicationController';
  const selector = core ? formatLabels(spec.selector) : formatSelector(spec.selector);
  w.field('Name', metadata.name);
  w.field('Namespace', metadata.namespace);
  w.field('Selector', selector);
  labelsMultiline(w, 'Labels', metadata.labels);
  annotationsMultiline(w, 'Annotations', metadata.annotations);
  const owner = controllerText(object);
  if (owner && !core) w.field('Controlled By', owner);
  w.field('Replicas', `${status.replicas ?? 0} current / ${spec.replicas} desired`);
  w.field('Pods Status', await podsStatus(context.client, object, selector));
  podTemplate(w, spec.template);
  conditionsTable(w, status.conditions);
  eventsTable(w, context);
};

function claimTemplates(w: DescribeWriter, list: Json[] | undefined): void {
  w.line(0, `Volume Claims:${list?.length ? '' : '\t<none>'}`);
  for (const claim of list ?? []) {
    w.line(1, `Name:\t${claim.metadata.name}`);
    w.line(
      1,
      `StorageClass:\t${claim.metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? claim.spec.storageClassName ?? ''}`,
    );
    labelsMultiline(w, 'Labels', claim.metadata.labels, '  ');
    labelsMultiline(w, 'Annotations', claim.metadata.annotations, '  ');
    w.line(1, `Capacity:\t${claim.spec.resources?.requests?.storage ?? '<default>'}`);
    w.line(1, `Access Modes:\t[${(claim.spec.accessModes ?? []).join(' ')}]`);
  }
}

export const statefulSet: Describer = async (object, w, context) => {
  const { metadata, spec, status = {} } = object;
  w.field('Name', metadata.name);
  w.field('Namespace', metadata.namespace);
  w.field('CreationTimestamp', rfc1123z(metadata.creationTimestamp));
  w.field('Selector', formatSelector(spec.selector));
  labelsMultiline(w, 'Labels', metadata.labels);
  annotationsMultiline(w, 'Annotations', metadata.annotations);
  w.field('Replicas', `${spec.replicas} desired | ${status.replicas ?? 0} total`);
  w.field('Update Strategy', spec.updateStrategy?.type);
  const rolling = spec.updateStrategy?.rollingUpdate;
  if (rolling?.partition !== undefined) {
    w.line(1, `Partition:\t${rolling.partition}`);
    if (rolling.maxUnavailable !== undefined) w.line(1, `MaxUnavailable:\t${rolling.maxUnavailable}`);
  }
  w.field('Pods Status', await podsStatus(context.client, object, formatSelector(spec.selector)));
  podTemplate(w, spec.template);
  claimTemplates(w, spec.volumeClaimTemplates);
  eventsTable(w, context);
};

export const daemonSet: Describer = async (object, w, context) => {
  const { metadata, spec, status = {} } = object;
  w.field('Name', metadata.name);
  w.field('Namespace', metadata.namespace);
  w.field('Selector', formatSelector(spec.selector));
  w.field('Node-Selector', formatLabels(spec.template.spec.nodeSelector));
  labelsMultiline(w, 'Labels', metadata.labels);
  annotationsMultiline(w, 'Annotations', metadata.annotations);
  w.line(0, `Desired Number of Nodes Scheduled: ${status.desiredNumberScheduled ?? 0}`);
  w.line(0, `Current Number of Nodes Scheduled: ${status.currentNumberScheduled ?? 0}`);
  w.line(0, `Number of Nodes Scheduled with Up-to-date Pods: ${status.updatedNumberScheduled ?? 0}`);
  w.line(0, `Number of Nodes Scheduled with Available Pods: ${status.numberAvailable ?? 0}`);
  w.line(0, `Number of Nodes Misscheduled: ${status.numberMisscheduled ?? 0}`);
  w.field('Pods Status', await podsStatus(context.client, object, formatSelector(spec.selector)));
  podTemplate(w, spec.template);
  eventsTable(w, context);
};

export const job: Describer = (object, w, context) => {
  const { metadata, spec, status = {} } = object;
  w.field('Name', metadata.name);
  w.field('Namespace', metadata.namespace);
  w.field('Selector', formatSelector(spec.selector));
  labelsMultiline(w, 'Labels', metadata.labels);
  annotationsMultiline(w, 'Annotations', metadata.annotations);
  const owner = controllerText(object);
  if (owner) w.field('Controlled By', owner);
  const optional = (name: string, value: unknown): void => {
    if (value !== undefined && value !== null) w.field(name, value);
  };
  optional('Parallelism', spec.parallelism);
  w.field('Completions', spec.completions ?? '<unset>');
  optional('Completion Mode', spec.completionMode);
  optional('Suspend', spec.suspend);
  optional('Backoff Limit', spec.backoffLimit);
  optional('TTL Seconds After Finished', spec.ttlSecondsAfterFinished);
  if (status.startTime) w.field('Start Time', rfc1123z(status.startTime));
  if (status.completionTime) w.field('Completed At', rfc1123z(status.completionTime));
  if (status.startTime && status.completionTime)
    w.field('Duration', humanDuration(Date.parse(status.completionTime) - Date.parse(status.startTime)));
  if (spec.activeDeadlineSeconds) w.field('Active Deadline Seconds', `${spec.activeDeadlineSeconds}s`);
  const ready = status.ready === undefined || status.ready === null ? '' : ` (${status.ready} Ready)`;
  w.field(
    'Pods Statuses',
    `${status.active ?? 0} Active${ready} / ${status.succeeded ?? 0} Succeeded / ${status.failed ?? 0} Failed`,
  );
  if (spec.completionMode === 'Indexed') w.field('Completed Indexes', status.completedIndexes || '<none>');
  podTemplate(w, spec.template);
  eventsTable(w, context);
};

export const cronJob: Describer = (object, w, context) => {
  const { spec, status = {} } = object;
  head(w, object);
  w.field('Schedule', spec.schedule);
  w.field('Concurrency Policy', spec.concurrencyPolicy);
  w.field('Suspend', boolOrUnset(spec.suspend));
  w.field('Successful Job History Limit', spec.successfulJobsHistoryLimit ?? '<unset>');
  w.field('Failed Job History Limit', spec.failedJobsHistoryLimit ?? '<unset>');
  w.field(
    'Starting Deadline Seconds',
    spec.startingDeadlineSeconds === undefined ? '<unset>' : `${spec.startingDeadlineSeconds}s`,
  );
  const template = spec.jobTemplate.spec;
  w.field('Selector', template.selector ? formatSelector(template.selector) : '<unset>');
  w.field('Parallelism', template.parallelism ?? '<unset>');
  w.field('Completions', template.completions ?? '<unset>');
  if (template.activeDeadlineSeconds) w.field('Active Deadline Seconds', `${template.activeDeadlineSeconds}s`);
  podTemplate(w, template.template);
  w.field('Last Schedule Time', status.lastScheduleTime ? rfc1123z(status.lastScheduleTime) : '<unset>');
  w.field('Active Jobs', (status.active ?? []).map((one: Json) => one.name).join(', ') || '<none>');
  eventsTable(w, context);
};
