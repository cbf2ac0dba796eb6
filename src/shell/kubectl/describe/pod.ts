import { rfc1123z, since } from '../../../kube/duration.ts';
import type { Json } from '../../../kube/object.ts';
import { quantityNumber } from '../../../kube/quantity.ts';
import { volumes } from './volumes.ts';
import {
  annotationsMultiline,
  bool,
  controllerText,
  type Describer,
  type DescribeWriter,
  eventsTable,
  formatSelector,
  labelsMultiline,
} from './writer.ts';

function ports(container: Json, field: 'containerPort' | 'hostPort'): string {
  return (container.ports ?? [])
    .map((port: Json) => `${port[field] ?? 0}/${port.protocol}${port.name ? ` (${port.name})` : ''}`)
    .join(', ');
}

function portLine(w: DescribeWriter, word: string, text: string): void {
  w.line(2, text.includes(',') ? `${word}s:\t${text}` : `${word}:\t${text || '<none>'}`);
}

function state(w: DescribeWriter, name: string, value: Json): void {
  if (value?.running) {
    w.line(2, `${name}:\tRunning`);
    w.line(3, `Started:\t${rfc1123z(value.running.startedAt)}`);
  } else if (value?.terminated) {
    const t = value.terminated;
    w.line(2, `${name}:\tTerminated`);
    if (t.reason) w.line(3, `Reason:\t${t.reason}`);
    if (t.message) w.line(3, `Message:\t${t.message}`);
    w.line(3, `Exit Code:\t${t.exitCode}`);
    if (t.signal > 0) w.line(3, `Signal:\t${t.signal}`);
    w.line(3, `Started:\t${rfc1123z(t.startedAt)}`);
    w.line(3, `Finished:\t${rfc1123z(t.finishedAt)}`);
  } else {
    w.line(2, `${name}:\tWaiting`);
    if (value?.waiting?.reason) w.line(3, `Reason:\t${value.waiting.reason}`);
  }
}

export function resources(w: DescribeWriter, value: Json, level: number): void {
  for (const [title, list] of [
    ['Limits', value?.limits],
    ['Requests', value?.requests],
  ] as const) {
    const names = Object.keys(list ?? {}).sort();
    if (names.length > 0) w.line(level, `${title}:`);
    for (const name of names) w.line(level + 1, `${name}:\t${list[name]}`);
  }
}

function probe(value: Json): string {
  const attrs = `delay=${value.initialDelaySeconds ?? 0}s timeout=${value.timeoutSeconds ?? 0}s period=${value.periodSeconds ?? 0}s #success=${value.successThreshold ?? 0} #failure=${value.failureThreshold ?? 0}`;
  if (value.exec) return `exec [${(value.exec.command ?? []).join(' ')}] ${attrs}`;
  if (value.httpGet) {
    const { scheme, host, port, path } = value.httpGet;
    return `http-get ${String(scheme ?? '').toLowerCase()}://${host ?? ''}:${port}${path ?? ''} ${attrs}`;
  }
  if (value.tcpSocket) return `tcp-socket ${value.tcpSocket.host ?? ''}:${value.tcpSocket.port} ${attrs}`;
  if (value.grpc) return `grpc <pod>:${value.grpc.port} ${value.grpc.service ?? ''} ${attrs}`;
  return `unknown ${attrs}`;
}

/** Value of a downward API field of the pod, of the few that kubectl looks up; empty in templates. */
function fieldValue(pod: Json, path: string): string {
  if (!pod) return '';
  const pairs = (map: Json): string =>
    Object.keys(map ?? {})
      .sort()
      .map((key) => `${key}=${JSON.stringify(map[key])}`)
      .join('\n');
  const { annotations, labels, name, namespace } = pod.metadata;
  const known: Record<string, string> = {
    'metadata.annotations': pairs(annotations),
    'metadata.labels': pairs(labels),
    'metadata.name': name,
    'metadata.namespace': namespace ?? '',
  };
  return known[path] ?? '';
}

function resourceFieldValue(container: Json, ref: Json): string {
  const [list = '', name = ''] = String(ref.resource).split(/\.(.*)/s);
  const value = quantityNumber(String(container.resources?.[list]?.[name] ?? '0')) ?? 0;
  const divisor = quantityNumber(String(ref.divisor ?? '0')) || 1;
  return String(Math.ceil(value / divisor - 1e-9));
}

