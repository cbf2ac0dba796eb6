import type { Json, KubeObject } from '../../kube/object.ts';
import type { HostPort, NetNamespace } from '../net/net.ts';
import { type FsNode, fileNode, type Mount } from '../process/memory-fs.ts';
import type { NodeContext } from './node-context.ts';

/** A pod's sandbox: its network namespace and the files that all its containers share. */
export interface Sandbox {
  id: string;
  ns: NetNamespace;
  startedMs: number;
  hostNetwork: boolean;
  hostname: string;
  files: ReadonlyMap<string, Mount>;
}

/** Brings the sandbox up. `current` gives the newest version of the pod: its labels decide on network policies. */
export function createSandbox(node: NodeContext, pod: KubeObject, current: () => KubeObject): Sandbox {
  const { spec, metadata } = pod;
  const hostNetwork = spec.hostNetwork === true;
  const short = String(spec.hostname ?? metadata.name).slice(0, 63);
  const fqdn = spec.subdomain
    ? `${short}.${spec.subdomain}.${metadata.namespace}.svc.${node.clusterDomain}`
    : undefined;
  const named = spec.setHostnameAsFQDN && fqdn ? fqdn : short;
  const hostname = hostNetwork ? node.nodeName : named;
  const dns = dnsOf(node, pod);
  const hosts = new Map<string, string>();
  for (const alias of spec.hostAliases ?? []) for (const name of alias.hostnames ?? []) hosts.set(name, alias.ip);
  const ip = hostNetwork ? node.hostIP : node.allocateIp();
  hosts.set(hostname, ip);
  if (fqdn && !hostNetwork) hosts.set(fqdn, ip);
  const identity = {
    namespace: metadata.namespace as string,
    name: metadata.name,
    uid: metadata.uid,
    get labels() {
      return current().metadata.labels ?? {};
    },
  };
  // A host-network pod has the node's address and no identity of its own, but its own resolver.
  const own = hostNetwork ? {} : { pod: identity, hostPorts: hostPortsOf(spec) };
  const ns: NetNamespace = { ip, nodeName: node.nodeName, ...own, dns, hosts };
  node.network.attach(ns);
  const owner = {};
  const file = (content: string): Mount => ({ root: fileNode(owner, content, 0o644, node.world.nowMs) });
  const files = new Map<string, Mount>([
    [
      '/etc/hosts',
      file(
        hostNetwork
          ? `${HOST_NETWORK}${machineHosts(node)}${aliases(spec)}`
          : hostsFile(spec, ns.ip, fqdn ? [fqdn, short] : [hostname]),
      ),
    ],
    ['/etc/hostname', file(`${hostname}\n`)],
    ['/etc/resolv.conf', file(resolvConf(dns, resolverOptions(spec, dns)))],
  ]);
  return { id: node.rng.hex(64), ns, startedMs: node.world.nowMs, hostNetwork, hostname, files };
}

/** What the machine's own file comes after, for pods in the machine's network. */
const HOST_NETWORK = '# Kubernetes-managed hosts file (host network).\n';

function machineHosts({ disk }: NodeContext): string {
  return disk.entries?.get('etc')?.entries?.get('hosts')?.content ?? '';
}

/** Side-cars' as well; SCTP is not simulated. */
function hostPortsOf(spec: Json): HostPort[] {
  return [...(spec.initContainers ?? []), ...spec.containers].flatMap((container: Json) =>
    (container.ports ?? [])
      .filter((port: Json) => port.hostPort > 0 && port.protocol !== 'SCTP')
      .map(({ protocol = 'TCP', hostIP, hostPort, containerPort }: Json) => ({
        transport: protocol.toLowerCase(),
        hostIP: hostIP && hostIP !== '0.0.0.0' ? hostIP : undefined,
        hostPort,
        containerPort,
      })),
  );
}

function hostsFile(spec: Json, ip: string, names: string[]): string {
  return (
    '# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n' +
    `fe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n${ip}\t${names.join('\t')}\n${aliases(spec)}`
  );
}

function aliases({ hostAliases }: Json): string {
  if (!hostAliases?.length) return '';
  const lines = hostAliases.map(({ ip, hostnames }: Json) => `${ip}\t${(hostnames ?? []).join('\t')}\n`);
  return `\n# Entries added by HostAliases.\n${lines.join('')}`;
}

/** The policy's options, overridden and extended by the pod's own. */
function resolverOptions(spec: Json, dns: NetNamespace['dns']): string[] {
  const own: Json[] = spec.dnsConfig?.options ?? [];
  const options = own.map(({ name, value }) => (value === undefined ? name : `${name}:${value}`));
  const given = dns.ndots !== 1 && !own.some((o) => o.name === 'ndots');
  return given ? [`ndots:${dns.ndots}`, ...options] : options;
}

function resolvConf(dns: NetNamespace['dns'], options: string[]): string {
  const search = dns.searches.length ? `search ${dns.searches.join(' ')}\n` : '';
  const servers = dns.nameservers.map((server) => `nameserver ${server}\n`).join('');
  return `${search}${servers}${options.length ? `options ${options.join(' ')}\n` : ''}`;
}

function dnsOf(node: NodeContext, pod: KubeObject): NetNamespace['dns'] {
  const { spec } = pod;
  const policy = spec.dnsPolicy ?? 'ClusterFirst';
  const extra = spec.dnsConfig ?? {};
  const byCluster = policy === 'ClusterFirstWithHostNet' || (policy === 'ClusterFirst' && !spec.hostNetwork);
  let dns: NetNamespace['dns'] = node.ns.dns;
  if (byCluster) {
    const domain = node.clusterDomain;
    dns = {
      nameservers: [node.clusterDns],
      searches: [`${pod.metadata.namespace}.svc.${domain}`, `svc.${domain}`, domain, ...node.ns.dns.searches],
      ndots: 5,
    };
  } else if (policy === 'None') dns = { nameservers: [], searches: [], ndots: 1 };
  const ndots = (extra.options ?? []).find((o: Json) => o.name === 'ndots')?.value;
  const unique = (items: string[]): string[] => [...new Set(items)];
  return {
    nameservers: unique([...dns.nameservers, ...(extra.nameservers ?? [])]),
    searches: unique([...dns.searches, ...(extra.searches ?? [])]),
    ndots: ndots === undefined ? dns.ndots : Number(ndots),
  };
}

/** The file behind terminationMessagePath of one container instance. */
export function terminationFile(nowMs: number): FsNode {
  return fileNode({}, '', 0o666, nowMs);
}
