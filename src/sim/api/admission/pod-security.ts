import { deepEqual, type Json, type KubeObject, type ObjectMeta } from '../../../kube/object.ts';
import type { FieldError } from '../../../kube/status.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../admission.ts';
import { invalid } from '../errors.ts';
import { forbid, isFor } from './errors.ts';
import { type Violation, violations } from './pod-security-checks.ts';

const NAMESPACE = { group: '', version: 'v1', kind: 'Namespace' };
const POD = { group: '', version: 'v1', kind: 'Pod' };
const PREFIX = 'pod-security.kubernetes.io/';
/** What makes pods from a template. */
const TEMPLATED = new Set([
  'replicationcontrollers',
  'podtemplates',
  'apps/replicasets',
  'apps/deployments',
  'apps/statefulsets',
  'apps/daemonsets',
  'batch/jobs',
  'batch/cronjobs',
]);
const MODES = ['enforce', 'audit', 'warn'] as const;
const LEVELS = ['privileged', 'baseline', 'restricted'];
const VERSION = /^v1\.(0|[1-9][0-9]*)$/;
/** Of the latest standard. */
const LATEST_MINOR = 35;
/** Subresources of pods that the standards say nothing about. */
const IGNORED = ['exec', 'attach', 'binding', 'eviction', 'log', 'portforward', 'proxy', 'status'];

interface Level {
  name: string;
  version: string;
}

interface Policy {
  enforce: Level;
  warn: Level;
  errors: FieldError[];
}

/** What a namespace asks of pods; it warns of what it enforces unless it says otherwise. */
function policyOf(labels: Record<string, string>): Policy {
  const errors: FieldError[] = [];
  const parsed = MODES.map((mode): Level => {
    const [level, version] = [labels[`${PREFIX}${mode}`], labels[`${PREFIX}${mode}-version`]];
    const wrong = (suffix: string, value: string, detail: string): void => {
      errors.push({ type: 'FieldValueInvalid', field: `metadata.labels[${PREFIX}${mode}${suffix}]`, value, detail });
    };
    const isLevel = level === undefined || LEVELS.includes(level);
    if (!isLevel) wrong('', level, `must be one of ${LEVELS.join(', ')}`);
    const isVersion = version === undefined || version === 'latest' || VERSION.test(version);
    if (!isVersion) wrong('-version', version, 'must be "latest" or "v1.x"');
    const name = isLevel ? (level ?? 'privileged') : mode === 'enforce' ? 'restricted' : 'privileged';
    return { name, version: isVersion ? (version ?? 'latest') : 'latest' };
  });
  const [enforce, , warn] = parsed as [Level, Level, Level];
  const isSilent = labels[`${PREFIX}warn`] === undefined && LEVELS.includes(labels[`${PREFIX}enforce`] ?? '');
  if (isSilent && enforce.name !== 'privileged') {
    warn.name = enforce.name;
    if (labels[`${PREFIX}warn-version`] === undefined) warn.version = enforce.version;
  }
  return { enforce, warn, errors };
}

function violationsOf(pod: { metadata?: Partial<ObjectMeta>; spec: Json }, { name, version }: Level): Violation[] {
  const minor = Number(VERSION.exec(version)?.[1] ?? LATEST_MINOR);
  return violations(name, Math.min(minor, LATEST_MINOR), pod);
}

/** `PodSecurity "restricted:latest": …`; undefined when the pod keeps to the level. */
function told(pod: { metadata?: Partial<ObjectMeta>; spec: Json }, level: Level): string | undefined {
  const found = violationsOf(pod, level).map(({ reason, detail }) => `${reason} (${detail})`);
  return found.length === 0 ? undefined : `PodSecurity "${level.name}:${level.version}": ${found.join(', ')}`;
}

