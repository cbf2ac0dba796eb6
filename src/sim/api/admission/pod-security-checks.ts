import type { Json, ObjectMeta } from '../../../kube/object.ts';

/** What one check finds: the reason that is always said, and the detail of a single pod. */
export interface Violation {
  reason: string;
  detail: string;
}

interface Pod {
  metadata: Partial<ObjectMeta>;
  spec: Json;
  containers: Json[];
  /** Minor version of the standard that is asked for. */
  minor: number;
}

type Check = (pod: Pod) => Violation | undefined;

const quoted = (items: readonly string[]): string => items.map((item) => JSON.stringify(item)).join(', ');
const plural = (count: number, one: string, many = `${one}s`): string => (count === 1 ? one : many);
const sorted = (items: string[]): string[] => [...new Set(items)].sort();
/** `container "a"`, `containers "a", "b"` */
const named = (noun: string, items: Json[]): string =>
  `${plural(items.length, noun)} ${quoted(items.map((item) => item.name))}`;

/** `pod and containers "a", "b"`: who sets what must not be set; undefined when nobody does. */
function setters(podSets: boolean, containers: Json[]): string | undefined {
  const who = [...(podSets ? ['pod'] : []), ...(containers.length > 0 ? [named('container', containers)] : [])];
  return who.length === 0 ? undefined : who.join(' and ');
}

