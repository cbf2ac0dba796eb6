import type { Json } from '../../../../kube/object.ts';
import type { FieldError } from '../../../../kube/status.ts';
import { validateEnv, validateEnvFrom } from './env.ts';
import {
  descendingPath,
  duplicate,
  forbidden,
  invalid,
  invalids,
  notFound,
  notSupported,
  oneOf,
  required,
} from './field.ts';
import { validateProbes } from './handlers.ts';
import { dnsLabel, portName, portNumber } from './names.ts';
import { validateResources } from './resources.ts';
import { validateSecurityContext } from './security.ts';

const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];

/** Volumes of the pod by name, only those that are valid themselves. */
export type Volumes = ReadonlyMap<string, Json>;

export function validateContainers(spec: Json, volumes: Volumes, path: string): FieldError[] {
  const containers: Json[] = spec.containers ?? [];
  if (containers.length === 0) return [required(path)];
  const errors: FieldError[] = [];
  const names = new Set<string>();
  for (const [i, container] of containers.entries()) {
    const at = `${path}[${i}]`;
    errors.push(...validateContainer(container, spec, volumes, at));
    if (names.has(container.name)) errors.push(duplicate(`${at}.name`, container.name));
    names.add(container.name);
    errors.push(...validateProbes(container, at, spec.terminationGracePeriodSeconds));
    errors.push(...validateRestartRules(container, at));
  }
  errors.push(...hostPortConflicts(containers, path));
  return errors;
}

export function validateInitContainers(spec: Json, volumes: Volumes, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>((spec.containers ?? []).map((item: Json) => item.name));
  for (const [i, container] of (spec.initContainers ?? []).entries()) {
    const at = `${path}[${i}]`;
    errors.push(...validateContainer(container, spec, volumes, at), ...validateRestartRules(container, at));
    if (names.has(container.name)) errors.push(duplicate(`${at}.name`, container.name));
    else if (container.name) names.add(container.name);
    errors.push(...hostPortConflicts([container], path));
    if (container.restartPolicy === 'Always') {
      errors.push(...validateProbes(container, at, spec.terminationGracePeriodSeconds));
      continue;
    }
    for (const name of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'])
      if (container[name])
        errors.push(forbidden(`${at}.${name}`, 'may not be set for init containers without restartPolicy=Always'));
  }
  return errors;
}

export function validateEphemeralContainers(spec: Json, volumes: Volumes, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const others = [...(spec.containers ?? []), ...(spec.initContainers ?? [])].map((item: Json) => item.name);
  const names = new Set<string>(others);
  for (const [i, container] of (spec.ephemeralContainers ?? []).entries()) {
    const at = `${path}[${i}]`;
    errors.push(...validateContainer(container, spec, volumes, at));
    if (names.has(container.name)) errors.push(duplicate(`${at}.name`, container.name));
    names.add(container.name);
    const target = container.targetContainerName;
    if (target && !others.includes(target)) errors.push(notFound(`${at}.targetContainerName`, target));
    for (const name of ['ports', 'resources', 'livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle'])
      if (container[name] && Object.keys(container[name]).length > 0)
        errors.push(forbidden(`${at}.${name}`, 'cannot be set for an Ephemeral Container'));
    for (const [m, mount] of (container.volumeMounts ?? []).entries())
      for (const name of ['subPath', 'subPathExpr'])
        if (mount[name])
          errors.push(forbidden(`${at}.volumeMounts[${m}].${name}`, 'cannot be set for an Ephemeral Container'));
  }
  return errors;
}

function validateContainer(container: Json, spec: Json, volumes: Volumes, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!container.name) errors.push(required(`${path}.name`));
  else errors.push(...invalids(`${path}.name`, container.name, dnsLabel(container.name)));
  if (!container.image) errors.push(required(`${path}.image`));
  const policy = container.terminationMessagePolicy;
  if (!['File', 'FallbackToLogsOnError'].includes(policy))
    errors.push(notSupported(`${path}.terminationMessagePolicy`, policy, ['File', 'FallbackToLogsOnError']));
  errors.push(...validatePorts(container.ports ?? [], `${path}.ports`));
  errors.push(...validateEnv(container.env, `${path}.env`), ...validateEnvFrom(container.envFrom, `${path}.envFrom`));
  errors.push(...validateMounts(container.volumeMounts ?? [], volumes, container, `${path}.volumeMounts`));
  if (!PULL_POLICIES.includes(container.imagePullPolicy))
    errors.push(notSupported(`${path}.imagePullPolicy`, container.imagePullPolicy, PULL_POLICIES));
  errors.push(...validateResources(container.resources, `${path}.resources`));
  errors.push(
    ...validateResizePolicy(container.resizePolicy, `${path}.resizePolicy`, spec.restartPolicy),
    ...validateSecurityContext(container.securityContext, `${path}.securityContext`, spec.hostUsers !== false),
  );
  return errors;
}

