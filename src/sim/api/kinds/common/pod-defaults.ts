import { referenceFault } from '../../../../kube/image-reference.ts';
import type { Json } from '../../../../kube/object.ts';

/** Sets a field that is absent (or the zero value that Go could not tell from absent). */
export function setDefault(object: Json, field: string, value: Json): void {
  const current = object[field];
  if (current === undefined || current === null || current === '' || current === 0) object[field] = value;
}

/** Sets a pointer field: an explicit zero stays. */
export function setDefaultPointer(object: Json, field: string, value: Json): void {
  if (object[field] === undefined || object[field] === null) object[field] = value;
}

/** Tag of an image reference, `latest` when neither tag nor digest is given (distribution's reference rules). */
export function imageTag(image: string): string {
  if (image.includes('@')) {
    const name = image.slice(0, image.indexOf('@'));
    return tagOf(name) ?? '';
  }
  return tagOf(image) ?? 'latest';
}

function tagOf(name: string): string | undefined {
  const last = name.slice(name.lastIndexOf('/') + 1);
  return last.includes(':') ? last.slice(last.indexOf(':') + 1) : undefined;
}

/** SetDefaults of a PodSpec wherever one is embedded: pods and templates alike. */
export function defaultPodSpec(spec: Json): void {
  setDefault(spec, 'dnsPolicy', 'ClusterFirst');
  setDefault(spec, 'restartPolicy', 'Always');
  setDefaultPointer(spec, 'securityContext', {});
  setDefaultPointer(spec, 'terminationGracePeriodSeconds', 30);
  setDefault(spec, 'schedulerName', 'default-scheduler');
  if (spec.serviceAccountName) spec.serviceAccount = spec.serviceAccountName;
  else if (spec.serviceAccount) spec.serviceAccountName = spec.serviceAccount;
  for (const volume of spec.volumes ?? []) defaultVolume(volume);
  for (const container of allContainers(spec)) defaultContainer(container);
  if (spec.hostNetwork) {
    for (const container of [...(spec.containers ?? []), ...(spec.initContainers ?? [])])
      for (const port of container.ports ?? []) setDefault(port, 'hostPort', port.containerPort);
  }
}

/** All containers: regular, init and ephemeral ones. */
export function allContainers(spec: Json): Json[] {
  return [...(spec.containers ?? []), ...(spec.initContainers ?? []), ...(spec.ephemeralContainers ?? [])];
}

/** What only real pods get: requests from limits (of containers and of the whole pod), service links. */
export function defaultPod(spec: Json): void {
  for (const container of [...(spec.containers ?? []), ...(spec.initContainers ?? []), spec]) {
    const limits = container.resources?.limits;
    if (!limits) continue;
    container.resources.requests ??= {};
    for (const name in limits) container.resources.requests[name] ??= limits[name];
  }
  setDefaultPointer(spec, 'enableServiceLinks', true);
}

function defaultContainer(container: Json): void {
  const latest = container.image && imageTag(container.image) === 'latest' && !referenceFault(container.image);
  setDefault(container, 'imagePullPolicy', latest ? 'Always' : 'IfNotPresent');
  setDefault(container, 'terminationMessagePath', '/dev/termination-log');
  setDefault(container, 'terminationMessagePolicy', 'File');
  for (const port of container.ports ?? []) setDefault(port, 'protocol', 'TCP');
  for (const env of container.env ?? []) {
    if (env.valueFrom?.fieldRef) setDefault(env.valueFrom.fieldRef, 'apiVersion', 'v1');
    if (env.valueFrom?.fileKeyRef) setDefaultPointer(env.valueFrom.fileKeyRef, 'optional', false);
  }
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe'])
    if (container[name]) defaultProbe(container[name]);
  for (const hook of ['postStart', 'preStop']) defaultHttpGet(container.lifecycle?.[hook]?.httpGet);
}

function defaultProbe(probe: Json): void {
  setDefault(probe, 'timeoutSeconds', 1);
  setDefault(probe, 'periodSeconds', 10);
  setDefault(probe, 'successThreshold', 1);
  setDefault(probe, 'failureThreshold', 3);
  defaultHttpGet(probe.httpGet);
  if (probe.grpc) setDefaultPointer(probe.grpc, 'service', '');
}

function defaultHttpGet(action: Json): void {
  if (!action) return;
  setDefault(action, 'path', '/');
  setDefault(action, 'scheme', 'HTTP');
}

/** Also used for the volume sources of PersistentVolumes where they share the shape. */
export function defaultVolume(volume: Json): void {
  const sources = Object.keys(volume).filter((name) => name !== 'name');
  if (sources.length === 0) volume.emptyDir = {};
  for (const name of ['secret', 'configMap', 'downwardAPI', 'projected'])
    if (volume[name]) setDefaultPointer(volume[name], 'defaultMode', 420);
  defaultFieldRefs(volume.downwardAPI?.items);
  for (const source of volume.projected?.sources ?? []) {
    if (source.serviceAccountToken) setDefaultPointer(source.serviceAccountToken, 'expirationSeconds', 3600);
    defaultFieldRefs(source.downwardAPI?.items);
  }
  if (volume.image)
    setDefault(
      volume.image,
      'pullPolicy',
      imageTag(volume.image.reference ?? '') === 'latest' ? 'Always' : 'IfNotPresent',
    );
  defaultVolumeSource(volume);
  const claim = volume.ephemeral?.volumeClaimTemplate?.spec;
  if (claim) setDefaultPointer(claim, 'volumeMode', 'Filesystem');
}

/** Defaults of the sources that pods and PersistentVolumes share. */
export function defaultVolumeSource(source: Json): void {
  if (source.hostPath) setDefaultPointer(source.hostPath, 'type', '');
  if (source.iscsi) setDefault(source.iscsi, 'iscsiInterface', 'default');
  if (source.rbd) {
    setDefault(source.rbd, 'pool', 'rbd');
    setDefault(source.rbd, 'user', 'admin');
    setDefault(source.rbd, 'keyring', '/etc/ceph/keyring');
  }
}

function defaultFieldRefs(items: Json[] | undefined): void {
  for (const item of items ?? []) if (item.fieldRef) setDefault(item.fieldRef, 'apiVersion', 'v1');
}
