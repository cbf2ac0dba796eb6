import type { Json } from '../../../kube/object.ts';
import type { FieldError } from '../../../kube/status.ts';
import { defineKind } from './common/define.ts';
import { invalid, invalids, notSupported, required } from './common/field.ts';
import { dnsLabel, dnsSubdomain, isIP, isIPv6, portNumber } from './common/names.ts';
import { setDefault } from './common/pod-defaults.ts';
import { age, columns } from './common/table.ts';

/** ValidateEndpointIP: no unspecified, loopback or link-local addresses. */
export function validateEndpointIp(ip: string, path: string): FieldError[] {
  if (!isIP(ip)) return [];
  if (ip === '0.0.0.0' || ip === '::') return [invalid(path, ip, `may not be unspecified (${ip})`)];
  if (ip.startsWith('127.') || ip === '::1')
    return [invalid(path, ip, 'may not be in the loopback range (127.0.0.0/8, ::1/128)')];
  if (ip.startsWith('169.254.'))
    return [invalid(path, ip, 'may not be in the link-local range (169.254.0.0/16, fe80::/10)')];
  return ip.startsWith('224.0.0.')
    ? [invalid(path, ip, 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)')]
    : [];
}

function validateAddress(address: Json, path: string): FieldError[] {
  const ip: string = address.ip ?? '';
  const errors: FieldError[] = [];
  if (!isIP(ip))
    errors.push(
      invalid(`${path}.ip`, ip, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'),
      invalid(`${path}.ip`, ip, 'must be a valid IP address'),
    );
  if (address.hostname) errors.push(...invalids(`${path}.hostname`, address.hostname, dnsLabel(address.hostname)));
  if (address.nodeName !== undefined)
    errors.push(...invalids(`${path}.nodeName`, address.nodeName, dnsSubdomain(address.nodeName)));
  return [...errors, ...validateEndpointIp(ip, `${path}.ip`)];
}

function validateSubset(subset: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { addresses = [], notReadyAddresses = [], ports = [] } = subset;
  if (addresses.length + notReadyAddresses.length === 0)
    errors.push(required(path, 'must specify `addresses` or `notReadyAddresses`'));
  for (const [i, item] of addresses.entries()) errors.push(...validateAddress(item, `${path}.addresses[${i}]`));
  for (const [i, item] of notReadyAddresses.entries())
    errors.push(...validateAddress(item, `${path}.notReadyAddresses[${i}]`));
  for (const [i, port] of ports.entries()) {
    const at = `${path}.ports[${i}]`;
    if (port.name) errors.push(...invalids(`${at}.name`, port.name, dnsLabel(port.name)));
    else if (ports.length > 1) errors.push(required(`${at}.name`));
    errors.push(...invalids(`${at}.port`, port.port, portNumber(port.port)));
    if (!['SCTP', 'TCP', 'UDP'].includes(port.protocol))
      errors.push(notSupported(`${at}.protocol`, port.protocol, ['SCTP', 'TCP', 'UDP']));
  }
  return errors;
}

function endpointsText(subsets: Json[]): string {
  if (subsets.length === 0) return '<none>';
  const list: string[] = [];
  for (const subset of subsets) {
    const addresses: Json[] = subset.addresses ?? [];
    if (!(subset.ports?.length > 0)) list.push(...addresses.map((item) => item.ip));
    for (const port of subset.ports ?? [])
      list.push(...addresses.map(({ ip }) => `${isIPv6(ip) ? `[${ip}]` : ip}:${port.port}`));
  }
  const shown = list.slice(0, 3).join(',');
  return list.length > 3 ? `${shown} + ${list.length - 3} more...` : shown;
}

/** v1 Endpoints. */
export const endpoints = defineKind({
  group: '',
  version: 'v1',
  kind: 'Endpoints',
  createOnUpdate: true,
  generation: false,
  deleteReturnsStatus: true,
  setDefaults(draft) {
    for (const subset of draft.subsets ?? [])
      for (const port of subset.ports ?? []) setDefault(port, 'protocol', 'TCP');
  },
  validate: (object) =>
    (object.subsets ?? []).flatMap((subset: Json, i: number) => validateSubset(subset, `subsets[${i}]`)),
  columns: columns('Name', 'Endpoints', 'Age'),
  row: (object, ctx) => [object.metadata.name, endpointsText(object.subsets ?? []), age(object, ctx)],
});
