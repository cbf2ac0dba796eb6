import data from '../../../kube/k8s-api-v1.35.data.json' with { type: 'json' };
import type { Json } from '../../../kube/object.ts';
import type { Entry } from './build.ts';

const groupVersions = data.groupVersions as unknown as Record<
  string,
  Record<string, { kind: string; namespaced?: boolean }>
>;

function isClusterScoped({ apiVersion, kind }: Json): boolean {
  const found = Object.values(groupVersions[apiVersion] ?? {}).find((one) => one.kind === kind);
  return found !== undefined && !found.namespaced;
}

const WORKLOADS = ['Deployment', 'ReplicaSet', 'DaemonSet', 'StatefulSet', 'ReplicationController', 'Job'];

/** Pod templates inside an object. */
export function templates(object: Json): Json[] {
  if (object.kind === 'CronJob') return [object.spec?.jobTemplate?.spec?.template].filter(Boolean);
  return WORKLOADS.includes(object.kind) && object.spec?.template ? [object.spec.template] : [];
}

function add(metadata: Json, field: 'labels' | 'annotations', values: Json): Json {
  return { ...metadata, [field]: { ...metadata?.[field], ...values } };
}

/** Labels of the object and, as asked, of its pod templates and selectors. */
function label(object: Json, values: Json, where: { selectors: boolean; templates: boolean }): void {
  object.metadata = add(object.metadata, 'labels', values);
  if (where.templates || where.selectors)
    for (const template of templates(object)) template.metadata = add(template.metadata, 'labels', values);
  if (!where.selectors) return;
  if (object.kind === 'CronJob' && object.spec?.jobTemplate)
    object.spec.jobTemplate.metadata = add(object.spec.jobTemplate.metadata, 'labels', values);
  const { spec } = object;
  if (object.kind === 'Service' || object.kind === 'ReplicationController') {
    if (spec && spec.type !== 'ExternalName') spec.selector = { ...spec.selector, ...values };
  } else if (['Deployment', 'ReplicaSet', 'DaemonSet', 'StatefulSet'].includes(object.kind))
    spec.selector = { ...spec.selector, matchLabels: { ...spec.selector?.matchLabels, ...values } };
  else if (spec?.selector?.matchLabels) spec.selector.matchLabels = { ...spec.selector.matchLabels, ...values };
  else if (object.kind === 'NetworkPolicy' && spec?.podSelector?.matchLabels)
    spec.podSelector.matchLabels = { ...spec.podSelector.matchLabels, ...values };
}

function annotate(object: Json, values: Json): void {
  object.metadata = add(object.metadata, 'annotations', values);
  for (const template of templates(object)) template.metadata = add(template.metadata, 'annotations', values);
}

function place(object: Json, namespace: string): void {
  if (object.kind === 'Namespace') object.metadata.name = namespace;
  else if (!isClusterScoped(object)) object.metadata.namespace = namespace;
  for (const subject of object.subjects ?? [])
    if (subject.kind === 'ServiceAccount' && subject.name === 'default') subject.namespace = namespace;
}

/** Image name and the rest, a port of the registry not taken for a tag. */
function renamed(image: string, { name, newName, newTag, digest }: Json): string {
  const match = /^(.*?)(:[^/:@]+)?(@.+)?$/.exec(image);
  if (match?.[1] !== name) return image;
  if (digest) return `${newName ?? name}@${digest}`;
  return `${newName ?? name}${newTag === undefined ? (match?.[2] ?? '') + (match?.[3] ?? '') : `:${newTag}`}`;
}

function eachContainer(object: Json, change: (container: Json) => void): void {
  for (const spec of [...templates(object).map((one) => one.spec), ...(object.kind === 'Pod' ? [object.spec] : [])])
    for (const one of [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])]) change(one);
}

/** What a kustomization says about all of its objects, in kustomize's order. */
export function transform(entries: Entry[], spec: Json): void {
  for (const { object } of entries) if (spec.namespace) place(object, spec.namespace);
  for (const entry of entries) {
    if (['CustomResourceDefinition', 'Namespace', 'APIService'].includes(entry.object.kind)) continue;
    const { metadata } = entry.object;
    metadata.name = `${spec.namePrefix ?? ''}${metadata.name}${spec.nameSuffix ?? ''}`;
  }
  for (const { object } of entries) {
    if (spec.commonLabels) label(object, spec.commonLabels, { selectors: true, templates: true });
    for (const one of spec.labels ?? [])
      label(object, one.pairs, { selectors: !!one.includeSelectors, templates: !!one.includeTemplates });
    if (spec.commonAnnotations) annotate(object, spec.commonAnnotations);
    for (const image of spec.images ?? [])
      eachContainer(object, (one) => {
        if (one.image) one.image = renamed(one.image, image);
      });
  }
  for (const { name, count } of spec.replicas ?? [])
    for (const { object, names } of entries)
      if (
        names.includes(name) &&
        ['Deployment', 'ReplicaSet', 'StatefulSet', 'ReplicationController'].includes(object.kind)
      )
        object.spec.replicas = count;
}