const BASELINE_CAPABILITIES = [
  ...['AUDIT_WRITE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'MKNOD', 'NET_BIND_SERVICE', 'SETFCAP'],
  ...['SETGID', 'SETPCAP', 'SETUID', 'SYS_CHROOT'],
];
const RESTRICTED_VOLUMES = [
  ...['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'image', 'persistentVolumeClaim', 'projected'],
  'secret',
];
/** Allowed sysctls by the minor version that began to allow them. */
const SYSCTLS: [number, string[]][] = [
  [
    0,
    [
      ...['kernel.shm_rmid_forced', 'net.ipv4.ip_local_port_range', 'net.ipv4.tcp_syncookies'],
      ...['net.ipv4.ping_group_range', 'net.ipv4.ip_unprivileged_port_start'],
    ],
  ],
  [27, ['net.ipv4.ip_local_reserved_ports']],
  [29, ['time', 'intvl', 'probes'].map((what) => `net.ipv4.tcp_keepalive_${what}`).concat('net.ipv4.tcp_fin_timeout')],
  [32, ['net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem']],
];
const APP_ARMOR_ANNOTATION = 'container.apparmor.security.beta.kubernetes.io/';

const profileAllowed = (profile: Json): boolean => profile.type === 'RuntimeDefault' || profile.type === 'Localhost';
const isWindows = ({ spec, minor }: Pod): boolean => minor >= 25 && spec.os?.name === 'windows';
/** Pods in a user namespace of their own may do more. */
const inUserNamespace = ({ spec, minor }: Pod): boolean => minor >= 35 && spec.hostUsers === false;

const appArmorProfile: Check = ({ metadata, spec, containers }) => {
  const bad = (holder: Json): boolean =>
    holder?.securityContext?.appArmorProfile && !profileAllowed(holder.securityContext.appArmorProfile);
  const wrong = containers.filter(bad);
  const annotations = Object.entries(metadata.annotations ?? {})
    .filter(
      ([key, value]) => key.startsWith(APP_ARMOR_ANNOTATION) && !/^(?:$|runtime\/default$|localhost\/)/.test(value),
    )
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  const types = [...(bad(spec) ? [spec] : []), ...wrong].map((one) => one.securityContext.appArmorProfile.type);
  const values = [...sorted(types), ...sorted(annotations)];
  const fields = setters(bad(spec), wrong);
  const who = [fields, annotations.length > 0 ? plural(annotations.length, 'annotation') : undefined].filter(Boolean);
  if (who.length === 0) return undefined;
  return {
    reason: plural(values.length, 'forbidden AppArmor profile'),
    detail: `${who.join(' and ')} must not set AppArmor profile type to ${quoted(values)}`,
  };
};

const capabilitiesBaseline: Check = ({ containers }) => {
  const extra = (item: Json): string[] =>
    (item.securityContext?.capabilities?.add ?? []).filter((name: string) => !BASELINE_CAPABILITIES.includes(name));
  const added = containers.filter((item) => extra(item).length > 0);
  if (added.length === 0) return undefined;
  const list = quoted(sorted(added.flatMap(extra)));
  return {
    reason: 'non-default capabilities',
    detail: `${named('container', added)} must not include ${list} in securityContext.capabilities.add`,
  };
};

const hostNamespaces: Check = ({ spec }) => {
  const set = ['hostNetwork', 'hostPID', 'hostIPC'].filter((name) => spec[name]);
  return set.length === 0
    ? undefined
    : { reason: 'host namespaces', detail: set.map((name) => `${name}=true`).join(', ') };
};

const hostPathVolumes: Check = ({ spec }) => {
  const volumes = (spec.volumes ?? []).filter((item: Json) => item.hostPath);
  return volumes.length === 0 ? undefined : { reason: 'hostPath volumes', detail: named('volume', volumes) };
};

const hostPorts: Check = ({ containers }) => {
  const portsOf = (item: Json): string[] =>
    (item.ports ?? []).filter((port: Json) => port.hostPort).map((port: Json) => `${port.hostPort}`);
  const using = containers.filter((item) => portsOf(item).length > 0);
  if (using.length === 0) return undefined;
  const ports = sorted(using.flatMap(portsOf));
  const verb = plural(using.length, 'uses', 'use');
  return {
    reason: 'hostPort',
    detail: `${named('container', using)} ${verb} ${plural(ports.length, 'hostPort')} ${ports.join(', ')}`,
  };
};

const probeHosts: Check = ({ containers, minor }) => {
  if (minor < 34) return undefined;
  const hostsOf = (item: Json): string[] =>
    [item.livenessProbe, item.readinessProbe, item.startupProbe, item.lifecycle?.postStart, item.lifecycle?.preStop]
      .flatMap((one) => [one?.httpGet?.host, one?.tcpSocket?.host])
      .filter(Boolean);
  const using = containers.filter((item) => hostsOf(item).length > 0);
  if (using.length === 0) return undefined;
  const [names, hosts] = [sorted(using.map((item) => item.name)), sorted(using.flatMap(hostsOf))];
  return {
    reason: 'probe or lifecycle host',
    detail: `${plural(names.length, 'container')} ${quoted(names)} ${plural(names.length, 'uses', 'use')} ${plural(hosts.length, 'probe or lifecycle host')} ${quoted(hosts)}`,
  };
};

const privileged: Check = ({ containers }) => {
  const found = containers.filter((item) => item.securityContext?.privileged);
  return found.length === 0
    ? undefined
    : { reason: 'privileged', detail: `${named('container', found)} must not set securityContext.privileged=true` };
};

const procMount: Check = ({ containers }) => {
  const found = containers.filter((item) => (item.securityContext?.procMount ?? 'Default') !== 'Default');
  if (found.length === 0) return undefined;
  const types = quoted(sorted(found.map((item) => item.securityContext.procMount)));
  return {
    reason: 'procMount',
    detail: `${named('container', found)} must not set securityContext.procMount to ${types}`,
  };
};

const seLinuxOptions: Check = ({ spec, containers, minor }) => {
  const allowed = ['', 'container_t', 'container_init_t', 'container_kvm_t'];
  if (minor >= 31) allowed.push('container_engine_t');
  const optionsOf = (holder: Json): Json => holder.securityContext?.seLinuxOptions;
  const bad = (holder: Json): boolean => {
    const options = optionsOf(holder);
    return options && (!allowed.includes(options.type ?? '') || options.user || options.role);
  };
  const wrong = containers.filter(bad);
  const who = setters(bad(spec), wrong);
  if (who === undefined) return undefined;
  const all = [spec, ...containers].map(optionsOf).filter(Boolean);
  const types = sorted(all.map((options) => options.type ?? '').filter((type) => !allowed.includes(type)));
  const data = [
    ...(types.length > 0 ? [`${plural(types.length, 'type')} ${quoted(types)}`] : []),
    ...(all.some((options) => options.user) ? ['user may not be set'] : []),
    ...(all.some((options) => options.role) ? ['role may not be set'] : []),
  ];
  return {
    reason: 'seLinuxOptions',
    detail: `${who} set forbidden securityContext.seLinuxOptions: ${data.join('; ')}`,
  };
};

/** Who sets a profile that is not allowed. */
function openSeccomp({ spec, containers }: Pod): Violation | undefined {
  const profileOf = (holder: Json): Json => holder.securityContext?.seccompProfile;
  const bad = (holder: Json): boolean => profileOf(holder) && !profileAllowed(profileOf(holder));
  const wrong = containers.filter(bad);
  const who = setters(bad(spec), wrong);
  if (who === undefined) return undefined;
  const types = sorted([spec, ...wrong].filter(bad).map((holder) => profileOf(holder).type));
  return {
    reason: 'seccompProfile',
    detail: `${who} must not set securityContext.seccompProfile.type to ${quoted(types)}`,
  };
}

const seccompBaseline: Check = (pod) => (pod.minor >= 19 ? openSeccomp(pod) : undefined);

const sysctls: Check = ({ spec, minor }) => {
  const allowed = SYSCTLS.filter(([since]) => minor >= since).flatMap(([, names]) => names);
  const names = (spec.securityContext?.sysctls ?? []).map((item: Json) => item.name);
  const forbidden = names.filter((name: string) => !allowed.includes(name));
  return forbidden.length === 0 ? undefined : { reason: 'forbidden sysctls', detail: forbidden.join(', ') };
};

const windowsHostProcess: Check = ({ spec, containers }) => {
  const bad = (holder: Json): boolean => holder.securityContext?.windowsOptions?.hostProcess === true;
  const who = setters(bad(spec), containers.filter(bad));
  return who === undefined
    ? undefined
    : { reason: 'hostProcess', detail: `${who} must not set securityContext.windowsOptions.hostProcess=true` };
};

const allowPrivilegeEscalation: Check = (pod) => {
  const escalating = pod.containers.filter((item) => item.securityContext?.allowPrivilegeEscalation !== false);
  if (pod.minor < 8 || isWindows(pod) || escalating.length === 0) return undefined;
  return {
    reason: 'allowPrivilegeEscalation != false',
    detail: `${named('container', escalating)} must set securityContext.allowPrivilegeEscalation=false`,
  };
};

const capabilitiesRestricted: Check = (pod) => {
  if (pod.minor < 22) return capabilitiesBaseline(pod);
  if (isWindows(pod)) return undefined;
  const of = (item: Json, what: 'add' | 'drop'): string[] => item.securityContext?.capabilities?.[what] ?? [];
  const forbidden = (item: Json): string[] => of(item, 'add').filter((name) => name !== 'NET_BIND_SERVICE');
  const missing = pod.containers.filter((item) => !of(item, 'drop').includes('ALL'));
  const adding = pod.containers.filter((item) => forbidden(item).length > 0);
  const list = quoted(sorted(adding.flatMap(forbidden)));
  const details = [
    ...(missing.length > 0
      ? [`${named('container', missing)} must set securityContext.capabilities.drop=["ALL"]`]
      : []),
    ...(adding.length > 0
      ? [`${named('container', adding)} must not include ${list} in securityContext.capabilities.add`]
      : []),
  ];
  return details.length === 0 ? undefined : { reason: 'unrestricted capabilities', detail: details.join('; ') };
};

const restrictedVolumes: Check = ({ spec }) => {
  const volumes = (spec.volumes ?? []).filter(
    (item: Json) => !Object.keys(item).some((name) => RESTRICTED_VOLUMES.includes(name)),
  );
  if (volumes.length === 0) return undefined;
  const types = sorted(volumes.map((item: Json) => Object.keys(item).find((name) => name !== 'name') ?? 'unknown'));
  const verb = plural(volumes.length, 'uses', 'use');
  return {
    reason: 'restricted volume types',
    detail: `${named('volume', volumes)} ${verb} ${plural(types.length, 'restricted volume type')} ${quoted(types)}`,
  };
};

const runAsNonRoot: Check = (pod) => {
  if (inUserNamespace(pod)) return undefined;
  const of = (holder: Json): boolean | undefined => holder.securityContext?.runAsNonRoot;
  const reason = 'runAsNonRoot != true';
  const denying = pod.containers.filter((item) => of(item) === false);
  const who = setters(of(pod.spec) === false, denying);
  if (who !== undefined) return { reason, detail: `${who} must not set securityContext.runAsNonRoot=false` };
  const silent = pod.containers.filter((item) => of(item) === undefined && of(pod.spec) !== true);
  return silent.length === 0
    ? undefined
    : { reason, detail: `pod or ${named('container', silent)} must set securityContext.runAsNonRoot=true` };
};

const runAsUser: Check = (pod) => {
  if (pod.minor < 23 || inUserNamespace(pod)) return undefined;
  const bad = (holder: Json): boolean => holder.securityContext?.runAsUser === 0;
  const who = setters(bad(pod.spec), pod.containers.filter(bad));
  return who === undefined ? undefined : { reason: 'runAsUser=0', detail: `${who} must not set runAsUser=0` };
};

const seccompRestricted: Check = (pod) => {
  if (pod.minor < 19 || isWindows(pod)) return undefined;
  const open = openSeccomp(pod);
  if (open) return open;
  const profileOf = (holder: Json): Json => holder.securityContext?.seccompProfile;
  const silent = pod.containers.filter((item) => !profileOf(item) && !profileOf(pod.spec));
  if (silent.length === 0) return undefined;
  return {
    reason: 'seccompProfile',
    detail: `pod or ${named('container', silent)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
  };
};

/** In the order of upstream's ids (k8s.io/pod-security-admission v0.35.4), baseline first. The restricted level has checks of its own for some. */
const BASELINE: Check[] = [
  appArmorProfile,
  capabilitiesBaseline,
  hostNamespaces,
  hostPathVolumes,
  hostPorts,
  probeHosts,
  privileged,
  (pod) => (inUserNamespace(pod) ? undefined : procMount(pod)),
  seLinuxOptions,
  seccompBaseline,
  sysctls,
  windowsHostProcess,
];
const RESTRICTED: Check[] = [
  appArmorProfile,
  hostNamespaces,
  hostPorts,
  probeHosts,
  privileged,
  (pod) => (pod.minor < 35 ? procMount(pod) : undefined),
  seLinuxOptions,
  sysctls,
  windowsHostProcess,
  allowPrivilegeEscalation,
  capabilitiesRestricted,
  (pod) => (pod.minor >= 35 ? procMount(pod) : undefined),
  restrictedVolumes,
  runAsNonRoot,
  runAsUser,
  seccompRestricted,
];

/** What a pod has that the level of this version forbids; nothing for `privileged`. */
export function violations(
  level: string,
  minor: number,
  pod: { metadata?: Partial<ObjectMeta>; spec: Json },
): Violation[] {
  const { metadata = {}, spec } = pod;
  const lists = [spec.initContainers, spec.containers, spec.ephemeralContainers];
  const containers: Json[] = lists.flatMap((list) => list ?? []);
  const checks = level === 'baseline' ? BASELINE : level === 'restricted' ? RESTRICTED : [];
  return checks.map((check) => check({ metadata, spec, containers, minor })).filter((found) => found !== undefined);
}
