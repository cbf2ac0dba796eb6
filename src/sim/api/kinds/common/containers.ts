import type { Json } from '../../../../kube/object.ts';
import type { FieldError } from '../../../../kube/status.ts';
import { validateEnv, validateEnvFrom } from './env.ts';
import { duplicate, forbidden, invalid, invalids, notFound, notSupported, required } from './field.ts';
import { validateProbes } from './handlers.ts';
import { dnsLabel, inRange, portName, portNumber } from './names.ts';
import { validateResources } from './resources.ts';

const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const MAX_ID = 2147483647;

/** Volumes of the pod by name, only those that are valid themselves. */
export type Volumes = ReadonlyMap<string, Json>;

export function validateContainers(spec: Json, volumes: Volumes, path: string): FieldError[] {
  const containers: Json[] = spec.containers ?? [];
  if (containers.length === 0) return [required(path)];
  const errors: FieldError[] = [];
  const names = new Set<string>();
  for (const [i, container] of containers.entries()) {
    const at = `${path}[${i}]`;
    errors.push(...validateContainer(container, volumes, at));
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
    errors.push(...validateContainer(container, volumes, at), ...validateRestartRules(container, at));
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
    errors.push(...validateContainer(container, volumes, at));
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

function validateContainer(container: Json, volumes: Volumes, path: string): FieldError[] {
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
  errors.push(...validateSecurityContext(container.securityContext, `${path}.securityContext`));
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

export function descendingPath(value: string, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (value.startsWith('/')) errors.push(invalid(path, value, 'must be a relative path'));
  if (value.split('/').includes('..')) errors.push(invalid(path, value, "must not contain '..'"));
  return errors;
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

export function validateId(value: number | undefined, path: string): FieldError[] {
  return value !== undefined && (value < 0 || value > MAX_ID) ? [invalid(path, value, inRange(0, MAX_ID))] : [];
}

function validateSecurityContext(context: Json, path: string): FieldError[] {
  if (!context) return [];
  const errors = [
    ...validateId(context.runAsUser, `${path}.runAsUser`),
    ...validateId(context.runAsGroup, `${path}.runAsGroup`),
  ];
  if (context.allowPrivilegeEscalation === false) {
    if (context.privileged === true)
      errors.push(
        invalid(
          path,
          goSecurityContext(context),
          'cannot set `allowPrivilegeEscalation` to false and `privileged` to true',
        ),
      );
    if ((context.capabilities?.add ?? []).includes('CAP_SYS_ADMIN'))
      errors.push(
        invalid(
          path,
          goSecurityContext(context),
          'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN',
        ),
      );
  }
  return errors;
}

/** The context as the server's internal type prints it: Go field names in the order of the struct. */
function goSecurityContext(context: Json): Json {
  return {
    Capabilities: context.capabilities
      ? { Add: context.capabilities.add ?? null, Drop: context.capabilities.drop ?? null }
      : null,
    Privileged: context.privileged ?? null,
    SELinuxOptions: context.seLinuxOptions ?? null,
    WindowsOptions: context.windowsOptions ?? null,
    RunAsUser: context.runAsUser ?? null,
    RunAsGroup: context.runAsGroup ?? null,
    RunAsNonRoot: context.runAsNonRoot ?? null,
    ReadOnlyRootFilesystem: context.readOnlyRootFilesystem ?? null,
    AllowPrivilegeEscalation: context.allowPrivilegeEscalation ?? null,
    ProcMount: context.procMount ?? null,
    SeccompProfile: context.seccompProfile ?? null,
    AppArmorProfile: context.appArmorProfile ?? null,
  };
}
