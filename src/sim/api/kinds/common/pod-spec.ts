import type { Json } from '../../../../kube/object.ts';
import type { FieldError } from '../../../../kube/status.ts';
import { validateAffinity, validateSpread, validateTolerations } from './affinity.ts';
import { validateContainers, validateEphemeralContainers, validateInitContainers } from './containers.ts';
import { forbidden, invalid, invalids, nonNegative, notSupported, required } from './field.ts';
import { dnsLabel, dnsSubdomain, inRange, ipAddress, qualifiedName } from './names.ts';
import { validateHostProcess, validateHostUsers, validateOs, validatePodSecurityContext } from './security.ts';
import { isEmptySelector, type LabelSelector, selectorMatches, validateLabels, validateSelector } from './selectors.ts';
import { validateVolumes } from './volumes.ts';

const RESTART_POLICIES = ['Always', 'OnFailure', 'Never'];
const DNS_POLICIES = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];

/** ValidatePodSpec: what holds for pods and pod templates alike. */
export function validatePodSpec(spec: Json, path: string): FieldError[] {
  const { volumes, errors } = validateVolumes(spec.volumes ?? [], `${path}.volumes`);
  errors.push(
    ...validateContainers(spec, volumes, `${path}.containers`),
    ...validateInitContainers(spec, volumes, `${path}.initContainers`),
    ...validateEphemeralContainers(spec, volumes, `${path}.ephemeralContainers`),
    ...validateHostNetwork(spec, path),
  );
  if (!RESTART_POLICIES.includes(spec.restartPolicy))
    errors.push(notSupported(`${path}.restartPolicy`, spec.restartPolicy, RESTART_POLICIES));
  if (!DNS_POLICIES.includes(spec.dnsPolicy))
    errors.push(notSupported(`${path}.dnsPolicy`, spec.dnsPolicy, DNS_POLICIES));
  errors.push(
    ...validateLabels(spec.nodeSelector, `${path}.nodeSelector`),
    ...validatePodSecurityContext(spec, `${path}.securityContext`),
  );
  errors.push(...validateAffinity(spec.affinity, `${path}.affinity`), ...validateDnsConfig(spec, path));
  for (const [i, gate] of (spec.readinessGates ?? []).entries())
    errors.push(
      ...invalids(`${path}.readinessGates[${i}].conditionType`, gate.conditionType, qualifiedName(gate.conditionType)),
    );
  for (const [i, gate] of (spec.schedulingGates ?? []).entries())
    errors.push(...invalids(`${path}.schedulingGates[${i}]`, gate.name, qualifiedName(gate.name)));
  errors.push(...validateSpread(spec.topologySpreadConstraints, `${path}.topologySpreadConstraints`));
  errors.push(...validateHostProcess(spec, path), ...validateHostUsers(spec, path));
  for (const name of ['serviceAccountName', 'nodeName'])
    if (spec[name]) errors.push(...invalids(`${path}.${name}`, spec[name], dnsSubdomain(spec[name])));
  const deadline = spec.activeDeadlineSeconds;
  if (deadline !== undefined && (deadline < 1 || deadline > 2147483647))
    errors.push(invalid(`${path}.activeDeadlineSeconds`, deadline, inRange(1, 2147483647)));
  for (const name of ['hostname', 'subdomain'])
    if (spec[name]) errors.push(...invalids(`${path}.${name}`, spec[name], dnsLabel(spec[name])));
  errors.push(...validateTolerations(spec.tolerations, `${path}.tolerations`));
  for (const [i, alias] of (spec.hostAliases ?? []).entries()) {
    errors.push(...invalids(`${path}.hostAliases[${i}].ip`, alias.ip, ipAddress(alias.ip)));
    for (const [j, name] of (alias.hostnames ?? []).entries())
      errors.push(...invalids(`${path}.hostAliases[${i}].hostnames[${j}]`, name, dnsSubdomain(name)));
  }
  for (const name of ['priorityClassName', 'runtimeClassName'])
    if (spec[name]) errors.push(...invalids(`${path}.${name}`, spec[name], dnsSubdomain(spec[name])));
  const preemption = spec.preemptionPolicy;
  if (preemption && !['PreemptLowerPriority', 'Never'].includes(preemption))
    errors.push(notSupported(`${path}.preemptionPolicy`, preemption, ['PreemptLowerPriority', 'Never']));
  errors.push(...validateOs(spec, path));
  return errors;
}