function validatePorts(ports: Json[], path: string): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  for (const [i, port] of ports.entries()) {
    const at = `${path}[${i}]`;
    if (port.name) {
      const messages = portName(port.name);
      if (messages.length > 0) errors.push(...invalids(`${at}.name`, port.name, messages));
      else if (names.has(port.name)) errors.push(duplicate(`${at}.name`, port.name));
      else names.add(port.name);
    }
    if (!port.containerPort) errors.push(required(`${at}.containerPort`));
    else errors.push(...invalids(`${at}.containerPort`, port.containerPort, portNumber(port.containerPort)));
    if (port.hostPort) errors.push(...invalids(`${at}.hostPort`, port.hostPort, portNumber(port.hostPort)));
    if (!PROTOCOLS.includes(port.protocol)) errors.push(notSupported(`${at}.protocol`, port.protocol, PROTOCOLS));
  }
  return errors;
}

function validateMounts(mounts: Json[], volumes: Volumes, container: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  const devices: Json[] = container.volumeDevices ?? [];
  for (const [i, mount] of mounts.entries()) {
    const at = `${path}[${i}]`;
    if (!mount.name) errors.push(required(`${at}.name`));
    if (!volumes.has(mount.name)) errors.push(notFound(`${at}.name`, mount.name));
    if (!mount.mountPath) errors.push(required(`${at}.mountPath`));
    if (seen.has(mount.mountPath)) errors.push(invalid(`${at}.mountPath`, mount.mountPath, 'must be unique'));
    seen.add(mount.mountPath);
    if (devices.some((device) => device.name === mount.name))
      errors.push(invalid(`${at}.name`, mount.name, 'must not already exist in volumeDevices'));
    if (mount.subPath) errors.push(...descendingPath(mount.subPath, `${path}.subPath`));
    if (mount.subPathExpr) {
      if (mount.subPath)
        errors.push(invalid(`${at}.subPathExpr`, mount.subPathExpr, 'subPathExpr and subPath are mutually exclusive'));
      errors.push(...descendingPath(mount.subPathExpr, `${path}.subPathExpr`));
    }
    if (mount.mountPropagation)
      errors.push(...validatePropagation(mount.mountPropagation, container, `${path}.mountPropagation`));
  }
  return errors;
}

function validatePropagation(mode: string, container: Json, path: string): FieldError[] {
  const modes = ['Bidirectional', 'HostToContainer', 'None'];
  if (!modes.includes(mode)) return [notSupported(path, mode, modes)];
  if (mode === 'Bidirectional' && container.securityContext?.privileged !== true)
    return [forbidden(path, 'Bidirectional mount propagation is available only to privileged containers')];
  return [];
}

function hostPortConflicts(containers: Json[], path: string): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [c, container] of containers.entries())
    for (const [p, port] of (container.ports ?? []).entries()) {
      if (!port.hostPort) continue;
      const key = `${port.protocol}/${port.hostIP ?? ''}/${port.hostPort}`;
      if (seen.has(key)) errors.push(duplicate(`${path}[${c}].ports[${p}].hostPort`, key));
      seen.add(key);
    }
  return errors;
}

function validateResizePolicy(policies: Json[] | undefined, path: string, restartPolicy: string): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [i, { resourceName, restartPolicy: policy }] of (policies ?? []).entries()) {
    if (seen.has(resourceName)) errors.push(duplicate(`${path}[${i}]`, resourceName));
    seen.add(resourceName);
    errors.push(...oneOf(path, resourceName, ['cpu', 'memory']));
    errors.push(...oneOf(path, policy, ['NotRequired', 'RestartContainer']));
    if (restartPolicy === 'Never' && policy !== 'NotRequired')
      errors.push(invalid(path, policy, "must be 'NotRequired' when `restartPolicy` is 'Never'"));
  }
  return errors;
}

function validateRestartRules(container: Json, path: string): FieldError[] {
  const rules: Json[] = container.restartPolicyRules ?? [];
  const policy = container.restartPolicy;
  if (policy === undefined)
    return rules.length > 0
      ? [required(`${path}.restartPolicy`, 'must specify restartPolicy when restart rules are used')]
      : [];
  const policies = ['Always', 'Never', 'OnFailure'];
  const errors = policies.includes(policy) ? [] : [notSupported(`${path}.restartPolicy`, policy, policies)];
  for (const [i, rule] of rules.entries()) {
    const at = `${path}.restartPolicyRules[${i}]`;
    if (rule.action !== 'Restart') errors.push(notSupported(`${at}.action`, rule.action, ['Restart']));
    const operator = rule.exitCodes?.operator;
    if (!rule.exitCodes) errors.push(required(`${at}.exitCodes`, 'must be specified'));
    else if (operator !== 'In' && operator !== 'NotIn')
      errors.push(notSupported(`${at}.exitCodes.operator`, operator, ['In', 'NotIn']));
  }
  return errors;
}