function environment(w: DescribeWriter, container: Json, pod: Json): void {
  w.line(2, `Environment:${container.env?.length ? '' : '\t<none>'}`);
  for (const { name, value, valueFrom } of container.env ?? []) {
    if (!valueFrom) {
      for (const [at, line] of String(value ?? '')
        .split('\n')
        .entries())
        w.line(3, at === 0 ? `${name}:\t${line}` : `\t${line}`);
    } else if (valueFrom.fieldRef) {
      const { apiVersion, fieldPath } = valueFrom.fieldRef;
      w.line(3, `${name}:\t${fieldValue(pod, fieldPath)} (${apiVersion}:${fieldPath})`);
    } else if (valueFrom.resourceFieldRef) {
      const { resource } = valueFrom.resourceFieldRef;
      let text = resourceFieldValue(container, valueFrom.resourceFieldRef);
      if (text === '0' && (resource === 'limits.cpu' || resource === 'limits.memory')) text = 'node allocatable';
      w.line(3, `${name}:\t${text} (${resource})`);
    } else if (valueFrom.secretKeyRef) {
      const ref = valueFrom.secretKeyRef;
      w.line(3, `${name}:\t<set to the key '${ref.key}' in secret '${ref.name}'>\tOptional: ${ref.optional ?? false}`);
    } else if (valueFrom.configMapKeyRef) {
      const ref = valueFrom.configMapKeyRef;
      w.line(
        3,
        `${name}:\t<set to the key '${ref.key}' of config map '${ref.name}'>\tOptional: ${ref.optional ?? false}`,
      );
    }
  }
}

function environmentFrom(w: DescribeWriter, container: Json): void {
  if (!container.envFrom?.length) return;
  w.line(2, 'Environment Variables from:');
  for (const source of container.envFrom) {
    const ref = source.configMapRef ?? source.secretRef ?? {};
    const from = source.configMapRef ? 'ConfigMap' : source.secretRef ? 'Secret' : '';
    w.line(
      3,
      `${ref.name ?? ''}\t${from}${source.prefix ? ` with prefix '${source.prefix}'` : ''}\tOptional: ${ref.optional ?? false}`,
    );
  }
}

function mounts(w: DescribeWriter, container: Json): void {
  w.line(2, `Mounts:${container.volumeMounts?.length ? '' : '\t<none>'}`);
  const sorted = [...(container.volumeMounts ?? [])].sort((a: Json, b: Json) => (a.mountPath < b.mountPath ? -1 : 1));
  for (const mount of sorted)
    w.line(
      3,
      `${mount.mountPath} from ${mount.name} (${mount.readOnly ? 'ro' : 'rw'}${mount.subPath ? `,path=${JSON.stringify(mount.subPath)}` : ''})`,
    );
}

function container(w: DescribeWriter, spec: Json, status: Json, pod: Json, space: string): void {
  w.line(1, `${space ? ' ' : ''}${spec.name}:`);
  if (status) w.line(2, `Container ID:\t${status.containerID ?? ''}`);
  w.line(2, `Image:\t${spec.image ?? ''}`);
  if (status) w.line(2, `Image ID:\t${status.imageID ?? ''}`);
  portLine(w, 'Port', ports(spec, 'containerPort'));
  portLine(w, 'Host Port', ports(spec, 'hostPort'));
  if (spec.securityContext?.seccompProfile) w.line(2, `SeccompProfile:\t${spec.securityContext.seccompProfile.type}`);
  for (const [title, list] of [
    ['Command', spec.command],
    ['Args', spec.args],
  ] as const) {
    if (!list?.length) continue;
    w.line(2, `${title}:`);
    for (const part of list) for (const line of String(part).split('\n')) w.line(3, line);
  }
  if (status) {
    state(w, 'State', status.state);
    if (status.lastState?.terminated) state(w, 'Last State', status.lastState);
    w.line(2, `Ready:\t${bool(status.ready)}`);
    w.line(2, `Restart Count:\t${status.restartCount ?? 0}`);
  }
  resources(w, spec.resources, 2);
  for (const [title, value] of [
    ['Liveness', spec.livenessProbe],
    ['Readiness', spec.readinessProbe],
    ['Startup', spec.startupProbe],
  ] as const)
    if (value) w.line(2, `${title}:\t${probe(value)}`);
  environmentFrom(w, spec);
  environment(w, spec, pod);
  mounts(w, spec);
}

function containers(
  w: DescribeWriter,
  label: string,
  specs: Json[] | undefined,
  statuses: Json[] | undefined,
  pod: Json,
  space: string,
): void {
  w.line(0, `${space}${label}:${specs?.length ? '' : ' <none>'}`);
  for (const spec of specs ?? [])
    container(
      w,
      spec,
      statuses?.find((status) => status.name === spec.name),
      pod,
      space,
    );
}

function tolerations(w: DescribeWriter, title: string, list: Json[] | undefined): void {
  w.write(0, `${title}:\t`);
  if (!list?.length) w.line(0, '<none>');
  const sorted = [...(list ?? [])].sort((a, b) =>
    (a.key ?? '') < (b.key ?? '') ? -1 : (a.key ?? '') > (b.key ?? '') ? 1 : 0,
  );
  for (const [at, t] of sorted.entries()) {
    const exists = t.operator === 'Exists' && !t.value ? (t.key || t.effect ? ' op=Exists' : 'op=Exists') : '';
    w.line(
      0,
      `${at > 0 ? '\t' : ''}${t.key ?? ''}${t.value ? `=${t.value}` : ''}${t.effect ? `:${t.effect}` : ''}${exists}${t.tolerationSeconds !== undefined && t.tolerationSeconds !== null ? ` for ${t.tolerationSeconds}s` : ''}`,
    );
  }
}