function validateHostNetwork(spec: Json, path: string): FieldError[] {
  if (!spec.hostNetwork) return [];
  const errors: FieldError[] = [];
  for (const list of ['containers', 'initContainers'])
    for (const [c, container] of (spec[list] ?? []).entries())
      for (const [p, port] of (container.ports ?? []).entries())
        if (port.hostPort && port.hostPort !== port.containerPort)
          errors.push(
            invalid(
              `${path}.${list}[${c}].ports[${p}].hostPort`,
              port.hostPort,
              'must match `containerPort` when `hostNetwork` is true',
            ),
          );
  return errors;
}

function validateDnsConfig(spec: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const config = spec.dnsConfig;
  const at = `${path}.dnsConfig`;
  if (spec.dnsPolicy === 'None' && !config) return [required(at, 'must provide `dnsConfig` when `dnsPolicy` is None')];
  if (!config) return errors;
  const servers: string[] = config.nameservers ?? [];
  if (spec.dnsPolicy === 'None' && servers.length === 0)
    return [required(`${at}.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None')];
  if (servers.length > 3) errors.push(invalid(`${at}.nameservers`, servers, 'must not have more than 3 nameservers'));
  for (const [i, server] of servers.entries())
    errors.push(...invalids(`${at}.nameservers[${i}]`, server, ipAddress(server)));
  const searches: string[] = config.searches ?? [];
  if (searches.length > 32) errors.push(invalid(`${at}.searches`, searches, 'must not have more than 32 search paths'));
  for (const [i, option] of (config.options ?? []).entries())
    if (!option.name) errors.push(required(`${at}.options[${i}]`, 'must not be empty'));
  return errors;
}

/** ValidatePodTemplateSpec: labels and spec of a template, without a selector. */
export function validatePodTemplate(template: Json, path: string): FieldError[] {
  const spec = template.spec ?? {};
  const errors = [...validateLabels(template.metadata?.labels, `${path}.labels`)];
  errors.push(...validatePodSpec(spec, `${path}.spec`));
  if ((spec.ephemeralContainers ?? []).length > 0)
    errors.push(forbidden(`${path}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template'));
  return errors;
}

/** Selector of a workload: present, valid, not empty. `noun` ends upstream's message. */
export function validateWorkloadSelector(
  selector: LabelSelector | undefined,
  path: string,
  noun: string,
): FieldError[] {
  if (!selector) return [required(path)];
  const errors = validateSelector(selector, path);
  if (isEmptySelector(selector)) errors.push(invalid(path, selector, `empty selector is invalid for ${noun}`));
  return errors;
}

/**
 * Template of a workload that restarts its pods for ever. `kind` is named in the message about deadlines; `invalidText` ends
 * the error for a selector that does not parse, which hides all that is wrong with the template.
 */
export function validateWorkloadTemplate(
  template: Json,
  selector: LabelSelector | undefined,
  path: string,
  kind: string,
  invalidText = 'invalid label selector',
): FieldError[] {
  if (validateSelector(selector, path).length > 0)
    return [invalid(path.replace(/template$/, 'selector'), selector, invalidText)];
  const errors: FieldError[] = [];
  const labels = template.metadata?.labels;
  if (!(selector && isEmptySelector(selector)) && !selectorMatches(selector, labels))
    errors.push(invalid(`${path}.metadata.labels`, labels ?? null, '`selector` does not match template `labels`'));
  errors.push(...validatePodTemplate(template, path));
  if (template.spec?.restartPolicy !== 'Always')
    errors.push(notSupported(`${path}.spec.restartPolicy`, template.spec?.restartPolicy, ['Always']));
  if (template.spec?.activeDeadlineSeconds !== undefined)
    errors.push(forbidden(`${path}.spec.activeDeadlineSeconds`, `activeDeadlineSeconds in ${kind} is not Supported`));
  return errors;
}

/** Counters of a status: none negative, none above `status.replicas`. */
export function validateCounters(status: Json, names: readonly string[]): FieldError[] {
  const errors: FieldError[] = [];
  for (const name of ['replicas', ...names]) errors.push(...nonNegative(`status.${name}`, status?.[name]));
  const replicas = status?.replicas ?? 0;
  for (const name of names)
    if ((status?.[name] ?? 0) > replicas)
      errors.push(invalid(`status.${name}`, status[name], 'cannot be greater than status.replicas'));
  return errors;
}
