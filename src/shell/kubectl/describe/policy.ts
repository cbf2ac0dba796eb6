import { rfc1123z } from '../../../kube/duration.ts';
import type { Json } from '../../../kube/object.ts';
import {
  annotationsMultiline,
  type Describer,
  type DescribeWriter,
  eventsTable,
  formatLabels,
  formatSelector,
  head,
  labelsMultiline,
} from './writer.ts';

function peers(w: DescribeWriter, rules: Json[], way: 'from' | 'to'): void {
  const lead = '    ';
  const [word, side, isolated] = way === 'from' ? ['From', 'source', 'ingress'] : ['To', 'destination', 'egress'];
  if (rules.length === 0) {
    w.line(0, `${lead}<none> (Selected pods are isolated for ${isolated} connectivity)`);
    return;
  }
  for (const [at, rule] of rules.entries()) {
    if (!rule.ports?.length) w.line(0, `${lead}To Port: <any> (traffic allowed to all ports)`);
    for (const port of rule.ports ?? [])
      w.line(
        0,
        port.endPort === undefined
          ? `${lead}To Port: ${port.port ?? '<nil>'}/${port.protocol ?? 'TCP'}`
          : `${lead}To Port Range: ${port.port}-${port.endPort}/${port.protocol ?? 'TCP'}`,
      );
    if (!rule[way]?.length) w.line(0, `${lead}${word}: <any> (traffic not restricted by ${side})`);
    for (const peer of rule[way] ?? []) {
      w.line(0, `${lead}${word}:`);
      if (peer.namespaceSelector) w.line(1, `${lead}NamespaceSelector: ${formatSelector(peer.namespaceSelector)}`);
      if (peer.podSelector) w.line(1, `${lead}PodSelector: ${formatSelector(peer.podSelector)}`);
      if (peer.ipBlock && !peer.podSelector && !peer.namespaceSelector) {
        w.line(1, `${lead}IPBlock:`);
        w.line(2, `${lead}CIDR: ${peer.ipBlock.cidr}`);
        w.line(2, `${lead}Except: ${(peer.ipBlock.except ?? []).join(', ')}`);
      }
    }
    if (at < rules.length - 1) w.line(0, `${lead}----------`);
  }
}

export const networkPolicy: Describer = (object, w) => {
  const { metadata, spec = {} } = object;
  w.field('Name', metadata.name);
  w.field('Namespace', metadata.namespace);
  w.field('Created on', `${String(metadata.creationTimestamp).replace('T', ' ').replace('Z', '')} +0000 UTC`);
  labelsMultiline(w, 'Labels', metadata.labels);
  annotationsMultiline(w, 'Annotations', metadata.annotations);
  w.line(0, 'Spec:');
  const selector = formatSelector(spec.podSelector);
  w.write(1, 'PodSelector: ');
  w.line(2, selector === '<none>' ? '<none> (Allowing the specific traffic to all pods in this namespace)' : selector);
  const types: string[] = spec.policyTypes ?? ['Ingress'];
  if (types.includes('Ingress')) {
    w.line(1, 'Allowing ingress traffic:');
    peers(w, spec.ingress ?? [], 'from');
  } else w.line(1, 'Not affecting ingress traffic');
  if (types.includes('Egress')) {
    w.line(1, 'Allowing egress traffic:');
    peers(w, spec.egress ?? [], 'to');
  } else w.line(1, 'Not affecting egress traffic');
  w.line(1, `Policy Types: ${types.join(', ')}`);
};

export const podDisruptionBudget: Describer = (object, w, context) => {
  const { metadata, spec = {}, status = {} } = object;
  w.field('Name', metadata.name);
  w.field('Namespace', metadata.namespace);
  if (spec.minAvailable !== undefined) w.field('Min available', spec.minAvailable);
  else if (spec.maxUnavailable !== undefined) w.field('Max unavailable', spec.maxUnavailable);
  w.field('Selector', spec.selector ? formatSelector(spec.selector) : '<unset>');
  w.line(0, 'Status:');
  for (const [name, field] of [
    ['Allowed disruptions', 'disruptionsAllowed'],
    ['Current', 'currentHealthy'],
    ['Desired', 'desiredHealthy'],
    ['Total', 'expectedPods'],
  ] as const)
    w.line(2, `${name}:\t${status[field] ?? 0}`);
  eventsTable(w, context);
};

export const priorityClass: Describer = (object, w, context) => {
  w.field('Name', object.metadata.name);
  w.field('Value', object.value ?? 0);
  w.field('GlobalDefault', object.globalDefault ?? false);
  w.field('PreemptionPolicy', object.preemptionPolicy);
  w.field('Description', object.description);
  w.field('Annotations', formatLabels(object.metadata.annotations));
  eventsTable(w, context);
};

