import type { Json } from '../../../kube/object.ts';
import type { AdmissionPlugin } from '../admission.ts';
import { forbid, isFor } from './errors.ts';

const NAMESPACE = { group: '', version: 'v1', kind: 'Namespace' };
const ENFORCE = 'pod-security.kubernetes.io/enforce';
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

/** Enforces the pod security standard that the namespace's label names. */
export const podSecurity: AdmissionPlugin = {
  name: 'PodSecurity',
  validate(request) {
    const { object } = request;
    if (!object || !isFor(request, '', 'pods', 'CREATE')) return;
    const labels = request.ctx.get(NAMESPACE, undefined, request.namespace ?? '')?.metadata.labels ?? {};
    const level = labels[ENFORCE];
    if (level !== 'baseline' && level !== 'restricted') return;
    const { spec } = object;
    const containers: Json[] = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
    const found = baseline(spec, containers, level === 'restricted');
    if (level === 'restricted') found.push(...restricted(spec, containers));
    if (found.length === 0) return;
    const version = labels[`${ENFORCE}-version`] ?? 'latest';
    throw forbid(request, `violates PodSecurity "${level}:${version}": ${found.join(', ')}`);
  },
};
