import type { Json, KubeObject } from '../../../kube/object.ts';
import { matchesRequirement, matchesSet } from '../../controllers/lib/selector.ts';
import { findUntoleratedTaint } from '../../controllers/lib/taints.ts';
import { type Filter, type NodeFilter, reject } from '../filter.ts';
import { podRequests } from '../node-info.ts';

const UNSCHEDULABLE_TAINT = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

export const nodeUnschedulable: Filter = ({ pod }, { node }) => {
  if (!node.spec?.unschedulable) return undefined;
  if (!findUntoleratedTaint([UNSCHEDULABLE_TAINT], pod.spec.tolerations, ['NoSchedule'])) return undefined;
  return reject('node(s) were unschedulable', true);
};

export const nodeName: Filter = ({ pod }, { name }) =>
  pod.spec.nodeName && pod.spec.nodeName !== name
    ? reject("node(s) didn't match the requested node name", true)
    : undefined;

export const taintToleration: Filter = ({ pod }, { node }) =>
  findUntoleratedTaint(node.spec?.taints, pod.spec.tolerations, ['NoSchedule', 'NoExecute'])
    ? reject('node(s) had untolerated taint(s)', true)
    : undefined;

/** Node selector and required node affinity. */
export function matchesNodeAffinity(pod: KubeObject, node: KubeObject): boolean {
  if (!matchesSet(pod.spec.nodeSelector, node.metadata.labels)) return false;
  const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return !required || matchesNodeSelector(required, node);
}

/** Terms are or-ed, the expressions of one and-ed; an empty term matches nothing. */
export function matchesNodeSelector(selector: Json, node: KubeObject): boolean {
  return (selector.nodeSelectorTerms ?? []).some((term: Json) => matchesNodeTerm(term, node));
}

export function matchesNodeTerm(term: Json, node: KubeObject): boolean {
  const labels: Json[] = term.matchExpressions ?? [];
  const fields: Json[] = term.matchFields ?? [];
  if (!labels.length && !fields.length) return false;
  return (
    labels.every((requirement) => matchesRequirement(requirement, node.metadata.labels)) &&
    fields.every((requirement) => matchesRequirement(requirement, { 'metadata.name': node.metadata.name }))
  );
}

export const nodeAffinity: NodeFilter = ({ pod }, { node }) =>
  matchesNodeAffinity(pod, node) ? undefined : reject("node(s) didn't match Pod's node affinity/selector", true);

interface HostPort {
  ip: string;
  protocol: string;
  port: number;
}

function hostPorts(pod: KubeObject): HostPort[] {
  return (pod.spec.containers ?? []).flatMap((container: Json) =>
    (container.ports ?? [])
      .filter((port: Json) => port.hostPort > 0)
      .map((port: Json) => ({ ip: port.hostIP || '0.0.0.0', protocol: port.protocol ?? 'TCP', port: port.hostPort })),
  );
}

export const nodePorts: NodeFilter = ({ pod }, node) => {
  const wanted = hostPorts(pod);
  if (!wanted.length) return undefined;
  const any = '0.0.0.0';
  for (const other of node.pods.values()) {
    for (const taken of hostPorts(other)) {
      const clash = wanted.some(
        (it) =>
          it.port === taken.port &&
          it.protocol === taken.protocol &&
          (it.ip === taken.ip || it.ip === any || taken.ip === any),
      );
      if (clash) return reject("node(s) didn't have free ports for the requested pod ports", false);
    }
  }
  return undefined;
};

/** Requests against what is left; a request above the node's whole size cannot be helped by preemption. */
export const nodeResourcesFit: Filter = ({ pod }, node) => {
  const reasons: string[] = [];
  let final = false;
  if (node.pods.size + 1 > (node.allocatable.pods ?? 0)) reasons.push('Too many pods');
  const requests = podRequests(pod);
  const basic = ['cpu', 'memory', 'ephemeral-storage'];
  const others = Object.keys(requests).filter((name) => !basic.includes(name));
  for (const name of [...basic, ...others]) {
    const wanted = requests[name] ?? 0;
    const total = node.allocatable[name] ?? 0;
    if (wanted === 0 || wanted <= total - (node.requested[name] ?? 0)) continue;
    reasons.push(`Insufficient ${name}`);
    if (wanted > total) final = true;
  }
  return reasons.length ? { reasons, final } : undefined;
};
