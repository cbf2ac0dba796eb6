import { rfc1123z } from '../../../kube/duration.ts';
import type { Json } from '../../../kube/object.ts';
import { quantityNumber } from '../../../kube/quantity.ts';
import {
  annotationsMultiline,
  type Describer,
  type DescribeWriter,
  eventsTable,
  head,
  labelsMultiline,
} from './writer.ts';

export const configMap: Describer = (object, w, context) => {
  head(w, object);
  w.write(0, '\nData\n====\n');
  for (const key of Object.keys(object.data ?? {}).sort()) w.write(0, `${key}:\n----\n${object.data[key]}\n\n`);
  w.write(0, '\nBinaryData\n====\n');
  for (const key of Object.keys(object.binaryData ?? {}).sort())
    w.line(0, `${key}: ${Buffer.from(object.binaryData[key], 'base64').length} bytes`);
  w.line(0, '');
  eventsTable(w, context);
};

export const secret: Describer = (object, w) => {
  head(w, object);
  w.write(0, `\nType:\t${object.type ?? ''}\n\nData\n====\n`);
  for (const key of Object.keys(object.data ?? {}).sort()) {
    const value = Buffer.from(object.data[key] ?? '', 'base64');
    w.line(
      0,
      key === 'token' && object.type === 'kubernetes.io/service-account-token'
        ? `${key}:\t${value.toString('utf8')}`
        : `${key}:\t${value.length} bytes`,
    );
  }
};

export const serviceAccount: Describer = (object, w, context) => {
  head(w, object);
  const names = (object.imagePullSecrets ?? []).map((one: Json) => one.name);
  if (names.length === 0) w.line(0, 'Image pull secrets:\t<none>');
  for (const [at, name] of names.entries()) w.line(0, `${at === 0 ? 'Image pull secrets:' : ' '.repeat(19)}\t${name}`);
  eventsTable(w, context);
};

function limits(w: DescribeWriter, spec: Json, lead: string): void {
  for (const item of spec.limits ?? []) {
    const names = new Set(
      ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'].flatMap((field) =>
        Object.keys(item[field] ?? {}),
      ),
    );
    for (const name of [...names].sort()) {
      const cell = (field: string): string => item[field]?.[name] ?? '-';
      w.line(
        0,
        `${lead}${item.type}\t${name}\t${cell('min')}\t${cell('max')}\t${cell('defaultRequest')}\t${cell('default')}\t${cell('maxLimitRequestRatio')}`,
      );
    }
  }
}

export const limitRange: Describer = (object, w) => {
  w.field('Name', object.metadata.name);
  w.field('Namespace', object.metadata.namespace);
  w.line(0, 'Type\tResource\tMin\tMax\tDefault Request\tDefault Limit\tMax Limit/Request Ratio');
  w.line(0, '----\t--------\t---\t---\t---------------\t-------------\t-----------------------');
  limits(w, object.spec, '');
};

const hardNames = (status: Json): string[] => Object.keys(status?.hard ?? {}).sort();
const used = (status: Json, name: string): string =>
  status.used?.[name] ?? (quantityNumber(status.hard[name]) === undefined ? '' : '0');

const SCOPES: Record<string, string> = {
  Terminating:
    'have an active deadline. These pods have a limited lifespan on a node before being actively terminated by the system.',
  NotTerminating:
    'do not have an active deadline. These pods usually include long running pods whose container command is not expected to terminate.',
  BestEffort: 'do not have resource requirements set. These pods have a best effort quality of service.',
  NotBestEffort:
    'have at least one resource requirement set. These pods have a burstable or guaranteed quality of service.',
};

export const resourceQuota: Describer = (object, w) => {
  w.field('Name', object.metadata.name);
  w.field('Namespace', object.metadata.namespace);
  const scopes: string[] = [...(object.spec.scopes ?? [])].sort();
  if (scopes.length > 0) w.field('Scopes', scopes.join(', '));
  for (const scope of scopes) if (SCOPES[scope]) w.line(0, ` * Matches all pods that ${SCOPES[scope]}`);
  w.line(0, 'Resource\tUsed\tHard');
  w.line(0, '--------\t----\t----');
  for (const name of hardNames(object.status))
    w.line(0, `${name}\t${used(object.status, name)}\t${object.status.hard[name]}`);
};

export const namespace: Describer = async (object, w, { client }) => {
  const { metadata, status } = object;
  w.field('Name', metadata.name);
  labelsMultiline(w, 'Labels', metadata.labels);
  annotationsMultiline(w, 'Annotations', metadata.annotations);
  w.field('Status', status?.phase);
  if (status?.conditions?.length) {
    w.line(0, 'Conditions:');
    w.line(1, 'Type\tStatus\tLastTransitionTime\tReason\tMessage');
    w.line(1, '----\t------\t------------------\t------\t-------');
    for (const c of status.conditions)
      w.line(1, `${c.type}\t${c.status}\t${rfc1123z(c.lastTransitionTime)}\t${c.reason ?? ''}\t${c.message ?? ''}`);
  }
  const quotas = (await client.list(`/api/v1/namespaces/${metadata.name}/resourcequotas`)).items as Json[];
  w.line(0, '');
  w.line(0, quotas.length > 0 ? 'Resource Quotas' : 'No resource quota.');
  for (const quota of quotas) {
    w.line(1, `Name:\t${quota.metadata.name}`);
    if (quota.spec.scopes?.length) w.line(1, `Scopes:\t${[...quota.spec.scopes].sort().join(', ')}`);
    w.line(1, 'Resource\tUsed\tHard');
    w.line(1, '--------\t---\t---');
    for (const name of hardNames(quota.status))
      w.line(1, `${name}\t${used(quota.status, name)}\t${quota.status.hard[name]}`);
  }
  const ranges = (await client.list(`/api/v1/namespaces/${metadata.name}/limitranges`)).items as Json[];
  w.line(0, '');
  if (ranges.length === 0) return w.line(0, 'No LimitRange resource.');
  w.line(0, 'Resource Limits\n Type\tResource\tMin\tMax\tDefault Request\tDefault Limit\tMax Limit/Request Ratio');
  w.line(0, ' ----\t--------\t---\t---\t---------------\t-------------\t-----------------------');
  for (const range of ranges) limits(w, range.spec, ' ');
};