/** Whether a change of a pod can matter: containers that came, and images. */
function isSignificant(pod: KubeObject, old: KubeObject): boolean {
  for (const list of ['containers', 'initContainers'] as const) {
    const [now, before]: Json[][] = [pod['spec'][list] ?? [], old['spec'][list] ?? []];
    if (now?.length !== before?.length || now?.some((item, at) => item.image !== before?.[at]?.image)) return true;
  }
  const before: Json[] = old['spec'].ephemeralContainers ?? [];
  return (pod['spec'].ephemeralContainers ?? []).some(
    (item: Json) => before.find(({ name }) => name === item.name)?.image !== item.image,
  );
}

/** What becomes of the pods that are there when a namespace enforces more. */
function existingPods(request: AdmissionRequest, namespace: string, level: Level): string[] {
  const byReason = new Map<string, string[]>();
  for (const pod of request.ctx.list(POD, namespace)) {
    const reason = violationsOf(pod as KubeObject & { spec: Json }, level)
      .map((found) => found.reason)
      .join(', ');
    if (reason !== '') byReason.set(reason, [...(byReason.get(reason) ?? []), pod.metadata.name]);
  }
  if (byReason.size === 0) return [];
  const rows = [...byReason].map(([reason, names]) => {
    const others = names.length - 1;
    const more = others === 0 ? '' : ` (and ${others} other pod${others === 1 ? '' : 's'})`;
    return `${names.sort()[0]}${more}: ${reason}`;
  });
  const head = `existing pods in namespace "${namespace}" violate the new PodSecurity enforce level "${level.name}:${level.version}"`;
  return [head, ...rows.sort()];
}

/** Labels of a namespace must say what there is; of pods that a new level would refuse it is warned. */
function validateNamespace(request: AdmissionRequest, object: KubeObject): void {
  const policy = policyOf(object.metadata.labels ?? {});
  const before = request.old && policyOf(request.old.metadata.labels ?? {});
  if (policy.errors.length > 0 && !deepEqual(policy.errors, before?.errors))
    throw invalid(NAMESPACE, object.metadata.name, policy.errors);
  if (!before || deepEqual(policy.enforce, before.enforce)) return;
  const isRelaxed = LEVELS.indexOf(policy.enforce.name) <= LEVELS.indexOf(before.enforce.name);
  if (policy.enforce.name === 'privileged' || (policy.enforce.version === before.enforce.version && isRelaxed)) return;
  request.warnings?.push(...existingPods(request, object.metadata.name, policy.enforce));
}

/** Metadata and specification of the pods that a workload makes. */
function templateOf(request: AdmissionRequest): Json | undefined {
  const { object, ref, resource, subresource, operation } = request;
  if (subresource || operation === 'DELETE' || !TEMPLATED.has(ref.group === '' ? resource : `${ref.group}/${resource}`))
    return undefined;
  if (resource === 'podtemplates') return object?.['template'];
  const spec = resource === 'cronjobs' ? object?.['spec']?.jobTemplate?.spec : object?.['spec'];
  return spec?.template;
}

/** Enforces the pod security standard that the namespace's label names; of workloads whose pods would be refused it warns. */
export const podSecurity: AdmissionPlugin = {
  name: 'PodSecurity',
  validate(request) {
    const { object, old, subresource = '' } = request;
    if (!object) return;
    if (isFor(request, '', 'namespaces', 'CREATE', 'UPDATE')) return validateNamespace(request, object);
    if (request.namespace === undefined) return;
    const isPod = request.ref.group === '' && request.resource === 'pods';
    if (isPod && (IGNORED.includes(subresource) || request.operation === 'DELETE')) return;
    const template = isPod ? (object as KubeObject & { spec: Json }) : templateOf(request);
    if (!template?.spec) return;
    if (isPod && request.operation === 'UPDATE' && old && !isSignificant(object, old)) return;
    const policy = policyOf(request.ctx.get(NAMESPACE, undefined, request.namespace)?.metadata.labels ?? {});
    const refused = isPod ? told(template, policy.enforce) : undefined;
    if (refused !== undefined) throw forbid(request, `violates ${refused}`);
    const warned = told(template, policy.warn);
    if (warned !== undefined) request.warnings?.push(`would violate ${warned}`);
  },
};
