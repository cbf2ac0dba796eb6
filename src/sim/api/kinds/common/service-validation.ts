import type { Json, KubeObject } from '../../../../kube/object.ts';
import type { FieldError } from '../../../../kube/status.ts';
import { duplicate, forbidden, invalid, invalids, notSupported, required } from './field.ts';
import { validatePort } from './intstr.ts';
import { dnsLabel, dnsSubdomain, ipAddress, portNumber, qualifiedName } from './names.ts';
import { validateLabels } from './selectors.ts';

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];

export function isHeadless(service: KubeObject): boolean {
  return service.spec.clusterIPs?.[0] === 'None' || service.spec.clusterIP === 'None';
}

/** Services that have an outside: NodePort, LoadBalancer, or ClusterIP with externalIPs. */
export function externallyAccessible({ spec }: KubeObject): boolean {
  return (
    ['NodePort', 'LoadBalancer'].includes(spec.type) ||
    (spec.type === 'ClusterIP' && (spec.externalIPs ?? []).length > 0)
  );
}

/** validateService. */
export function validateService(service: KubeObject): FieldError[] {
  const { spec } = service;
  const ports: Json[] = spec.ports ?? [];
  const headless = isHeadless(service);
  const errors: FieldError[] = [];
  if (ports.length === 0 && !headless && spec.type !== 'ExternalName') errors.push(required('spec.ports'));
  if (headless && (spec.type === 'LoadBalancer' || spec.type === 'NodePort'))
    errors.push(invalid('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${spec.type} services`));
  if (spec.type === 'ExternalName') errors.push(...validateExternalName(spec));
  errors.push(...validatePorts(ports), ...validateLabels(spec.selector, 'spec.selector'));
  errors.push(...validateAffinity(spec), ...validateClusterIps(spec));
  for (const [i, ip] of (spec.externalIPs ?? []).entries())
    errors.push(...invalids(`spec.externalIPs[${i}]`, ip, ipAddress(ip)));
  if (!TYPES.includes(spec.type)) errors.push(notSupported('spec.type', spec.type, TYPES));
  if (spec.type === 'ClusterIP')
    for (const [i, port] of ports.entries())
      if (port.nodePort)
        errors.push(forbidden(`spec.ports[${i}].nodePort`, "may not be used when `type` is 'ClusterIP'"));
  errors.push(...validateDoubles(ports), ...validateTraffic(service));
  return errors;
}

function validateExternalName(spec: Json): FieldError[] {
  const errors: FieldError[] = [];
  if ((spec.clusterIPs ?? []).length > 0)
    errors.push(forbidden('spec.clusterIPs', 'may not be set for ExternalName services'));
  if ((spec.ipFamilies ?? []).length > 0)
    errors.push(forbidden('spec.ipFamilies', 'may not be set for ExternalName services'));
  if (spec.ipFamilyPolicy !== undefined)
    errors.push(forbidden('spec.ipFamilyPolicy', 'may not be set for ExternalName services'));
  const name = (spec.externalName ?? '').replace(/\.$/, '');
  if (!name) return [...errors, required('spec.externalName')];
  return [...errors, ...invalids('spec.externalName', name, dnsSubdomain(name))];
}

function validatePorts(ports: Json[]): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  for (const [i, port] of ports.entries()) {
    const path = `spec.ports[${i}]`;
    if (port.name) {
      errors.push(...invalids(`${path}.name`, port.name, dnsLabel(port.name)));
      if (names.has(port.name)) errors.push(duplicate(`${path}.name`, port.name));
      names.add(port.name);
    } else if (ports.length > 1) errors.push(required(`${path}.name`));
    errors.push(...invalids(`${path}.port`, port.port, portNumber(port.port)));
    if (!PROTOCOLS.includes(port.protocol)) errors.push(notSupported(`${path}.protocol`, port.protocol, PROTOCOLS));
    errors.push(...validatePort(port.targetPort, `${path}.targetPort`));
    if (port.appProtocol !== undefined)
      errors.push(...invalids(`${path}.appProtocol`, port.appProtocol, qualifiedName(port.appProtocol)));
  }
  return errors;
}

function validateDoubles(ports: Json[]): FieldError[] {
  const errors: FieldError[] = [];
  const nodePorts = new Set<string>();
  for (const [i, port] of ports.entries()) {
    if (!port.nodePort) continue;
    const key = `${port.protocol}/${port.nodePort}`;
    if (nodePorts.has(key)) errors.push(duplicate(`spec.ports[${i}].nodePort`, port.nodePort));
    nodePorts.add(key);
  }
  const seen = new Set<string>();
  for (const [i, port] of ports.entries()) {
    const key = `${port.protocol}/${port.port}`;
    // The server prints its internal port type here, all fields in Go's names.
    if (seen.has(key))
      errors.push(
        duplicate(`spec.ports[${i}]`, {
          Name: '',
          Protocol: port.protocol,
          AppProtocol: null,
          Port: port.port,
          TargetPort: 0,
          NodePort: 0,
        }),
      );
    seen.add(key);
  }
  return errors;
}

function validateAffinity(spec: Json): FieldError[] {
  const path = 'spec.sessionAffinity';
  if (!['ClientIP', 'None'].includes(spec.sessionAffinity))
    return [notSupported(path, spec.sessionAffinity, ['ClientIP', 'None'])];
  if (spec.sessionAffinity === 'None') return [];
  const seconds = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds;
  if (seconds > 0 && seconds <= 86400) return [];
  return [invalid(`${path}Config.clientIP.timeoutSeconds`, seconds, 'must be greater than 0 and less than 86400')];
}

function validateClusterIps(spec: Json): FieldError[] {
  if (spec.type === 'ExternalName') return [];
  const errors: FieldError[] = [];
  const ips: string[] = spec.clusterIPs ?? [];
  if (spec.clusterIP) {
    if (ips.length === 0) errors.push(required('spec.clusterIPs'));
    else if (ips[0] !== spec.clusterIP)
      errors.push(invalid('spec.clusterIPs', ips, 'first value must match `clusterIP`'));
  } else if (ips.length > 0)
    errors.push(invalid('spec.clusterIPs', ips, 'must be empty when `clusterIP` is not specified'));
  for (const [i, family] of (spec.ipFamilies ?? []).entries())
    if (!['IPv4', 'IPv6'].includes(family))
      errors.push(notSupported(`spec.ipFamilies[${i}]`, family, ['IPv4', 'IPv6']));
  const policies = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];
  if (spec.ipFamilyPolicy !== undefined && !policies.includes(spec.ipFamilyPolicy))
    errors.push(notSupported('spec.ipFamilyPolicy', spec.ipFamilyPolicy, policies));
  // A headless service without selector may name addresses of both families in any cluster.
  const isFree = spec.clusterIP === 'None' && Object.keys(spec.selector ?? {}).length === 0;
  if (spec.ipFamilyPolicy === 'RequireDualStack' && !isFree) {
    const detail = 'this cluster is not configured for dual-stack services';
    errors.push(invalid('spec.ipFamilyPolicy', spec.ipFamilyPolicy, detail));
  }
  for (const [i, ip] of ips.entries()) {
    if (i === 0 && ip === 'None') {
      if (ips.length > 1) errors.push(invalid('spec.clusterIPs', ips, "'None' must be the first and only value"));
    } else errors.push(...invalids(`spec.clusterIPs[${i}]`, ip, ipAddress(ip)));
  }
  if (ips.length > 2) errors.push(invalid('spec.clusterIPs', ips, 'may only hold up to 2 values'));
  return errors;
}

