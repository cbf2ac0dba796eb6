import type { Json, KubeObject } from '../../kube/object.ts';
import type { UserInfo } from './admission.ts';
import type { Store } from './store.ts';

export const RBAC = 'rbac.authorization.k8s.io';

export interface Attributes {
  user: UserInfo;
  verb: string;
  /** '' for cluster-wide. */
  namespace: string;
  group: string;
  resource: string;
  subresource: string;
  name: string;
  /** Set for requests that are no resource's. */
  nonResourcePath?: string;
}

export interface Decision {
  allowed: boolean;
  reason: string;
}

export interface Rule {
  verbs?: string[];
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
}

/** What system:discovery opens to everybody who is authenticated. */
export const DISCOVERY_PATHS = [
  '/api',
  '/api/*',
  '/apis',
  '/apis/*',
  '/healthz',
  '/livez',
  '/openapi',
  '/openapi/*',
  '/readyz',
  '/version',
  '/version/',
];
/** What everybody may do in a store without the bootstrap roles (system:discovery, system:basic-user, system:public-info-viewer). */
const BASIC_RULES: Rule[] = [
  {
    verbs: ['create'],
    apiGroups: ['authorization.k8s.io'],
    resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
  },
  { verbs: ['create'], apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'] },
  { verbs: ['get'], nonResourceURLs: ['/healthz', '/livez', '/readyz', '/version', '/version/'] },
  { verbs: ['get'], nonResourceURLs: DISCOVERY_PATHS },
];
const ALL_RULES: Rule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

/** Decides from the stored roles and bindings, with upstream's reasons. Members of system:masters may do everything. */
export function authorize(store: Store, a: Attributes): Decision {
  if (a.user.groups.includes('system:masters')) return { allowed: true, reason: '' };
  for (const bound of rulesOf(store, a.user, a.namespace)) {
    if (bound.rules.some((rule) => permits(rule, a))) return { allowed: true, reason: bound.reason };
  }
  if (a.user.groups.includes('system:authenticated') && BASIC_RULES.some((rule) => permits(rule, a))) {
    return {
      allowed: true,
      reason:
        'RBAC: allowed by ClusterRoleBinding "system:basic-user" of ClusterRole "system:basic-user" to Group "system:authenticated"',
    };
  }
  return { allowed: false, reason: '' };
}

/** `User "x" cannot list resource "pods" in API group "" in the namespace "y"` */
export function denial(a: Attributes): string {
  const who = `User ${JSON.stringify(a.user.username)} cannot`;
  if (a.nonResourcePath !== undefined) return `${who} ${a.verb} path ${JSON.stringify(a.nonResourcePath)}`;
  const resource = a.subresource === '' ? a.resource : `${a.resource}/${a.subresource}`;
  const scope = a.namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(a.namespace)}`;
  return `${who} ${a.verb} resource ${JSON.stringify(resource)} in API group ${JSON.stringify(a.group)} ${scope}`;
}

interface Bound {
  rules: Rule[];
  reason: string;
}

function* rulesOf(store: Store, user: UserInfo, namespace: string): Generator<Bound> {
  for (const { object } of store.list(`${RBAC}/clusterrolebindings`)) yield* bound(store, object, user, undefined);
  if (namespace === '') return;
  for (const { object } of store.list(`${RBAC}/rolebindings`, namespace)) yield* bound(store, object, user, namespace);
}

function* bound(store: Store, binding: KubeObject, user: UserInfo, namespace: string | undefined): Generator<Bound> {
  const subject = (binding['subjects'] ?? []).find((s: Json) => appliesTo(s, user, namespace));
  if (!subject) return;
  const { kind, name } = binding['roleRef'] ?? {};
  const role =
    kind === 'ClusterRole'
      ? store.get(`${RBAC}/clusterroles`, '', name)
      : store.get(`${RBAC}/roles`, namespace ?? '', name);
  const what = namespace === undefined ? 'ClusterRoleBinding' : 'RoleBinding';
  const where = namespace === undefined ? '' : `/${namespace}`;
  const to =
    subject.kind === 'ServiceAccount'
      ? `ServiceAccount "${subject.name}/${subject.namespace}"`
      : `${subject.kind} "${subject.name}"`;
  const reason = `RBAC: allowed by ${what} "${binding.metadata.name}${where}" of ${kind} "${name}" to ${to}`;
  yield { rules: role?.object['rules'] ?? [], reason };
}

function appliesTo(subject: Json, user: UserInfo, namespace: string | undefined): boolean {
  if (subject.kind === 'User') return subject.name === user.username;
  if (subject.kind === 'Group') return user.groups.includes(subject.name);
  return user.username === `system:serviceaccount:${subject.namespace ?? namespace ?? ''}:${subject.name}`;
}

function permits(rule: Rule, a: Attributes): boolean {
  const has = (list: string[] | undefined, value: string): boolean =>
    list?.includes('*') === true || list?.includes(value) === true;
  if (!has(rule.verbs, a.verb)) return false;
  if (a.nonResourcePath !== undefined) {
    const path = a.nonResourcePath;
    return (rule.nonResourceURLs ?? []).some(
      (u) => u === '*' || u === path || (u.endsWith('*') && path.startsWith(u.slice(0, -1))),
    );
  }
  if (!has(rule.apiGroups, a.group)) return false;
  const full = a.subresource === '' ? a.resource : `${a.resource}/${a.subresource}`;
  const named =
    has(rule.resources, full) || (a.subresource !== '' && rule.resources?.includes(`*/${a.subresource}`) === true);
  if (!named) return false;
  return !rule.resourceNames?.length || rule.resourceNames.includes(a.name);
}

/** Every rule that holds for the user, for SelfSubjectRulesReview. */
export function rulesFor(
  store: Store,
  user: UserInfo,
  namespace: string,
): { resourceRules: Rule[]; nonResourceRules: Rule[] } {
  const rules = store.get(`${RBAC}/clusterroles`, '', 'system:basic-user') ? [] : [...BASIC_RULES];
  if (user.groups.includes('system:masters')) rules.push(...ALL_RULES);
  for (const b of rulesOf(store, user, namespace)) rules.push(...b.rules);
  const pick = (rule: Rule, keys: (keyof Rule)[]): Rule =>
    Object.fromEntries(keys.filter((k) => rule[k]?.length).map((k) => [k, rule[k]]));
  return {
    resourceRules: rules
      .filter((r) => r.resources?.length)
      .map((r) => pick(r, ['verbs', 'apiGroups', 'resources', 'resourceNames'])),
    nonResourceRules: rules.filter((r) => r.nonResourceURLs?.length).map((r) => pick(r, ['verbs', 'nonResourceURLs'])),
  };
}