function spread(w: DescribeWriter, list: Json[] | undefined, space: string): void {
  if (!list?.length) return;
  w.write(0, `${space}Topology Spread Constraints:\t`);
  const sorted = [...list].sort((a, b) => (a.topologyKey < b.topologyKey ? -1 : 1));
  for (const [at, one] of sorted.entries())
    w.line(
      0,
      `${at > 0 ? `${space}\t` : ''}${one.topologyKey}:${one.whenUnsatisfiable} when max skew ${one.maxSkew} is exceeded${one.labelSelector ? ` for selector ${formatSelector(one.labelSelector)}` : ''}`,
    );
}

/** `Pod Template:` of the workloads. */
export function podTemplate(w: DescribeWriter, template: Json): void {
  w.line(0, 'Pod Template:');
  if (!template) {
    w.write(1, '<unset>');
    return;
  }
  const { metadata = {}, spec } = template;
  labelsMultiline(w, '  Labels', metadata.labels);
  if (Object.keys(metadata.annotations ?? {}).length > 0)
    annotationsMultiline(w, '  Annotations', metadata.annotations);
  if (spec.serviceAccountName) w.line(1, `Service Account:\t${spec.serviceAccountName}`);
  if (spec.initContainers?.length) containers(w, 'Init Containers', spec.initContainers, undefined, undefined, '  ');
  containers(w, 'Containers', spec.containers, undefined, undefined, '  ');
  volumes(w, spec.volumes, '  ');
  spread(w, spec.topologySpreadConstraints, '  ');
  if (spec.priorityClassName) w.line(1, `Priority Class Name:\t${spec.priorityClassName}`);
  labelsMultiline(w, '  Node-Selectors', spec.nodeSelector);
  tolerations(w, '  Tolerations', spec.tolerations);
}

function status(w: DescribeWriter, pod: Json, nowMs: number): void {
  const { metadata, status: found } = pod;
  if (metadata.deletionTimestamp && found.phase !== 'Failed' && found.phase !== 'Succeeded') {
    w.field('Status', `Terminating (lasts ${since(metadata.deletionTimestamp, nowMs)})`);
    w.field('Termination Grace Period', `${metadata.deletionGracePeriodSeconds}s`);
  } else w.field('Status', found.phase);
  if (found.reason) w.field('Reason', found.reason);
  if (found.message) w.field('Message', found.message);
  if (pod.spec.securityContext?.seccompProfile) w.field('SeccompProfile', pod.spec.securityContext.seccompProfile.type);
  w.field('IP', found.podIP);
  if (!found.podIPs?.length) w.field('IPs', '<none>');
  else {
    w.line(0, 'IPs:');
    for (const { ip } of found.podIPs) w.line(1, `IP:\t${ip}`);
  }
}

export const pod: Describer = (object, w, context) => {
  const { metadata, spec, status: found } = object;
  w.field('Name', metadata.name);
  w.field('Namespace', metadata.namespace);
  if (spec.priority !== undefined && spec.priority !== null) w.field('Priority', spec.priority);
  if (spec.priorityClassName) w.field('Priority Class Name', spec.priorityClassName);
  if (spec.runtimeClassName) w.field('Runtime Class Name', spec.runtimeClassName);
  if (spec.serviceAccountName) w.field('Service Account', spec.serviceAccountName);
  w.field('Node', spec.nodeName ? `${spec.nodeName}/${found.hostIP ?? ''}` : '<none>');
  if (found.startTime) w.field('Start Time', rfc1123z(found.startTime));
  labelsMultiline(w, 'Labels', metadata.labels);
  annotationsMultiline(w, 'Annotations', metadata.annotations);
  status(w, object, context.nowMs);
  const owner = controllerText(object);
  if (owner) w.field('Controlled By', owner);
  if (found.nominatedNodeName) w.field('NominatedNodeName', found.nominatedNodeName);
  if (spec.resources) {
    w.line(0, 'Resources:');
    resources(w, spec.resources, 1);
  }
  if (spec.initContainers?.length)
    containers(w, 'Init Containers', spec.initContainers, found.initContainerStatuses, object, '');
  containers(w, 'Containers', spec.containers, found.containerStatuses, object, '');
  if (spec.ephemeralContainers?.length)
    containers(w, 'Ephemeral Containers', spec.ephemeralContainers, found.ephemeralContainerStatuses, object, '');
  if (spec.readinessGates?.length) {
    w.write(0, 'Readiness Gates:\n  Type\tStatus\n');
    for (const { conditionType } of spec.readinessGates) {
      const gate = (found.conditions ?? []).find((c: Json) => c.type === conditionType);
      w.line(1, `${conditionType} \t${gate?.status ?? '<none>'} `);
    }
  }
  if (found.conditions?.length) {
    w.write(0, 'Conditions:\n  Type\tStatus\n');
    for (const c of found.conditions) w.line(1, `${c.type} \t${c.status} `);
  }
  volumes(w, spec.volumes, '');
  w.field('QoS Class', found.qosClass);
  labelsMultiline(w, 'Node-Selectors', spec.nodeSelector);
  tolerations(w, 'Tolerations', spec.tolerations);
  spread(w, spec.topologySpreadConstraints, '');
  eventsTable(w, context);
};
