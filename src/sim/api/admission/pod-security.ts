import type { Json } from '../../../kube/object.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../admission.ts';
import { forbid, isFor } from './errors.ts';

const NAMESPACE = { group: '', version: 'v1', kind: 'Namespace' };
const PREFIX = 'pod-security.kubernetes.io/';
/** What makes pods from a template. */
const TEMPLATED = new Set([
  'replicationcontrollers',
  'podtemplates',
  'apps/replicasets',
  'apps/deployments',
  'apps/statefulsets',
  'apps/daemonsets',
  'batch/jobs',
  'batch/cronjobs',
]);
const BASELINE_CAPABILITIES = [
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
];
const RESTRICTED_VOLUMES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
];

/** `container "a"` or `containers "a", "b"`. */
function named(noun: string, items: Json[]): string {
  return `${noun}${items.length > 1 ? 's' : ''} ${items.map((item) => JSON.stringify(item.name)).join(', ')}`;
}

function defaultCapabilities(containers: Json[]): string[] {
  const extra = (item: Json): string[] =>
    (item.securityContext?.capabilities?.add ?? []).filter((name: string) => !BASELINE_CAPABILITIES.includes(name));
  const added = containers.filter((item) => extra(item).length > 0);
  if (added.length === 0) return [];
  const list = [...new Set(added.flatMap(extra))].sort().map((name) => JSON.stringify(name));
  const who = named('container', added);
  return [`non-default capabilities (${who} must not include ${list.join(', ')} in securityContext.capabilities.add)`];
}

/** Checks in the order of their ids; the restricted level replaces those of capabilities and host paths by its own. */
function baseline(spec: Json, containers: Json[], replaced: boolean): string[] {
  const out: string[] = [];
  if (!replaced) out.push(...defaultCapabilities(containers));
  const host = ['hostNetwork', 'hostPID', 'hostIPC'].filter((name) => spec[name]);
  if (host.length > 0) out.push(`host namespaces (${host.map((name) => `${name}=true`).join(', ')})`);
  const volumes = (spec.volumes ?? []).filter((item: Json) => item.hostPath);
  if (volumes.length > 0 && !replaced) out.push(`hostPath volumes (${named('volume', volumes)})`);
  const ports = containers.filter((item) => (item.ports ?? []).some((port: Json) => port.hostPort));
  if (ports.length > 0) {
    const numbers = ports.flatMap((item) => item.ports.map((port: Json) => port.hostPort).filter(Boolean));
    out.push(
      `hostPort (${named('container', ports)} uses hostPort${numbers.length > 1 ? 's' : ''} ${numbers.join(', ')})`,
    );
  }
  const privileged = containers.filter((item) => item.securityContext?.privileged);
  if (privileged.length > 0)
    out.push(`privileged (${named('container', privileged)} must not set securityContext.privileged=true)`);
  return out;
}

function restricted(spec: Json, containers: Json[]): string[] {
  const out: string[] = [];
  const pod = spec.securityContext ?? {};
  const escalating = containers.filter((item) => item.securityContext?.allowPrivilegeEscalation !== false);
  if (escalating.length > 0)
    out.push(
      `allowPrivilegeEscalation != false (${named('container', escalating)} must set securityContext.allowPrivilegeEscalation=false)`,
    );
  const capable = containers.filter((item) => !(item.securityContext?.capabilities?.drop ?? []).includes('ALL'));
  if (capable.length > 0)
    out.push(
      `unrestricted capabilities (${named('container', capable)} must set securityContext.capabilities.drop=["ALL"])`,
    );
  const volumes = (spec.volumes ?? []).filter(
    (item: Json) => !Object.keys(item).some((name) => RESTRICTED_VOLUMES.includes(name)),
  );
  if (volumes.length > 0) {
    const kinds = volumes.map((item: Json) => Object.keys(item).find((name) => name !== 'name'));
    const text = [...new Set(kinds)].map((kind) => JSON.stringify(kind)).join(', ');
    out.push(`restricted volume types (${named('volume', volumes)} uses restricted volume type ${text})`);
  }
  const root = containers.filter((item) => (item.securityContext?.runAsNonRoot ?? pod.runAsNonRoot) !== true);
  if (root.length > 0)
    out.push(`runAsNonRoot != true (pod or ${named('container', root)} must set securityContext.runAsNonRoot=true)`);
  const zero = containers.filter((item) => item.securityContext?.runAsUser === 0);
  if (pod.runAsUser === 0) out.push('runAsUser=0 (pod must not set runAsUser=0)');
  else if (zero.length > 0) out.push(`runAsUser=0 (${named('container', zero)} must not set runAsUser=0)`);
  const open = containers.filter((item) => {
    const type = item.securityContext?.seccompProfile?.type ?? pod.seccompProfile?.type;
    return type !== 'RuntimeDefault' && type !== 'Localhost';
  });
  if (open.length > 0)
    out.push(
      `seccompProfile (pod or ${named('container', open)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")`,
    );
  return out;
}

interface Level {
  name: string;
  version: string;
}

/** What a namespace asks of pods; it warns of what it enforces unless it says otherwise. */
function levelOf(labels: Record<string, string>, mode: string): Level {
  const name = labels[`${PREFIX}${mode}`];
  if (name === undefined && mode === 'warn') return levelOf(labels, 'enforce');
  return { name: name ?? 'privileged', version: labels[`${PREFIX}${mode}-version`] ?? 'latest' };
}

/** `PodSecurity "restricted:latest": …` of a pod's specification; undefined when it keeps to the level. */
function violation(spec: Json, { name, version }: Level): string | undefined {
  if (name !== 'baseline' && name !== 'restricted') return undefined;
  const containers: Json[] = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  const found = baseline(spec, containers, name === 'restricted');
  if (name === 'restricted') found.push(...restricted(spec, containers));
  return found.length === 0 ? undefined : `PodSecurity "${name}:${version}": ${found.join(', ')}`;
}

/** The specification of the pods that a workload makes. */
function templateOf(request: AdmissionRequest): Json | undefined {
  const { object, ref, resource, subresource, operation } = request;
  if (subresource || operation === 'DELETE' || !TEMPLATED.has(ref.group === '' ? resource : `${ref.group}/${resource}`))
    return undefined;
  if (resource === 'podtemplates') return object?.['template']?.spec;
  const spec = resource === 'cronjobs' ? object?.['spec']?.jobTemplate?.spec : object?.['spec'];
  return spec?.template?.spec;
}

/** Enforces the pod security standard that the namespace's label names; of workloads whose pods would be refused it warns. */
export const podSecurity: AdmissionPlugin = {
  name: 'PodSecurity',
  validate(request) {
    const { object } = request;
    if (!object || request.namespace === undefined) return;
    const isPod = isFor(request, '', 'pods', 'CREATE');
    const spec = isPod ? object['spec'] : templateOf(request);
    if (!spec) return;
    const labels = request.ctx.get(NAMESPACE, undefined, request.namespace)?.metadata.labels ?? {};
    const refused = isPod ? violation(spec, levelOf(labels, 'enforce')) : undefined;
    if (refused !== undefined) throw forbid(request, `violates ${refused}`);
    const warned = violation(spec, levelOf(labels, 'warn'));
    if (warned !== undefined) request.warnings?.push(`would violate ${warned}`);
  },
};
