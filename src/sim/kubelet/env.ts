import { textOf } from '../../core/bytes.ts';
import type { Json, KubeObject } from '../../kube/object.ts';
import type { ApiClient } from '../api/api.ts';
import { fieldRefValue, resourceRefValue } from './downward.ts';

/** A container cannot be configured: CreateContainerConfigError with this message. */
export class ContainerConfigError extends Error {
  override readonly name = 'ContainerConfigError';
}

export interface EnvContext {
  api: ApiClient;
  pod: KubeObject;
  podIP: string;
  hostIP: string;
  nodeName: string;
  nodeCapacity: { cpu: string; memory: string };
  /** When the kubelet first saw the pod (RFC 3339): it annotates its own copy with that. */
  seenAt: string;
}

/** Printable ASCII without `=`, as the kubelet has it since 1.34. */
const ENV_NAME = /^[ -<>-~]+$/;

/** The environment of a container in the order the kubelet gives it: services, envFrom, env. Throws ContainerConfigError. */
export function containerEnv(ctx: EnvContext, container: Json): Record<string, string> {
  const services = serviceEnv(ctx);
  const env: Record<string, string> = {};
  for (const source of container.envFrom ?? []) Object.assign(env, envFrom(ctx, source));
  for (const item of container.env ?? []) {
    const value = item.valueFrom ? valueFrom(ctx, container, item) : expand(item.value ?? '', { ...services, ...env });
    if (value !== undefined) env[item.name] = value;
  }
  for (const [name, value] of Object.entries(services)) env[name] ??= value;
  return env;
}

function envFrom({ api, pod }: EnvContext, source: Json): Record<string, string> {
  const ref = source.configMapRef ?? source.secretRef;
  const kind = source.configMapRef ? 'ConfigMap' : 'Secret';
  const object = api.get(`v1/${kind}`, pod.metadata.namespace, ref.name);
  if (!object) {
    if (ref.optional) return {};
    throw new ContainerConfigError(`${kind.toLowerCase()} "${ref.name}" not found`);
  }
  const env: Record<string, string> = {};
  for (const [key, value] of Object.entries(dataOf(object))) {
    const name = `${source.prefix ?? ''}${key}`;
    if (ENV_NAME.test(name)) env[name] = value;
  }
  return env;
}

/** ConfigMap data, or Secret data decoded. */
export function dataOf(object: KubeObject): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [key, value] of Object.entries((object.data ?? {}) as Record<string, string>)) {
    out[key] = object.kind === 'Secret' ? textOf(Buffer.from(value, 'base64')) : value;
  }
  for (const [key, value] of Object.entries((object.binaryData ?? {}) as Record<string, string>)) {
    out[key] = textOf(Buffer.from(value, 'base64'));
  }
  return out;
}

function valueFrom(ctx: EnvContext, container: Json, item: Json): string | undefined {
  const from = item.valueFrom;
  const { api, pod } = ctx;
  const ns = pod.metadata.namespace;
  if (from.fieldRef) return fieldRefValue(ctx, from.fieldRef.fieldPath);
  if (from.resourceFieldRef) return resourceRefValue(ctx, container, from.resourceFieldRef);
  const ref = from.configMapKeyRef ?? from.secretKeyRef;
  const kind = from.configMapKeyRef ? 'ConfigMap' : 'Secret';
  if (!ref) throw new ContainerConfigError(`unsupported source of the value of ${item.name}`);
  const object = api.get(`v1/${kind}`, ns, ref.name);
  if (!object) {
    if (ref.optional) return undefined;
    throw new ContainerConfigError(`${kind.toLowerCase()} "${ref.name}" not found`);
  }
  const value = dataOf(object)[ref.key];
  if (value === undefined && !ref.optional) {
    throw new ContainerConfigError(`couldn't find key ${ref.key} in ${kind} ${ns}/${ref.name}`);
  }
  return value;
}

/** `$(NAME)` from what is known; unknown names stay, `$$` is a dollar. */
export function expand(text: string, env: Readonly<Record<string, string>>): string {
  return text.replace(/\$\$|\$\(([^)]*)\)/g, (whole, name) => (whole === '$$' ? '$' : (env[name] ?? whole)));
}

function serviceEnv({ api, pod }: EnvContext): Record<string, string> {
  const env: Record<string, string> = {};
  const own = pod.metadata.namespace as string;
  const services =
    own === 'default' ? [] : api.list('v1/Service', 'default').filter((s) => s.metadata.name === 'kubernetes');
  const linked = pod.spec.enableServiceLinks === false ? [] : api.list('v1/Service', own);
  const masters =
    own === 'default' && linked.length === 0
      ? api.list('v1/Service', 'default').filter((s) => s.metadata.name === 'kubernetes')
      : services;
  for (const service of [...masters, ...linked]) Object.assign(env, serviceVariables(service));
  return env;
}

function serviceVariables(service: KubeObject): Record<string, string> {
  const ip = service.spec?.clusterIP;
  const ports: Json[] = service.spec?.ports ?? [];
  if (!ip || ip === 'None' || ports.length === 0) return {};
  const name = service.metadata.name.toUpperCase().replace(/-/g, '_');
  const host = ip.includes(':') ? `[${ip}]` : ip;
  const env: Record<string, string> = {
    [`${name}_SERVICE_HOST`]: ip,
    [`${name}_SERVICE_PORT`]: String(ports[0].port),
  };
  for (const port of ports) {
    if (port.name) env[`${name}_SERVICE_PORT_${port.name.toUpperCase().replace(/-/g, '_')}`] = String(port.port);
  }
  ports.forEach((port, i) => {
    const protocol = (port.protocol ?? 'TCP').toLowerCase();
    const url = `${protocol}://${host}:${port.port}`;
    if (i === 0) env[`${name}_PORT`] = url;
    const prefix = `${name}_PORT_${port.port}_${protocol.toUpperCase()}`;
    env[prefix] = url;
    env[`${prefix}_PROTO`] = protocol;
    env[`${prefix}_PORT`] = String(port.port);
    env[`${prefix}_ADDR`] = ip;
  });
  return env;
}
