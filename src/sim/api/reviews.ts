import type { Json } from '../../kube/object.ts';
import type { UserInfo } from './admission.ts';
import type { Attributes } from './rbac.ts';
import { authorize, rulesFor } from './rbac.ts';
import type { Store } from './store.ts';

function attributes(spec: Json, user: UserInfo): Attributes {
  const r = spec?.resourceAttributes ?? {};
  const path = spec?.nonResourceAttributes;
  return {
    user,
    verb: path?.verb ?? r.verb ?? '',
    namespace: r.namespace ?? '',
    group: r.group ?? '',
    resource: r.resource ?? '',
    subresource: r.subresource ?? '',
    name: r.name ?? '',
    ...(path ? { nonResourcePath: path.path ?? '' } : {}),
  };
}

function accessStatus(store: Store, spec: Json, user: UserInfo): Json {
  const decision = authorize(store, attributes(spec, user));
  return { allowed: decision.allowed, ...(decision.reason === '' ? {} : { reason: decision.reason }) };
}

/** Answers a review request; undefined for kinds that are none. Nothing is stored. */
export function answerReview(store: Store, kind: string, body: Json, user: UserInfo, nowIso: string): Json | undefined {
  switch (kind) {
    case 'SelfSubjectAccessReview':
      return { ...body, status: accessStatus(store, body.spec, user) };
    case 'SubjectAccessReview':
    case 'LocalSubjectAccessReview': {
      const asked: UserInfo = { username: body.spec?.user ?? '', groups: body.spec?.groups ?? [] };
      if (asked.username.startsWith('system:serviceaccount:')) {
        const namespace = asked.username.split(':')[2];
        asked.groups = [...asked.groups, 'system:serviceaccounts', `system:serviceaccounts:${namespace}`];
      }
      return { ...body, status: accessStatus(store, body.spec, asked) };
    }
    case 'SelfSubjectRulesReview':
      return { ...body, spec: {}, status: { ...rulesFor(store, user, body.spec?.namespace ?? ''), incomplete: false } };
    case 'SelfSubjectReview':
      return {
        ...body,
        metadata: { creationTimestamp: nowIso },
        status: { userInfo: { username: user.username, groups: user.groups } },
      };
    default:
      return undefined;
  }
}
