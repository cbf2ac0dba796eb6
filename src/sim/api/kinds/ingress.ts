import type { Json } from '../../../kube/object.ts';
import type { FieldError } from '../../../kube/status.ts';
import { defineKind } from './common/define.ts';
import { invalid, invalids, notSupported, required } from './common/field.ts';
import { dns1035Label, dnsSubdomain, isIP, portName, portNumber, wildcardSubdomain } from './common/names.ts';
import { age, columns } from './common/table.ts';

const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix'];
const BAD_SEQUENCES = ['//', '/./', '/../', '%2f', '%2F'];
const BAD_SUFFIXES = ['/..', '/.'];

function validateBackend(backend: Json, path: string): FieldError[] {
  const { service, resource } = backend ?? {};
  if (service && resource) return [invalid(path, '', 'cannot set both resource and service backends')];
  if (resource) return resource.name ? [] : [required(`${path}.resource.name`)];
  if (!service) return [invalid(path, '', 'resource or service backend is required')];
  const errors = service.name
    ? invalids(`${path}.service.name`, service.name, dns1035Label(service.name))
    : [required(`${path}.service.name`)];
  const { name, number } = service.port ?? {};
  if (name && number) errors.push(invalid(path, '', 'cannot set both port name & port number'));
  else if (name) errors.push(...invalids(`${path}.service.port.name`, name, portName(name)));
  else if (number) errors.push(...invalids(`${path}.service.port.number`, number, portNumber(number)));
  else errors.push(required(path, 'port name or number is required'));
  return errors;
}

function validatePath(item: Json, path: string): FieldError[] {
  if (item.pathType === undefined || item.pathType === null)
    return [required(`${path}.pathType`, 'pathType must be specified')];
  const errors: FieldError[] = [];
  const text: string = item.path ?? '';
  const at = `${path}.path`;
  if (!PATH_TYPES.includes(item.pathType)) errors.push(notSupported(`${path}.pathType`, item.pathType, PATH_TYPES));
  else if (item.pathType === 'ImplementationSpecific') {
    if (text && !text.startsWith('/')) errors.push(invalid(at, text, 'must be an absolute path'));
  } else {
    if (!text.startsWith('/')) errors.push(invalid(at, text, 'must be an absolute path'));
    for (const bad of BAD_SEQUENCES)
      if (text.includes(bad)) errors.push(invalid(at, text, `must not contain '${bad}'`));
    for (const bad of BAD_SUFFIXES) if (text.endsWith(bad)) errors.push(invalid(at, text, `cannot end with '${bad}'`));
  }
  return [...errors, ...validateBackend(item.backend, `${path}.backend`)];
}

function validateHost(host: string, path: string): FieldError[] {
  const errors = isIP(host) ? [invalid(path, host, 'must be a DNS name, not an IP address')] : [];
  return [...errors, ...invalids(path, host, host.includes('*') ? wildcardSubdomain(host) : dnsSubdomain(host))];
}

function validateRule(rule: Json, path: string): FieldError[] {
  const errors = rule.host ? validateHost(rule.host, `${path}.host`) : [];
  if (!rule.http) return errors;
  const paths: Json[] = rule.http.paths ?? [];
  if (paths.length === 0) errors.push(required(`${path}.http.paths`));
  return [...errors, ...paths.flatMap((item, i) => validatePath(item, `${path}.http.paths[${i}]`))];
}

function hostsText(rules: Json[]): string {
  const list = rules
    .slice(0, 3)
    .map((rule) => rule.host)
    .filter(Boolean);
  if (list.length === 0) return '*';
  return rules.length > 3 ? `${list.join(',')} + ${rules.length - 3} more...` : list.join(',');
}

const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';

/** networking.k8s.io/v1 Ingress. */
export const ingress = defineKind({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'Ingress',
  generation: true,
  hasStatus: true,
  deleteReturnsStatus: true,
  validate({ spec }) {
    const rules: Json[] = spec.rules ?? [];
    const errors: FieldError[] = [];
    if (rules.length === 0 && !spec.defaultBackend)
      errors.push(invalid('spec', null, 'either `defaultBackend` or `rules` must be specified'));
    if (spec.defaultBackend) errors.push(...validateBackend(spec.defaultBackend, 'spec.defaultBackend'));
    for (const [i, rule] of rules.entries()) errors.push(...validateRule(rule, `spec.rules[${i}]`));
    for (const [i, tls] of (spec.tls ?? []).entries()) {
      for (const [j, host] of (tls.hosts ?? []).entries()) {
        const messages = host.includes('*') ? wildcardSubdomain(host) : dnsSubdomain(host);
        errors.push(...invalids(`spec.tls[${i}].hosts[${j}]`, host, messages));
      }
      if (tls.secretName)
        errors.push(...invalids(`spec.tls[${i}].secretName`, tls.secretName, dnsSubdomain(tls.secretName)));
    }
    if (spec.ingressClassName)
      errors.push(...invalids('spec.ingressClassName', spec.ingressClassName, dnsSubdomain(spec.ingressClassName)));
    return errors;
  },
  warnings: ({ metadata }) =>
    metadata.annotations?.[CLASS_ANNOTATION] === undefined
      ? []
      : [`annotation "${CLASS_ANNOTATION}" is deprecated, please use 'spec.ingressClassName' instead`],
  columns: columns('Name', 'Class', 'Hosts', 'Address', 'Ports', 'Age'),
  row(object, ctx) {
    const { spec, status = {} } = object;
    const addresses = new Set<string>(
      (status.loadBalancer?.ingress ?? []).map((item: Json) => item.ip || item.hostname),
    );
    return [
      object.metadata.name,
      spec.ingressClassName ?? '<none>',
      hostsText(spec.rules ?? []),
      [...addresses].filter(Boolean).sort().join(','),
      spec.tls?.length > 0 ? '80, 443' : '80',
      age(object, ctx),
    ];
  },
});
