import type { Json } from '../../../kube/object.ts';
import { withQuery } from '../client.ts';
import { StatusError } from '../errors.ts';
import {
  annotationsMultiline,
  type DescribeContext,
  type Describer,
  eventsTable,
  formatLabels,
  head,
  labelsMultiline,
} from './writer.ts';

async function slicesOf(context: DescribeContext, namespace: string, service: string): Promise<Json[]> {
  const path = withQuery(`/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`, {
    labelSelector: `kubernetes.io/service-name=${service}`,
  });
  return (await context.client.list(path)).items;
}

/** `10.0.0.1:80,10.0.0.2:80 + 1 more...` of the ready endpoints of one port name. */
function endpointsText(slices: Json[], portName: string): string {
  if (slices.length === 0) return '<none>';
  const all: string[] = [];
  for (const slice of slices) {
    const ready = (slice.endpoints ?? []).filter((one: Json) => one.conditions?.ready !== false);
    if (!slice.ports?.length) all.push(...ready.map((one: Json) => one.addresses[0]));
    for (const port of slice.ports ?? [])
      if ((port.name ?? '') === portName) all.push(...ready.map((one: Json) => `${one.addresses[0]}:${port.port}`));
  }
  return all.slice(0, 3).join(',') + (all.length > 3 ? ` + ${all.length - 3} more...` : '');
}

export const service: Describer = async (object, w, context) => {
  const { metadata, spec, status } = object;
  head(w, object);
  w.field('Selector', formatLabels(spec.selector));
  w.field('Type', spec.type);
  if (spec.ipFamilyPolicy) w.field('IP Family Policy', spec.ipFamilyPolicy);
  w.field('IP Families', (spec.ipFamilies ?? []).join(',') || '<none>');
  w.field('IP', spec.clusterIP);
  w.field('IPs', (spec.clusterIPs ?? []).join(',') || '<none>');
  if (spec.externalIPs?.length) w.field('External IPs', spec.externalIPs.join(','));
  if (spec.loadBalancerIP) w.field('Desired LoadBalancer IP', spec.loadBalancerIP);
  if (spec.externalName) w.field('External Name', spec.externalName);
  const ingress = status?.loadBalancer?.ingress ?? [];
  if (ingress.length > 0)
    w.field(
      'LoadBalancer Ingress',
      ingress
        .map((one: Json) => (one.ip ? `${one.ip}${one.ipMode ? ` (${one.ipMode})` : ''}` : one.hostname))
        .join(', '),
    );
  const slices = await slicesOf(context, metadata.namespace, metadata.name);
  for (const port of spec.ports ?? []) {
    const name = port.name || '<unset>';
    w.field('Port', `${name}\t${port.port}/${port.protocol}`);
    w.field('TargetPort', `${port.targetPort}/${port.protocol}`);
    if (port.nodePort) w.field('NodePort', `${name}\t${port.nodePort}/${port.protocol}`);
    w.field('Endpoints', endpointsText(slices, port.name ?? ''));
  }
  w.field('Session Affinity', spec.sessionAffinity);
  if (spec.externalTrafficPolicy) w.field('External Traffic Policy', spec.externalTrafficPolicy);
  if (spec.internalTrafficPolicy) w.field('Internal Traffic Policy', spec.internalTrafficPolicy);
  if (spec.healthCheckNodePort) w.field('HealthCheck NodePort', spec.healthCheckNodePort);
  if (spec.loadBalancerSourceRanges?.length)
    w.field('LoadBalancer Source Ranges', spec.loadBalancerSourceRanges.join(','));
  if (spec.trafficDistribution) w.field('Traffic Distribution', spec.trafficDistribution);
  eventsTable(w, context);
};

export const endpoints: Describer = (object, w, context) => {
  head(w, object);
  w.line(0, 'Subsets:');
  for (const subset of object.subsets ?? []) {
    const ips = (list: Json[] | undefined): string => (list ?? []).map((one) => one.ip).join(',') || '<none>';
    w.line(1, `Addresses:\t${ips(subset.addresses)}`);
    w.line(1, `NotReadyAddresses:\t${ips(subset.notReadyAddresses)}`);
    if (subset.ports?.length) {
      w.line(1, 'Ports:');
      w.line(2, 'Name\tPort\tProtocol');
      w.line(2, '----\t----\t--------');
      for (const port of subset.ports) w.line(2, `${port.name || '<unset>'}\t${port.port}\t${port.protocol}`);
    }
    w.line(0, '');
  }
  eventsTable(w, context);
};

