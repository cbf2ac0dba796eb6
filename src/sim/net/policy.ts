import type { Json, KubeObject } from '../../kube/object.ts';
import type { ApiClient } from '../api/api.ts';
import type { NetNamespace, Transport } from './net.ts';
import { selectorMatches } from './selector.ts';

type PodRef = NonNullable<NetNamespace['pod']>;

/** One end of a connection, as a policy sees it. */
export interface PolicyPeer {
  ip: string;
  nodeName?: string;
  pod?: PodRef;
}

/** NetworkPolicies, enforced as the common plugins do: for new connections, never against a pod's own node. */
export class PolicyTable {
  readonly #policies = new Map<string, Map<string, KubeObject>>();
  readonly #api: ApiClient;

  constructor(api: ApiClient) {
    this.#api = api;
    api.watch('networking.k8s.io/v1/NetworkPolicy', (type, object) => {
      const namespace = object.metadata.namespace ?? '';
      let inNamespace = this.#policies.get(namespace);
      if (!inNamespace) {
        inNamespace = new Map();
        this.#policies.set(namespace, inNamespace);
      }
      if (type === 'DELETED') inNamespace.delete(object.metadata.name);
      else inNamespace.set(object.metadata.name, object);
      if (inNamespace.size === 0) this.#policies.delete(namespace);
    });
  }

  allows(from: PolicyPeer, to: PolicyPeer, port: number, transport: Transport): boolean {
    if (this.#policies.size === 0 || from.ip === to.ip) return true;
    return this.#side('Egress', from, to, to, port, transport) && this.#side('Ingress', to, from, to, port, transport);
  }

  /** `subject` is the pod whose policies are asked, `peer` the other end, `target` the one that listens. */
  #side(
    direction: 'Ingress' | 'Egress',
    subject: PolicyPeer,
    peer: PolicyPeer,
    target: PolicyPeer,
    port: number,
    transport: Transport,
  ): boolean {
    if (!subject.pod) return true;
    const inNamespace = this.#policies.get(subject.pod.namespace);
    if (!inNamespace) return true;
    if (!peer.pod && peer.nodeName !== undefined && peer.nodeName === subject.nodeName) return true;
    let isolated = false;
    for (const policy of inNamespace.values()) {
      if (!policyTypes(policy).includes(direction)) continue;
      if (!selectorMatches(policy.spec.podSelector ?? {}, this.#labels(subject.pod))) continue;
      isolated = true;
      const rules: Json[] = (direction === 'Ingress' ? policy.spec.ingress : policy.spec.egress) ?? [];
      const peersOf = (rule: Json): Json[] => (direction === 'Ingress' ? rule.from : rule.to) ?? [];
      const namespace = subject.pod.namespace;
      if (
        rules.some(
          (rule) =>
            this.#portMatches(rule.ports ?? [], target, port, transport) &&
            (peersOf(rule).length === 0 || peersOf(rule).some((entry) => this.#peerMatches(entry, peer, namespace))),
        )
      ) {
        return true;
      }
    }
    return !isolated;
  }

  #peerMatches(entry: Json, peer: PolicyPeer, policyNamespace: string): boolean {
    if (entry.ipBlock) {
      if (!inCidr(peer.ip, entry.ipBlock.cidr)) return false;
      return !(entry.ipBlock.except ?? []).some((cidr: string) => inCidr(peer.ip, cidr));
    }
    if (!peer.pod) return false;
    if (entry.namespaceSelector) {
      const namespace = this.#api.get('v1/Namespace', undefined, peer.pod.namespace);
      if (!selectorMatches(entry.namespaceSelector, namespace?.metadata.labels)) return false;
    } else if (peer.pod.namespace !== policyNamespace) {
      return false;
    }
    return !entry.podSelector || selectorMatches(entry.podSelector, this.#labels(peer.pod));
  }

  #portMatches(ports: Json[], target: PolicyPeer, port: number, transport: Transport): boolean {
    if (ports.length === 0) return true;
    return ports.some((entry) => {
      if ((entry.protocol ?? 'TCP').toLowerCase() !== transport) return false;
      if (entry.port === undefined) return true;
      if (typeof entry.port === 'string') return this.#namedPort(target, entry.port, transport) === port;
      return entry.endPort ? port >= entry.port && port <= entry.endPort : port === entry.port;
    });
  }

  #namedPort(target: PolicyPeer, name: string, transport: Transport): number | undefined {
    const pod = target.pod && this.#api.get('v1/Pod', target.pod.namespace, target.pod.name);
    for (const container of pod?.spec.containers ?? []) {
      for (const port of container.ports ?? []) {
        if (port.name === name && (port.protocol ?? 'TCP').toLowerCase() === transport) return port.containerPort;
      }
    }
    return undefined;
  }

  /** Labels as they are now; those of the namespace when the pod object is gone. */
  #labels(pod: PodRef): Readonly<Record<string, string>> {
    return this.#api.get('v1/Pod', pod.namespace, pod.name)?.metadata.labels ?? pod.labels;
  }
}

function policyTypes(policy: KubeObject): string[] {
  return policy.spec.policyTypes ?? (policy.spec.egress ? ['Ingress', 'Egress'] : ['Ingress']);
}

export function inCidr(ip: string, cidr: string): boolean {
  const [base = '', bits = '32'] = cidr.split('/');
  const mask = bits === '0' ? 0 : (0xffffffff << (32 - Number(bits))) >>> 0;
  return (toNumber(ip) & mask) >>> 0 === (toNumber(base) & mask) >>> 0;
}

function toNumber(ip: string): number {
  return ip.split('.').reduce((sum, part) => ((sum << 8) | Number(part)) >>> 0, 0);
}
