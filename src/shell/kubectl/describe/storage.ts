import { since } from '../../../kube/duration.ts';
import type { Json } from '../../../kube/object.ts';
import { volumeSource } from './volumes.ts';
import {
  annotationsMultiline,
  boolOrUnset,
  type Describer,
  eventsTable,
  formatLabels,
  labelsMultiline,
} from './writer.ts';

const MODES: Record<string, string> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};
const modes = (list: string[] | undefined): string =>
  Object.keys(MODES)
    .filter((mode) => list?.includes(mode))
    .map((mode) => MODES[mode])
    .join(',');
const status = (object: Json, nowMs: number): string =>
  object.metadata.deletionTimestamp
    ? `Terminating (lasts ${since(object.metadata.deletionTimestamp, nowMs)})`
    : (object.status?.phase ?? '');
const CLASS = 'volume.beta.kubernetes.io/storage-class';

export const persistentVolume: Describer = (object, w, context) => {
  const { metadata, spec } = object;
  w.field('Name', metadata.name);
  labelsMultiline(w, 'Labels', metadata.labels);
  annotationsMultiline(w, 'Annotations', metadata.annotations);
  w.field('Finalizers', `[${(metadata.finalizers ?? []).join(' ')}]`);
  w.field('StorageClass', metadata.annotations?.[CLASS] ?? spec.storageClassName ?? '');
  w.field('Status', status(object, context.nowMs));
  w.field('Claim', spec.claimRef ? `${spec.claimRef.namespace}/${spec.claimRef.name}` : '');
  w.field('Reclaim Policy', spec.persistentVolumeReclaimPolicy);
  w.field('Access Modes', modes(spec.accessModes));
  if (spec.volumeMode) w.field('VolumeMode', spec.volumeMode);
  w.field('Capacity', spec.capacity?.storage ?? '0');
  const terms = spec.nodeAffinity?.required?.nodeSelectorTerms as Json[] | undefined;
  w.line(0, `Node Affinity:\t${terms ? '' : '<none>'}`);
  if (terms) w.line(1, `Required Terms:\t${terms.length > 0 ? '' : '<none>'}`);
  for (const [at, term] of (terms ?? []).entries()) {
    w.write(2, `Term ${at}:\t`);
    if (!term.matchExpressions?.length) w.line(0, '<none>');
    for (const [i, req] of (term.matchExpressions ?? []).entries())
      w.line(
        i === 0 ? 0 : 2,
        `${i === 0 ? '' : '\t'}${req.key} ${String(req.operator).toLowerCase()}${req.values?.length ? ` [${req.values.join(', ')}]` : ''}`,
      );
  }
  w.field('Message', object.status?.message);
  w.line(0, 'Source:');
  const kind = ['hostPath', 'nfs', 'csi', 'local'].find((name) => spec[name]);
  if (kind) volumeSource(w, { [kind]: spec[kind] });
  eventsTable(w, context);
};

export const persistentVolumeClaim: Describer = async (object, w, context) => {
  const { metadata, spec } = object;
  w.field('Name', metadata.name);
  w.field('Namespace', metadata.namespace);
  w.field('StorageClass', metadata.annotations?.[CLASS] ?? spec.storageClassName ?? '');
  w.field('Status', status(object, context.nowMs));
  w.field('Volume', spec.volumeName);
  labelsMultiline(w, 'Labels', metadata.labels);
  annotationsMultiline(w, 'Annotations', metadata.annotations);
  w.field('Finalizers', `[${(metadata.finalizers ?? []).join(' ')}]`);
  w.field('Capacity', spec.volumeName ? (object.status?.capacity?.storage ?? '0') : '');
  w.field('Access Modes', spec.volumeName ? modes(object.status?.accessModes) : '');
  if (spec.volumeMode) w.field('VolumeMode', spec.volumeMode);
  const pods = ((await context.client.list(`/api/v1/namespaces/${metadata.namespace}/pods`)).items as Json[])
    .filter((pod) =>
      (pod.spec.volumes ?? []).some((volume: Json) => volume.persistentVolumeClaim?.claimName === metadata.name),
    )
    .map((pod) => pod.metadata.name)
    .sort();
  w.field('Used By', pods.join('\n\t') || '<none>');
  eventsTable(w, context);
};

export const storageClass: Describer = (object, w, context) => {
  const { metadata } = object;
  w.field('Name', metadata.name);
  w.field(
    'IsDefaultClass',
    metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true' ? 'Yes' : 'No',
  );
  w.field('Annotations', formatLabels(metadata.annotations));
  w.field('Provisioner', object.provisioner);
  w.field('Parameters', formatLabels(object.parameters));
  w.field('AllowVolumeExpansion', boolOrUnset(object.allowVolumeExpansion));
  w.line(0, `MountOptions:${object.mountOptions?.length ? '' : '\t<none>'}`);
  for (const option of object.mountOptions ?? []) w.line(1, option);
  if (object.reclaimPolicy) w.field('ReclaimPolicy', object.reclaimPolicy);
  if (object.volumeBindingMode) w.field('VolumeBindingMode', object.volumeBindingMode);
  const topologies = object.allowedTopologies as Json[] | undefined;
  if (topologies) w.line(0, `AllowedTopologies:\t${topologies.length > 0 ? '' : '<none>'}`);
  for (const [at, term] of (topologies ?? []).entries()) {
    w.write(1, `Term ${at}:\t`);
    const expressions = (term.matchLabelExpressions ?? []) as Json[];
    if (expressions.length === 0) w.line(0, '<none>');
    for (const [i, { key, values }] of expressions.entries())
      w.line(0, `${i > 0 ? '\t' : ''}${key} in [${(values as string[]).join(', ')}]`);
  }
  eventsTable(w, context);
};

export const volumeAttributesClass: Describer = (object, w, context) => {
  w.field('Name', object.metadata.name);
  annotationsMultiline(w, 'Annotations', object.metadata.annotations);
  w.field('DriverName', object['driverName']);
  w.field('Parameters', formatLabels(object['parameters']));
  eventsTable(w, context);
};