function metric(w: DescribeWriter, spec: Json, current: Json): void {
  if (spec.type === 'Resource' || spec.type === 'ContainerResource') {
    const key = spec.type === 'Resource' ? 'resource' : 'containerResource';
    const { name, container, target } = spec[key];
    const now = current?.[key]?.current;
    w.write(1, `resource ${name}${container ? ` of container "${container}"` : ''} on pods`);
    if (target.averageValue !== undefined) {
      w.line(0, `:\t${now ? now.averageValue : '<unknown>'} / ${target.averageValue}`);
      return;
    }
    const shown =
      now?.averageUtilization === undefined ? '<unknown>' : `${now.averageUtilization}% (${now.averageValue})`;
    w.line(
      1,
      `(as a percentage of request):\t${shown} / ${target.averageUtilization === undefined ? '<auto>' : `${target.averageUtilization}%`}`,
    );
    return;
  }
  const [key, on] = spec.type === 'Pods' ? (['pods', ' on pods'] as const) : (['external', ''] as const);
  if (!spec[key]) {
    w.line(1, `<unknown metric type ${JSON.stringify(spec.type)}>`);
    return;
  }
  const { target } = spec[key];
  const field = target.averageValue === undefined ? 'value' : 'averageValue';
  const kind = key === 'pods' ? '' : field === 'value' ? ' (target value)' : ' (target average value)';
  w.line(
    1,
    `${JSON.stringify(spec[key].metric.name)}${on}${kind}:\t${current?.[key]?.current?.[field] ?? '<unknown>'} / ${target[field]}`,
  );
}

export const horizontalPodAutoscaler: Describer = (object, w, context) => {
  const { metadata, spec, status = {} } = object;
  head(w, object);
  w.field('CreationTimestamp', rfc1123z(metadata.creationTimestamp));
  w.field('Reference', `${spec.scaleTargetRef.kind}/${spec.scaleTargetRef.name}`);
  w.field('Metrics', '( current / target )');
  for (const [at, one] of (spec.metrics ?? []).entries()) metric(w, one, status.currentMetrics?.[at]);
  w.field('Min replicas', spec.minReplicas ?? '<unset>');
  w.field('Max replicas', spec.maxReplicas);
  if (spec.behavior) w.line(0, 'Behavior:');
  for (const [title, rules] of [
    ['Scale Up', spec.behavior?.scaleUp],
    ['Scale Down', spec.behavior?.scaleDown],
  ] as const) {
    if (!rules) continue;
    w.line(1, `${title}:`);
    if (rules.stabilizationWindowSeconds !== undefined)
      w.line(2, `Stabilization Window: ${rules.stabilizationWindowSeconds} seconds`);
    if (!rules.policies?.length) continue;
    w.line(2, `Select Policy: ${rules.selectPolicy ?? 'Max'}`);
    w.line(2, 'Policies:');
    for (const p of rules.policies)
      w.line(3, `- Type: ${p.type}\tValue: ${p.value}\tPeriod: ${p.periodSeconds} seconds`);
  }
  w.field(
    `${spec.scaleTargetRef.kind} pods`,
    `${status.currentReplicas ?? 0} current / ${status.desiredReplicas ?? 0} desired`,
  );
  if (status.conditions?.length) {
    w.line(0, 'Conditions:');
    w.line(1, 'Type\tStatus\tReason\tMessage');
    w.line(1, '----\t------\t------\t-------');
    for (const c of status.conditions) w.line(1, `${c.type}\t${c.status}\t${c.reason ?? ''}\t${c.message ?? ''}`);
  }
  eventsTable(w, context);
};

const list = (items: string[] | undefined): string => `[${(items ?? []).join(' ')}]`;

/** One row per group and resource, verbs of equal rows joined, as kubectl's CompactRules. */
export const role: Describer = (object, w) => {
  w.field('Name', object.metadata.name);
  labelsMultiline(w, 'Labels', object.metadata.labels);
  annotationsMultiline(w, 'Annotations', object.metadata.annotations);
  w.line(0, 'PolicyRule:');
  w.line(1, 'Resources\tNon-Resource URLs\tResource Names\tVerbs');
  w.line(1, '---------\t-----------------\t--------------\t-----');
  const rows = new Map<string, { lead: string; order: string; verbs: string[] }>();
  const put = (lead: string, order: string, verbs: string[]): void => {
    const row = rows.get(lead) ?? { lead, order, verbs: [] };
    for (const verb of verbs) if (!row.verbs.includes(verb)) row.verbs.push(verb);
    rows.set(lead, row);
  };
  for (const rule of object.rules ?? []) {
    const named: string[][] = rule.resourceNames?.length ? rule.resourceNames.map((one: string) => [one]) : [[]];
    for (const group of rule.apiGroups ?? [])
      for (const resource of rule.resources ?? []) {
        const [name, sub] = resource.split(/\/(.*)/s);
        const full = `${name}${group ? `.${group}` : ''}${sub ? `/${sub}` : ''}`;
        for (const names of named)
          put(`${full}\t[]\t${list(names)}`, `[${group}],[${resource}],${list(names)}`, rule.verbs);
      }
    for (const url of rule.nonResourceURLs ?? []) put(`\t[${url}]\t[]`, `[],[],[],[${url}]`, rule.verbs);
  }
  // kubectl sorts by the text of the whole rule, which begins with its verbs
  const key = (row: { order: string; verbs: string[] }): string => `${list(row.verbs)},${row.order}`;
  const sorted = [...rows.values()].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  for (const row of sorted) w.line(1, `${row.lead}\t${list(row.verbs)}`);
};

export const roleBinding: Describer = (object, w) => {
  w.field('Name', object.metadata.name);
  labelsMultiline(w, 'Labels', object.metadata.labels);
  annotationsMultiline(w, 'Annotations', object.metadata.annotations);
  w.line(0, 'Role:');
  w.line(1, `Kind:\t${object.roleRef.kind}`);
  w.line(1, `Name:\t${object.roleRef.name}`);
  w.line(0, 'Subjects:');
  w.line(1, 'Kind\tName\tNamespace');
  w.line(1, '----\t----\t---------');
  for (const subject of object.subjects ?? [])
    w.line(1, `${subject.kind}\t${subject.name}\t${subject.namespace ?? ''}`);
};
