import type { Json } from '../../../kube/object.ts';
import type { FieldError } from '../../../kube/status.ts';
import { defineKind } from './common/define.ts';
import { forbidden, invalid, invalids, notSupported, required } from './common/field.ts';
import { CIDR_INVALID, isCidr, portName, portNumber } from './common/names.ts';
import { setDefaultPointer } from './common/pod-defaults.ts';
import { formatSelector, validateSelector } from './common/selectors.ts';
import { age, columns } from './common/table.ts';

const PROTOCOLS = ['TCP', 'UDP', 'SCTP'];

function validatePort(port: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!PROTOCOLS.includes(port.protocol)) errors.push(notSupported(`${path}.protocol`, port.protocol, PROTOCOLS));
  const end = port.endPort;
  if (typeof port.port === 'number') {
    errors.push(...invalids(`${path}.port`, port.port, portNumber(port.port)));
    if (end === undefined) return errors;
    if (end < port.port) errors.push(invalid(`${path}.endPort`, port.port, 'must be greater than or equal to `port`'));
    return [...errors, ...invalids(`${path}.endPort`, end, portNumber(end))];
  }
  if (end !== undefined) {
    const why = port.port === undefined ? 'not specified' : 'non-numeric';
    errors.push(invalid(`${path}.endPort`, end, `may not be specified when \`port\` is ${why}`));
  }
  if (port.port !== undefined) errors.push(...invalids(`${path}.port`, port.port, portName(port.port)));
  return errors;
}

/** Whether `inner` is a strict subset of `outer`; both IPv4. */
function isStrictSubset(inner: string, outer: string): boolean {
  const parse = (cidr: string): { base: number; bits: number } => {
    const [ip = '', bits = '0'] = cidr.split('/');
    return { base: ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0), bits: Number(bits) };
  };
  if (inner.includes(':') || outer.includes(':')) return inner.includes(':') === outer.includes(':');
  const a = parse(inner);
  const b = parse(outer);
  const size = 2 ** (32 - b.bits);
  return a.bits > b.bits && Math.floor(a.base / size) === Math.floor(b.base / size);
}

function validateIpBlock(block: Json, path: string): FieldError[] {
  if (!block.cidr) return [required(`${path}.cidr`)];
  if (!isCidr(block.cidr)) return [invalid(`${path}.cidr`, block.cidr, CIDR_INVALID)];
  return (block.except ?? []).flatMap((cidr: string, i: number) => {
    const at = `${path}.except[${i}]`;
    if (!isCidr(cidr)) return [invalid(at, cidr, CIDR_INVALID)];
    return isStrictSubset(cidr, block.cidr) ? [] : [invalid(at, cidr, 'must be a strict subset of `cidr`')];
  });
}

function validatePeer(peer: Json, path: string): FieldError[] {
  const errors = [
    ...validateSelector(peer.podSelector, `${path}.podSelector`),
    ...validateSelector(peer.namespaceSelector, `${path}.namespaceSelector`),
  ];
  if (peer.ipBlock) errors.push(...validateIpBlock(peer.ipBlock, `${path}.ipBlock`));
  const count = [peer.podSelector, peer.namespaceSelector, peer.ipBlock].filter(Boolean).length;
  if (count === 0) errors.push(required(path, 'must specify a peer'));
  else if (count > 1 && peer.ipBlock) errors.push(forbidden(path, 'may not specify both ipBlock and another peer'));
  return errors;
}

function validateRules(rules: Json[], side: 'from' | 'to', path: string): FieldError[] {
  return rules.flatMap((rule, i) => [
    ...(rule.ports ?? []).flatMap((port: Json, p: number) => validatePort(port, `${path}[${i}].ports[${p}]`)),
    ...(rule[side] ?? []).flatMap((peer: Json, p: number) => validatePeer(peer, `${path}[${i}].${side}[${p}]`)),
  ]);
}

/** networking.k8s.io/v1 NetworkPolicy. */
export const networkPolicy = defineKind({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'NetworkPolicy',
  generation: true,
  deleteReturnsStatus: true,
  setDefaults({ spec }) {
    for (const rule of [...(spec.ingress ?? []), ...(spec.egress ?? [])])
      for (const port of rule.ports ?? []) setDefaultPointer(port, 'protocol', 'TCP');
    if (!(spec.policyTypes?.length > 0))
      spec.policyTypes = spec.egress?.length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
  },
  validate({ spec }) {
    const errors = [
      ...validateSelector(spec.podSelector, 'spec.podSelector'),
      ...validateRules(spec.ingress ?? [], 'from', 'spec.ingress'),
      ...validateRules(spec.egress ?? [], 'to', 'spec.egress'),
    ];
    const types: string[] = spec.policyTypes ?? [];
    if (types.length > 2)
      return [...errors, invalid('spec.policyTypes', types, 'may not specify more than two policyTypes')];
    for (const [i, type] of types.entries())
      if (!['Ingress', 'Egress'].includes(type))
        errors.push(notSupported(`spec.policyTypes[${i}]`, type, ['Ingress', 'Egress']));
    return errors;
  },
  columns: columns('Name', 'Pod-Selector', 'Age'),
  row: (object, ctx) => [object.metadata.name, formatSelector(object.spec?.podSelector), age(object, ctx)],
});
