import type { KubeObject } from '../../kube/object.ts';

/** https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster: what pods may set without the node's leave. */
const SAFE_SYSCTLS = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ping_group_range',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.tcp_wmem',
]);

/** Why a kubelet of ordinary settings does not run a pod that was bound to it. */
export function refusalOf({ spec }: KubeObject): { reason: string; message: string } | undefined {
  for (const { name } of spec?.securityContext?.sysctls ?? []) {
    const dotted = String(name).replaceAll('/', '.');
    if (!SAFE_SYSCTLS.has(dotted))
      return { reason: 'SysctlForbidden', message: `forbidden sysctl: "${dotted}" not allowlisted` };
  }
  return undefined;
}