function validateTraffic(service: KubeObject): FieldError[] {
  const { spec } = service;
  const errors: FieldError[] = [];
  if ((spec.loadBalancerSourceRanges ?? []).length > 0 && spec.type !== 'LoadBalancer')
    errors.push(forbidden('spec.LoadBalancerSourceRanges', "may only be used when `type` is 'LoadBalancer'"));
  if (spec.allocateLoadBalancerNodePorts !== undefined && spec.type !== 'LoadBalancer')
    errors.push(forbidden('spec.allocateLoadBalancerNodePorts', "may only be used when `type` is 'LoadBalancer'"));
  if (spec.loadBalancerClass !== undefined && spec.type !== 'LoadBalancer')
    errors.push(forbidden('spec.loadBalancerClass', "may only be used when `type` is 'LoadBalancer'"));
  const external = spec.externalTrafficPolicy;
  if (!externallyAccessible(service)) {
    if (external)
      errors.push(
        invalid('spec.externalTrafficPolicy', external, 'may only be set for externally-accessible services'),
      );
  } else if (!['Cluster', 'Local'].includes(external))
    errors.push(notSupported('spec.externalTrafficPolicy', external, ['Cluster', 'Local']));
  if (spec.healthCheckNodePort && !(spec.type === 'LoadBalancer' && external === 'Local'))
    errors.push(
      invalid(
        'spec.healthCheckNodePort',
        spec.healthCheckNodePort,
        "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
      ),
    );
  const internal = spec.internalTrafficPolicy;
  if (internal !== undefined && !['Cluster', 'Local'].includes(internal))
    errors.push(notSupported('spec.internalTrafficPolicy', internal, ['Cluster', 'Local']));
  const distribution = ['PreferClose', 'PreferSameZone', 'PreferSameNode'];
  if (spec.trafficDistribution !== undefined && !distribution.includes(spec.trafficDistribution))
    errors.push(notSupported('spec.trafficDistribution', spec.trafficDistribution, distribution));
  return errors;
}
