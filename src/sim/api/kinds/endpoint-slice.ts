import type { Json, KubeObject } from '../../../kube/object.ts';
import type { FieldError } from '../../../kube/status.ts';
import { defineKind } from './common/define.ts';
import { duplicate, immutable, invalid, invalids, notSupported, required, tooMany } from './common/field.ts';
import { dnsLabel, dnsSubdomain, IP_INVALID, isIP, isIPv4, isIPv6, portNumber } from './common/names.ts';
import { setDefaultPointer } from './common/pod-defaults.ts';
import { age, columns, shortList } from './common/table.ts';
import { validateEndpointIp } from './endpoints.ts';

const TYPES = ['FQDN', 'IPv4', 'IPv6'];

function validateAddress(address: string, type: string, path: string): FieldError[] {
  if (type === 'FQDN') return invalids(path, address, dnsSubdomain(address));
  if (!isIP(address)) return [invalid(path, address, IP_INVALID)];
  if (type === 'IPv4' && !isIPv4(address)) return [invalid(path, address, 'must be an IPv4 address')];
  if (type === 'IPv6' && !isIPv6(address)) return [invalid(path, address, 'must be an IPv6 address')];
  return validateEndpointIp(address, path);
}

function validateEndpoint(endpoint: Json, type: string, path: string): FieldError[] {
  const addresses: string[] = endpoint.addresses ?? [];
  const errors: FieldError[] = [];
  if (addresses.length === 0) errors.push(required(`${path}.addresses`, 'must contain at least 1 address'));
  else if (addresses.length > 100) errors.push(tooMany(`${path}.addresses`, addresses.length, 100));
  for (const [i, address] of addresses.entries())
    errors.push(...validateAddress(address, type, `${path}.addresses[${i}]`));
  if (endpoint.nodeName !== undefined)
    errors.push(...invalids(`${path}.nodeName`, endpoint.nodeName, dnsSubdomain(endpoint.nodeName)));
  if (endpoint.hostname !== undefined)
    errors.push(...invalids(`${path}.hostname`, endpoint.hostname, dnsLabel(endpoint.hostname)));
  return errors;
}

function validatePorts(ports: Json[]): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  for (const [i, port] of ports.entries()) {
    const path = `ports[${i}]`;
    if (port.name) errors.push(...invalids(`${path}.name`, port.name, dnsLabel(port.name)));
    if (names.has(port.name)) errors.push(duplicate(`${path}.name`, port.name));
    names.add(port.name);
    if (!['SCTP', 'TCP', 'UDP'].includes(port.protocol))
      errors.push(notSupported(`${path}.protocol`, port.protocol, ['SCTP', 'TCP', 'UDP']));
    if (port.port !== undefined) errors.push(...invalids(`${path}.port`, port.port, portNumber(port.port)));
  }
  return errors;
}

/** Storage knows no difference between an empty list and none. */
function noEndpoints(draft: KubeObject): void {
  if (draft['endpoints']?.length === 0) draft['endpoints'] = null;
}

/** discovery.k8s.io/v1 EndpointSlice. */
export const endpointSlice = defineKind({
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  generation: true,
  generationFields: ['endpoints', 'ports', 'addressType'],
  deleteReturnsStatus: true,
  prepareForCreate: noEndpoints,
  prepareForUpdate: noEndpoints,
  setDefaults(draft) {
    for (const port of draft.ports ?? []) {
      setDefaultPointer(port, 'name', '');
      setDefaultPointer(port, 'protocol', 'TCP');
    }
  },
  validate(object) {
    const type: string = object.addressType ?? '';
    const endpoints: Json[] = object.endpoints ?? [];
    const errors = type
      ? TYPES.includes(type)
        ? []
        : [notSupported('addressType', type, TYPES)]
      : [required('addressType')];
    if (endpoints.length > 1000) errors.push(tooMany('endpoints', endpoints.length, 1000));
    for (const [i, endpoint] of endpoints.entries())
      errors.push(...validateEndpoint(endpoint, type, `endpoints[${i}]`));
    return [...errors, ...validatePorts(object.ports ?? [])];
  },
  validateUpdate: (object, old) => immutable('addressType', object.addressType, old.addressType),
  columns: columns('Name', 'AddressType', 'Ports', 'Endpoints', 'Age'),
  row(object, ctx) {
    const ports = (object.ports ?? []).map((port: Json) => String(port.port ?? port.name ?? '*'));
    const addresses = (object.endpoints ?? []).flatMap((endpoint: Json) => endpoint.addresses ?? []);
    return [
      object.metadata.name,
      object.addressType,
      shortList(ports) || '<unset>',
      shortList(addresses) || '<unset>',
      age(object, ctx),
    ];
  },
});