export const endpointSlice: Describer = (object, w, context) => {
  head(w, object);
  w.field('AddressType', object.addressType);
  if (!object.ports?.length) w.line(0, 'Ports: <unset>');
  else {
    w.line(0, 'Ports:');
    w.line(1, 'Name\tPort\tProtocol');
    w.line(1, '----\t----\t--------');
    for (const port of object.ports)
      w.line(1, `${port.name || '<unset>'}\t${port.port ?? '<unset>'}\t${port.protocol}`);
  }
  w.line(0, object.endpoints?.length ? 'Endpoints:' : 'Endpoints: <none>');
  for (const one of object.endpoints ?? []) {
    w.line(1, `- Addresses:\t${(one.addresses ?? []).join(', ') || '<none>'}`);
    w.line(2, 'Conditions:');
    w.line(3, `Ready:\t${one.conditions?.ready ?? '<unset>'}`);
    w.line(2, `Hostname:\t${one.hostname ?? '<unset>'}`);
    if (one.targetRef) w.line(2, `TargetRef:\t${one.targetRef.kind}/${one.targetRef.name}`);
    w.line(2, `NodeName:\t${one.nodeName ?? '<unset>'}`);
    w.line(2, `Zone:\t${one.zone ?? '<unset>'}`);
  }
  eventsTable(w, context);
};

async function backend(context: DescribeContext, namespace: string, value: Json): Promise<string> {
  if (value.resource)
    return `APIGroup: ${value.resource.apiGroup ?? '<none>'}, Kind: ${value.resource.kind}, Name: ${value.resource.name}`;
  if (!value.service) return '';
  const { name, port = {} } = value.service;
  const text = `${name}:${port.number || port.name || ''}`;
  try {
    const slices = await slicesOf(context, namespace, name);
    const found = await context.client.get(`/api/v1/namespaces/${namespace}/services/${name}`);
    const match = (found.spec.ports ?? []).findLast((one: Json) =>
      port.number ? one.port === port.number : one.name === port.name,
    );
    return `${text} (${endpointsText(slices, match?.name ?? '')})`;
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    return `${text} (<error: ${error.message}>)`;
  }
}

export const ingress: Describer = async (object, w, context) => {
  const { metadata, spec, status } = object;
  w.field('Name', metadata.name);
  labelsMultiline(w, 'Labels', metadata.labels);
  w.field('Namespace', metadata.namespace);
  w.field(
    'Address',
    [...new Set((status?.loadBalancer?.ingress ?? []).map((one: Json) => one.ip || one.hostname))].sort().join(','),
  );
  w.field('Ingress Class', spec.ingressClassName ?? '<none>');
  const fallback = spec.defaultBackend ? await backend(context, metadata.namespace, spec.defaultBackend) : '<default>';
  w.field('Default backend', fallback);
  if (spec.tls?.length) w.line(0, 'TLS:');
  for (const tls of spec.tls ?? [])
    w.line(
      1,
      tls.secretName
        ? `${tls.secretName} terminates ${(tls.hosts ?? []).join(',')}`
        : `SNI routes ${(tls.hosts ?? []).join(',')}`,
    );
  w.write(0, 'Rules:\n  Host\tPath\tBackends\n');
  w.line(1, '----\t----\t--------');
  const rules = (spec.rules ?? []).filter((rule: Json) => rule.http);
  for (const rule of rules) {
    w.line(1, `${rule.host || '*'}\t`);
    for (const path of rule.http.paths ?? [])
      w.line(2, `\t${path.path ?? ''} \t${await backend(context, metadata.namespace, path.backend)}`);
  }
  if (rules.length === 0) w.line(1, `*\t*\t${fallback}`);
  annotationsMultiline(w, 'Annotations', metadata.annotations);
  eventsTable(w, context);
};

export const ingressClass: Describer = (object, w, context) => {
  const { metadata, spec } = object;
  w.field('Name', metadata.name);
  labelsMultiline(w, 'Labels', metadata.labels);
  annotationsMultiline(w, 'Annotations', metadata.annotations);
  w.field('Controller', spec.controller);
  const { parameters } = spec;
  if (parameters) {
    w.line(0, 'Parameters:');
    if (parameters.apiGroup) w.line(1, `APIGroup:\t${parameters.apiGroup}`);
    w.line(1, `Kind:\t${parameters.kind}`);
    w.line(1, `Name:\t${parameters.name}`);
  }
  eventsTable(w, context);
};
