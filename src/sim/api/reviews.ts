import type { Json } from '../../kube/object.ts';
import type { FieldError } from '../../kube/status.ts';
import type { UserInfo } from './admission.ts';
import { badRequest, invalid } from './errors.ts';
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

/** What an access review must say, with upstream's words. */
function reviewErrors(kind: string, { spec = {} }: Json, namespace: string | undefined): FieldError[] {
  if (!kind.endsWith('AccessReview')) return [];
  const out: FieldError[] = [];
  const { resourceAttributes, nonResourceAttributes } = spec;
  const bad = (field: string, value: unknown, detail: string): void => {
    out.push({ type: 'FieldValueInvalid', field, value, detail });
  };
  if (resourceAttributes && nonResourceAttributes)
    bad(
      'spec.nonResourceAttributes',
      nonResourceAttributes,
      'cannot be specified in combination with resourceAttributes',
    );
  if (!resourceAttributes && !nonResourceAttributes) {
    const detail = 'exactly one of nonResourceAttributes or resourceAttributes must be specified';
    bad('spec.resourceAttributes', null, detail);
  }
  if (kind !== 'SelfSubjectAccessReview' && !spec.user && !spec.groups?.length)
    bad('spec.user', '', 'at least one of user or group must be specified');
  if (kind === 'LocalSubjectAccessReview' && resourceAttributes && resourceAttributes.namespace !== namespace)
    bad('spec.resourceAttributes.namespace', resourceAttributes.namespace ?? '', 'must match metadata.namespace');
  return out;
}

function shownUser({ username, uid, groups, extra }: UserInfo): Json {
  return { username, ...(uid ? { uid } : {}), groups, ...(extra ? { extra } : {}) };
}

const AUDIENCES = ['https://kubernetes.default.svc'];

function tokenStatus(user: UserInfo | undefined, audiences: string[] | undefined): Json {
  if (!user) return { user: {}, error: 'invalid bearer token' };
  if (audiences?.length && !audiences.some((one) => AUDIENCES.includes(one)))
    return {
      user: {},
      error: `token audiences ${JSON.stringify(AUDIENCES)} is invalid for the target audiences ${JSON.stringify(audiences)}`,
    };
  return { authenticated: true, user: shownUser(user), audiences: AUDIENCES };
}

/** Answers a review request; undefined for kinds that are none. Nothing is stored. */
export function answerReview(
  store: Store,
  kind: string,
  body: Json,
  user: UserInfo,
  nowIso: string,
  namespace: string | undefined,
  userOf: (token: string) => UserInfo | undefined,
): Json | undefined {
  const errors = reviewErrors(kind, body, namespace);
  if (errors.length > 0) throw invalid({ group: 'authorization.k8s.io', kind: '' }, '', errors);
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
      if (!body.spec?.namespace) throw badRequest('no namespace on request');
      return { ...body, spec: {}, status: { ...rulesFor(store, user, body.spec?.namespace ?? ''), incomplete: false } };
    case 'SelfSubjectReview':
      return {
        ...body,
        metadata: { creationTimestamp: nowIso },
        status: { userInfo: shownUser(user) },
      };
    case 'TokenReview':
      if (!body.spec?.token) throw badRequest('token is required for TokenReview in authentication');
      return { ...body, status: tokenStatus(userOf(body.spec.token), body.spec.audiences) };
    default:
      return undefined;
  }
}
