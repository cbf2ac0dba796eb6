import type { Json, KubeObject } from '../../kube/object.ts';
import type { UserInfo } from './admission.ts';
import { forbidden, notFound } from './errors.ts';
import type { ResourceInfo } from './facts.ts';
import { authorize, RBAC, type Rule, rulesFor } from './rbac.ts';
import type { Store } from './store.ts';

/**
 * Nobody may grant what they do not hold (upstream's escalation check): a role needs its own rules or the verb `escalate`, a binding
 * those of its role or the verb `bind`. Throws 403 naming the rights that are missing.
 */
export function checkGrant(
  store: Store,
  info: ResourceInfo,
  object: KubeObject,
  user: UserInfo,
  old?: KubeObject,
): void {
  if (info.group !== RBAC || user.groups.includes('system:masters') || user.username.startsWith('system:apiserver'))
    return;
  const isBinding = info.kind.endsWith('Binding');
  const granted = isBinding ? object['roleRef'] : object['rules'];
  const before = isBinding ? old?.['subjects'] : old?.['rules'];
  const now = isBinding ? object['subjects'] : object['rules'];
  if (old && JSON.stringify(before) === JSON.stringify(now)) return;
  const namespace = object.metadata.namespace ?? '';
  const role = isBinding ? roleOf(store, granted, namespace) : undefined;
  const verb = isBinding ? 'bind' : 'escalate';
  const resource = isBinding ? (granted?.kind === 'ClusterRole' ? 'clusterroles' : 'roles') : info.resource;
  const name = isBinding ? (granted?.name ?? '') : object.metadata.name;
  const asked = { user, verb, namespace, group: RBAC, resource, subresource: '', name };
  if (authorize(store, asked).allowed) return;
  if (isBinding && !role) throw notFound({ group: RBAC, resource: info.resource }, granted?.name ?? '');
  const rules: Rule[] = (isBinding ? role?.['rules'] : granted) ?? [];
  const held = rulesFor(store, user, namespace);
  const own = [...held.resourceRules, ...held.nonResourceRules];
  const missing = rules.flatMap(simpleRules).filter((rule) => !own.some((mine) => covers(mine, rule)));
  if (missing.length === 0) return;
  const lines = [...new Set(compact(missing).map(describeRule))].sort();
  const groups = user.groups.map((group) => JSON.stringify(group)).join(' ');
  const why = `user ${JSON.stringify(user.username)} (groups=[${groups}]) is attempting to grant RBAC permissions not currently held:`;
  throw forbidden(info, object.metadata.name, `${why}\n${lines.join('\n')}`);
}

function roleOf(store: Store, ref: Json, namespace: string): KubeObject | undefined {
  if (ref?.kind === 'ClusterRole') return store.get(`${RBAC}/clusterroles`, '', ref.name)?.object;
  return store.get(`${RBAC}/roles`, namespace, ref?.name ?? '')?.object;
}

/** One rule for each group, resource, name and verb. */
function simpleRules(rule: Rule): Rule[] {
  const verbs = rule.verbs ?? [];
  const urls = (rule.nonResourceURLs ?? []).flatMap((url) =>
    verbs.map((v) => ({ nonResourceURLs: [url], verbs: [v] })),
  );
  const names = rule.resourceNames?.length ? rule.resourceNames.map((name) => [name]) : [undefined];
  const resources = (rule.apiGroups ?? []).flatMap((group) =>
    (rule.resources ?? []).flatMap((resource) =>
      names.flatMap((name) =>
        verbs.map((v) => ({
          apiGroups: [group],
          resources: [resource],
          ...(name ? { resourceNames: name } : {}),
          verbs: [v],
        })),
      ),
    ),
  );
  return [...urls, ...resources];
}

function covers(mine: Rule, wanted: Rule): boolean {
  const has = (list: string[] | undefined, values: string[] | undefined): boolean =>
    (values ?? []).every((value) => list?.includes('*') || list?.includes(value));
  if (!has(mine.verbs, wanted.verbs)) return false;
  if (wanted.nonResourceURLs) {
    return wanted.nonResourceURLs.every((url) =>
      (mine.nonResourceURLs ?? []).some((u) => u === url || (u.endsWith('*') && url.startsWith(u.slice(0, -1)))),
    );
  }
  if (!has(mine.apiGroups, wanted.apiGroups)) return false;
  const [resource = ''] = wanted.resources ?? [];
  const wild = `*/${resource.split('/')[1] ?? ''}`;
  if (!has(mine.resources, wanted.resources) && !(resource.includes('/') && mine.resources?.includes(wild)))
    return false;
  if (!mine.resourceNames?.length) return true;
  return wanted.resourceNames !== undefined && has(mine.resourceNames, wanted.resourceNames);
}

/** Rules of one resource become one with all their verbs. */
function compact(rules: readonly Rule[]): Rule[] {
  const out = new Map<string, Rule>();
  for (const rule of rules) {
    const { verbs = [], ...rest } = rule;
    const key = JSON.stringify(rest);
    const known = out.get(key);
    const merged = [...(known?.verbs ?? []), ...verbs];
    out.set(key, { ...rest, verbs: [...new Set(merged)] });
  }
  return [...out.values()];
}

/** `{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}` */
function describeRule(rule: Rule): string {
  const list = (values: string[]): string => `[${values.map((value) => JSON.stringify(value)).join(' ')}]`;
  const parts: string[] = [];
  if (rule.apiGroups?.length) parts.push(`APIGroups:${list(rule.apiGroups)}`);
  if (rule.resources?.length) parts.push(`Resources:${list(rule.resources)}`);
  if (rule.nonResourceURLs?.length) parts.push(`NonResourceURLs:${list(rule.nonResourceURLs)}`);
  if (rule.resourceNames?.length) parts.push(`ResourceNames:${list(rule.resourceNames)}`);
  if (rule.verbs?.length) parts.push(`Verbs:${list(rule.verbs)}`);
  return `{${parts.join(', ')}}`;
}
