import type { Json } from '../../../../kube/object.ts';
import type { FieldError } from '../../../../kube/status.ts';
import { descendingPath, duplicate, forbidden, invalid, invalids, notSupported, required, tooLong } from './field.ts';
import { dnsSubdomain, inRange } from './names.ts';

const MAX_ID = 2147483647;
const PROFILES = ['Localhost', 'RuntimeDefault', 'Unconfined'];
const SYSCTL_FORMAT = '^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$';
const SYSCTL = /^(?:[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?$/;
const SYSCTL_MAX = 253;
const PATH_MAX = 4095;
const LINUX_ONLY = [
  ...['appArmorProfile', 'seLinuxOptions', 'hostUsers', 'hostPID', 'hostIPC', 'seccompProfile', 'fsGroup'],
  ...['fsGroupChangePolicy', 'sysctls', 'shareProcessNamespace', 'runAsUser', 'runAsGroup', 'supplementalGroups'],
  ...['supplementalGroupsPolicy', 'seLinuxChangePolicy'],
];
const LINUX_ONLY_IN_CONTAINERS = [
  ...['appArmorProfile', 'seLinuxOptions', 'seccompProfile', 'capabilities', 'readOnlyRootFilesystem', 'privileged'],
  ...['allowPrivilegeEscalation', 'procMount', 'runAsUser', 'runAsGroup'],
];

export function validateId(value: number | undefined, path: string): FieldError[] {
  return value !== undefined && (value < 0 || value > MAX_ID) ? [invalid(path, value, inRange(0, MAX_ID))] : [];
}

/** All containers with their paths, init containers first. */
function containersOf(spec: Json, path: string): [Json, string][] {
  return ['initContainers', 'containers', 'ephemeralContainers'].flatMap((list) =>
    (spec[list] ?? []).map((item: Json, at: number): [Json, string] => [item, `${path}.${list}[${at}]`]),
  );
}

function validateSeccomp(profile: Json, path: string): FieldError[] {
  if (!profile) return [];
  const errors: FieldError[] = [];
  const { type, localhostProfile } = profile;
  if (!type) errors.push(required(`${path}.type`, 'type is required when seccompProfile is set'));
  else if (!PROFILES.includes(type)) errors.push(notSupported(`${path}.type`, type, PROFILES));
  const at = `${path}.localhostProfile`;
  if (type !== 'Localhost') {
    const shown = { Type: type ?? '', LocalhostProfile: localhostProfile };
    if (localhostProfile !== undefined)
      errors.push(invalid(at, shown, 'can only be set when seccomp type is Localhost'));
  } else if (localhostProfile === undefined) errors.push(required(at, 'must be set when seccomp type is Localhost'));
  else errors.push(...descendingPath(localhostProfile, at));
  return errors;
}

function validateAppArmor(profile: Json, path: string): FieldError[] {
  if (!profile) return [];
  const { type, localhostProfile: name } = profile;
  const at = `${path}.localhostProfile`;
  if (!type) return [required(`${path}.type`, 'type is required when appArmorProfile is set')];
  if (!PROFILES.includes(type)) return [notSupported(`${path}.type`, type, PROFILES)];
  if (type !== 'Localhost')
    return name === undefined ? [] : [invalid(at, name, 'can only be set when AppArmor type is Localhost')];
  if (!name) return [required(at, 'must be set when AppArmor type is Localhost')];
  const errors = name === name.trim() ? [] : [invalid(at, name, 'must not be padded with whitespace')];
  if (name.length > PATH_MAX) errors.push(tooLong(at, PATH_MAX));
  return errors;
}

function validateWindowsOptions(options: Json, path: string): FieldError[] {
  if (!options) return [];
  const name = options.gmsaCredentialSpecName;
  return name === undefined ? [] : invalids(`${path}.gmsaCredentialSpecName`, name, dnsSubdomain(name));
}

function validateSysctls(spec: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [i, { name }] of (spec.securityContext.sysctls ?? []).entries()) {
    const at = `${path}[${i}].name`;
    if (!name) errors.push(required(at));
    else if (name.length > SYSCTL_MAX || !SYSCTL.test(name))
      errors.push(invalid(at, name, `must have at most ${SYSCTL_MAX} characters and match regex ${SYSCTL_FORMAT}`));
    else if (seen.has(name)) errors.push(duplicate(at, name));
    seen.add(name);
    const isIpc = /^(?:kernel\.(?:shm|msg|sem)|fs\.mqueue\.)/.test(name ?? '');
    if (spec.hostNetwork && name?.startsWith('net.'))
      errors.push(invalid(at, name, "may not be specified when 'hostNetwork' is true"));
    else if (spec.hostIPC && isIpc) errors.push(invalid(at, name, "may not be specified when 'hostIPC' is true"));
  }
  return errors;
}

/** validatePodSpecSecurityContext */
export function validatePodSecurityContext(spec: Json, path: string): FieldError[] {
  const context = spec.securityContext;
  if (!context) return [];
  const errors: FieldError[] = [];
  for (const name of ['fsGroup', 'runAsUser', 'runAsGroup'])
    errors.push(...validateId(context[name], `${path}.${name}`));
  for (const [i, group] of (context.supplementalGroups ?? []).entries())
    errors.push(...validateId(group, `${path}.supplementalGroups[${i}]`));
  if (spec.shareProcessNamespace && spec.hostPID)
    errors.push(
      invalid(`${path}.shareProcessNamespace`, true, 'ShareProcessNamespace and HostPID cannot both be enabled'),
    );
  errors.push(...validateSysctls(spec, `${path}.sysctls`));
  const policy = context.fsGroupChangePolicy;
  if (policy !== undefined && !['OnRootMismatch', 'Always'].includes(policy))
    errors.push(notSupported(`${path}.fsGroupChangePolicy`, policy, ['Always', 'OnRootMismatch']));
  errors.push(
    ...validateSeccomp(context.seccompProfile, `${path}.seccompProfile`),
    ...validateWindowsOptions(context.windowsOptions, `${path}.windowsOptions`),
    ...validateAppArmor(context.appArmorProfile, `${path}.appArmorProfile`),
  );
  const groups = context.supplementalGroupsPolicy;
  if (groups !== undefined && groups !== 'Merge' && groups !== 'Strict')
    errors.push(notSupported(`${path}.supplementalGroupsPolicy`, groups, ['Merge', 'Strict']));
  return errors;
}

/** Windows' HostProcess containers: all of a pod or none, and on the host's network. */
export function validateHostProcess(spec: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const ofPod: boolean | undefined = spec.securityContext?.windowsOptions?.hostProcess;
  const containers = containersOf(spec, path);
  let count = 0;
  for (const [container, at] of containers) {
    const own: boolean | undefined = container.securityContext?.windowsOptions?.hostProcess;
    if (ofPod !== undefined && own !== undefined && ofPod !== own) {
      const why = `pod hostProcess value must be identical if both are specified, was ${ofPod}`;
      errors.push(invalid(`${at}.securityContext.windowsOptions.hostProcess`, own, why));
    }
    if (own ?? ofPod) count++;
  }
  if (count === 0) return errors;
  if (count !== containers.length)
    errors.push(
      invalid(
        path,
        '',
        'If pod contains any hostProcess containers then all containers must be HostProcess containers',
      ),
    );
  if (!spec.hostNetwork)
    errors.push(
      invalid(`${path}.hostNetwork`, false, 'hostNetwork must be true if pod contains any hostProcess containers'),
    );
  return errors;
}

/** A user namespace of its own goes with none of the host's namespaces. */
export function validateHostUsers(spec: Json, path: string): FieldError[] {
  if (spec.hostUsers !== false) return [];
  const why = 'when `hostUsers` is false';
  const errors: FieldError[] = [];
  if (spec.hostNetwork) errors.push(forbidden(`${path}.hostNetwork`, why));
  if (spec.hostPID) errors.push(forbidden(`${path}.HostPID`, why));
  if (spec.hostIPC) errors.push(forbidden(`${path}.HostIPC`, why));
  for (const [container, at] of containersOf(spec, path))
    if ((container.volumeDevices ?? []).length > 0) errors.push(forbidden(`${at}.volumeDevices`, why));
  return errors;
}

/** What a pod may say depends on the system that it says it needs. */
export function validateOs(spec: Json, path: string): FieldError[] {
  if (!spec.os) return [];
  const { name } = spec.os;
  if (!name) return [required(`${path}.os.name`)];
  if (name !== 'linux' && name !== 'windows') return [notSupported(`${path}.os`, name, ['linux', 'windows'])];
  const errors: FieldError[] = [];
  const all: [Json, string][] = [[spec, path], ...containersOf(spec, path)];
  for (const [holder, at] of all) {
    const context = holder.securityContext ?? {};
    if (name === 'linux') {
      if (context.windowsOptions)
        errors.push(forbidden(`${at}.securityContext.windowsOptions`, 'windows options cannot be set for a linux pod'));
      continue;
    }
    for (const field of holder === spec ? LINUX_ONLY : LINUX_ONLY_IN_CONTAINERS) {
      const isDirect = holder === spec && ['hostUsers', 'hostPID', 'hostIPC', 'shareProcessNamespace'].includes(field);
      const value = isDirect ? holder[field] : context[field];
      if (value !== undefined && value !== false)
        errors.push(
          forbidden(`${at}.${isDirect ? '' : 'securityContext.'}${field}`, 'cannot be set for a windows pod'),
        );
    }
  }
  return errors;
}

/** ValidateSecurityContext of a container. */
export function validateSecurityContext(context: Json, path: string, hostUsers: boolean): FieldError[] {
  if (!context) return [];
  const errors = [
    ...validateId(context.runAsUser, `${path}.runAsUser`),
    ...validateId(context.runAsGroup, `${path}.runAsGroup`),
  ];
  const mount = context.procMount;
  if (mount !== undefined && mount !== 'Default' && mount !== 'Unmasked')
    errors.push(notSupported(`${path}.procMount`, mount, ['Default', 'Unmasked']));
  if (mount === 'Unmasked' && hostUsers)
    errors.push(invalid(`${path}.procMount`, mount, '`hostUsers` must be false to use `Unmasked`'));
  errors.push(...validateSeccomp(context.seccompProfile, `${path}.seccompProfile`));
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
  errors.push(
    ...validateWindowsOptions(context.windowsOptions, `${path}.windowsOptions`),
    ...validateAppArmor(context.appArmorProfile, `${path}.appArmorProfile`),
  );
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
