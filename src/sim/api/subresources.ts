import { since } from '../../kube/duration.ts';
import type { Json, KubeObject } from '../../kube/object.ts';
import { clone } from '../../kube/object.ts';
import type { FieldError } from '../../kube/status.ts';
import type { AdmissionRequest, UserInfo } from './admission.ts';
import { badRequest, conflict, disruptionRefused, invalid, MODIFIED, notFound, plain } from './errors.ts';
import type { ResourceInfo } from './facts.ts';
import { types } from './facts.ts';
import type { Kind } from './kinds-index.ts';
import { ISSUER, userOfPodToken } from './pod-token.ts';
import type { Registry, WriteOptions } from './registry.ts';
import { userOfSecretToken } from './secret-token.ts';
import { matchLabelSelector } from './selectors.ts';
import type { Stored } from './store.ts';

const virtual = (group: string, version: string, kind: string, typeName: string): ResourceInfo => ({
  group,
  version,
  kind,
  typeName,
  resource: '',
  singular: '',
  namespaced: true,
  verbs: [],
  schema: types[typeName] ?? {},
  subresources: {},
});

/** Kinds that exist only as bodies of subresources. */
export const SCALE = virtual('autoscaling', 'v1', 'Scale', 'api.autoscaling.v1.Scale');
export const EVICTION = virtual('policy', 'v1', 'Eviction', 'api.policy.v1.Eviction');
export const BINDING = virtual('', 'v1', 'Binding', 'api.core.v1.Binding');
export const TOKEN_REQUEST = virtual(
  'authentication.k8s.io',
  'v1',
  'TokenRequest',
  'api.authentication.v1.TokenRequest',
);

/** The Scale of an object, as GET /scale answers it. */
export function scaleOf(kind: Kind, stored: Stored): Json {
  const { object } = stored;
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const scale = kind.def.scale;
  const replicas = scale ? scale.replicas(object) : (object.spec?.replicas ?? 0);
  const selector = scale ? scale.selector(object) : selectorText(object.spec?.selector);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: replicas === 0 ? {} : { replicas },
    status: {
      replicas: scale ? scale.statusReplicas(object) : (object.status?.replicas ?? 0),
      ...(selector === '' ? {} : { selector }),
    },
  };
}

/** Requests to the scale of an object are about that. */
export function scaleReview(
  kind: Kind,
  object: KubeObject | undefined,
  old: KubeObject | undefined,
): AdmissionRequest['reviewed'] {
  const shown = (it: KubeObject | undefined): KubeObject | undefined =>
    it && scaleOf(kind, { object: it, managed: [], version: 0 });
  return { ref: SCALE, object: shown(object), old: shown(old) };
}

/** The columns that a Scale has for clients that ask for a Table. */
export function scaleTable(scale: Json, apiVersion: string, nowMs: number): Json {
  const columns = [
    ['Name', 'string'],
    ['Desired', 'integer'],
    ['Available', 'integer'],
    ['Age', 'string'],
  ];
  const { metadata, spec, status } = scale;
  const age = since(metadata.creationTimestamp, nowMs);
  return {
    kind: 'Table',
    apiVersion,
    metadata: { resourceVersion: metadata.resourceVersion },
    columnDefinitions: columns.map(([name, type], at) => ({
      name,
      type,
      format: at === 0 ? 'name' : '',
      description: '',
      priority: 0,
    })),
    rows: [
      {
        cells: [metadata.name, spec.replicas ?? 0, status.replicas, age],
        object: { kind: 'PartialObjectMetadata', apiVersion, metadata },
      },
    ],
  };
}

function selectorText(selector: Json): string {
  const labels = selector?.matchLabels ?? (selector?.matchExpressions ? {} : selector) ?? {};
  return Object.keys(labels)
    .sort()
    .map((key) => `${key}=${labels[key]}`)
    .join(',');
}

/** Writes what a client made of the Scale back into the object. */
export function writeScale(registry: Registry, kind: Kind, old: Stored, scale: Json, options: WriteOptions): Stored {
  const asked = scale.metadata?.resourceVersion;
  if (asked && asked !== old.object.metadata.resourceVersion)
    throw conflict(kind.info, old.object.metadata.name, MODIFIED);
  const draft = clone(old.object);
  const replicas = scale.spec?.replicas ?? 0;
  if (replicas < 0) {
    const detail = 'must be greater than or equal to 0';
    const error = { type: 'FieldValueInvalid' as const, field: 'spec.replicas', value: replicas, detail };
    throw invalid(SCALE, old.object.metadata.name, [error]);
  }
  if (kind.def.scale) kind.def.scale.setReplicas(draft, replicas);
  else draft.spec = { ...draft.spec, replicas };
  return registry.update(kind, old, draft, { ...options, subresource: 'scale' });
}

/** POST pods/x/binding: the scheduler's word. */
export function bindPod(registry: Registry, kind: Kind, old: Stored, binding: Json, options: WriteOptions): void {
  const target = binding.target ?? {};
  if (target.kind && target.kind !== 'Node')
    throw plain(`target.kind: Unsupported value: ${JSON.stringify(target.kind)}: supported values: "Node", "<empty>"`);
  const { name, deletionTimestamp } = old.object.metadata;
  if (!binding.target?.name) throw plain('target.name: Required value');
  if (deletionTimestamp)
    throw conflict(
      { group: '', resource: 'pods/binding' },
      name,
      `pod ${name} is being deleted, cannot be assigned to a host`,
    );
  if (old.object.spec?.nodeName) {
    throw conflict(
      { group: '', resource: 'pods/binding' },
      name,
      `pod ${name} is already assigned to node ${JSON.stringify(old.object.spec.nodeName)}`,
    );
  }
  const draft = clone(old.object);
  draft.spec.nodeName = binding.target?.name ?? '';
  const annotations: Record<string, string> = { ...draft.metadata.annotations, ...binding.metadata?.annotations };
  if (Object.keys(annotations).length > 0) draft.metadata.annotations = annotations;
  const conditions: Json[] = draft.status?.conditions ?? [];
  const scheduled = {
    type: 'PodScheduled',
    status: 'True',
    observedGeneration: draft.metadata.generation,
    lastProbeTime: null,
    lastTransitionTime: registry.world.nowIso,
  };
  draft.status = { ...draft.status, conditions: [...conditions.filter((c) => c.type !== 'PodScheduled'), scheduled] };
  registry.replace(kind, old, draft, { ...options, subresource: 'binding' });
}

/** POST pods/x/eviction: a delete that disruption budgets may refuse. */
export function evictPod(registry: Registry, kind: Kind, old: Stored, eviction: Json, options: WriteOptions): void {
  const pod = old.object;
  if (eviction.metadata?.name && eviction.metadata.name !== pod.metadata.name)
    throw badRequest('name in URL does not match name in Eviction object');
  const done = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
  if (!done && pod.metadata.deletionTimestamp === undefined && pod.status?.phase !== 'Pending')
    takeBudget(registry, pod, options);
  if (!options.dryRun) markDisrupted(registry, pod);
  const { namespace, name } = pod.metadata;
  registry.delete(kind, registry.get(kind, namespace, name), eviction.deleteOptions ?? {}, options);
}

/** The condition by which Jobs and people tell an eviction from a failure. */
function markDisrupted(registry: Registry, pod: KubeObject): void {
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: registry.world.nowIso,
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
  };
  const others = (pod.status?.conditions ?? []).filter((one: Json) => one.type !== condition.type);
  registry.ctx.update({ ...pod, status: { ...pod.status, conditions: [...others, condition] } });
}

function takeBudget(registry: Registry, pod: KubeObject, options: WriteOptions): void {
  const ref = { group: 'policy', version: 'v1', kind: 'PodDisruptionBudget' };
  const budgets = registry.ctx.list(ref, pod.metadata.namespace).filter((b) => {
    return b.spec?.selector !== undefined && matchLabelSelector(b.spec.selector)(pod.metadata.labels);
  });
  if (budgets.length > 1)
    throw plain('This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.');
  const budget = budgets[0];
  if (!budget) return;
  const { name } = budget.metadata;
  const status = budget.status ?? {};
  const isReady = (pod.status?.conditions ?? []).some((c: Json) => c.type === 'Ready' && c.status === 'True');
  const policy = budget.spec?.unhealthyPodEvictionPolicy;
  if (
    !isReady &&
    (policy === 'AlwaysAllow' ||
      ((status.currentHealthy ?? 0) >= (status.desiredHealthy ?? 0) && (status.desiredHealthy ?? 0) > 0))
  )
    return;
  if ((status.observedGeneration ?? 0) < (budget.metadata.generation ?? 0)) {
    throw disruptionRefused(`The disruption budget ${name} is still being processed by the server.`);
  }
  if ((status.disruptionsAllowed ?? 0) <= 0) {
    throw disruptionRefused(
      `The disruption budget ${name} needs ${status.desiredHealthy ?? 0} healthy pods and has ${status.currentHealthy ?? 0} currently`,
    );
  }
  if (options.dryRun) return;
  const disruptedPods = { ...status.disruptedPods, [pod.metadata.name]: registry.world.nowIso };
  registry.ctx.update({
    ...budget,
    status: { ...status, disruptionsAllowed: status.disruptionsAllowed - 1, disruptedPods },
  });
}

/** What tokens can be bound to, with its resource. */
const BOUND: Record<string, string> = { Pod: 'pods', Secret: 'secrets', Node: 'nodes' };

const wrong = (field: string, value: Json, detail: string): FieldError => ({
  type: 'FieldValueInvalid',
  field,
  value,
  detail,
});

function checkTokenRequest(account: KubeObject, body: Json, seconds: number): void {
  const { name, namespace, uid } = account.metadata;
  const meta = body.metadata ?? {};
  if (meta.name && meta.name !== name)
    throw invalid(TOKEN_REQUEST, name, [
      wrong('metadata.name', meta.name, 'must match the service account name if specified'),
    ]);
  if (meta.namespace && meta.namespace !== namespace)
    throw invalid(TOKEN_REQUEST, name, [
      wrong('metadata.namespace', meta.namespace, 'must match the service account namespace if specified'),
    ]);
  if (meta.uid && meta.uid !== uid)
    throw conflict(
      { group: TOKEN_REQUEST.group, resource: TOKEN_REQUEST.kind },
      name,
      `the UID in the token request (${meta.uid}) does not match the UID of the service account (${uid})`,
    );
  const detail =
    seconds < 600
      ? 'may not specify a duration less than 10 minutes'
      : seconds > 2 ** 32
        ? 'may not specify a duration larger than 2^32 seconds'
        : undefined;
  if (detail !== undefined) throw invalid(TOKEN_REQUEST, '', [wrong('spec.expirationSeconds', seconds, detail)]);
}

/** What a token is bound to; it dies with it. */
function boundObject(registry: Registry, account: KubeObject, bound: Json): KubeObject | undefined {
  if (!bound) return undefined;
  const [version = '', group = ''] = String(bound.apiVersion ?? '')
    .split('/')
    .reverse();
  const resource = group === '' ? BOUND[bound.kind] : undefined;
  if (resource === undefined)
    throw badRequest(`cannot bind token to object of type ${group}/${version}, Kind=${bound.kind ?? ''}`);
  const namespace = bound.kind === 'Node' ? undefined : account.metadata.namespace;
  const object = registry.ctx.get({ group: '', version: 'v1', kind: bound.kind }, namespace, bound.name);
  if (!object) throw notFound({ group: '', resource }, bound.name);
  const { name } = account.metadata;
  if (bound.kind === 'Pod' && object['spec']?.serviceAccountName !== name)
    throw badRequest(
      `cannot bind token for serviceaccount "${name}" to pod running with different serviceaccount name.`,
    );
  if (bound.uid && bound.uid !== object.metadata.uid)
    throw conflict(
      { group: '', resource: bound.kind },
      bound.name,
      `the UID in the bound object reference (${bound.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  return object;
}

/** POST serviceaccounts/x/token: a token that names the account and its time, readable by {@link userOfToken}. */
export function issueToken(registry: Registry, account: KubeObject, body: Json): Json {
  const seconds = body.spec?.expirationSeconds ?? 3600;
  checkTokenRequest(account, body, seconds);
  const reference = body.spec?.boundObjectRef;
  const bound = boundObject(registry, account, reference);
  const { name, namespace, uid } = account.metadata;
  const asked: string[] = body.spec?.audiences ?? [];
  const audiences = asked.length > 0 ? asked : [ISSUER];
  const iat = Math.floor(registry.world.nowMs / 1000);
  const exp = iat + seconds;
  const claims = {
    aud: audiences,
    exp,
    iat,
    iss: ISSUER,
    jti: registry.world.uuid(),
    'kubernetes.io': {
      namespace,
      ...(bound ? { [reference.kind.toLowerCase()]: { name: bound.metadata.name, uid: bound.metadata.uid } } : {}),
      serviceaccount: { name, uid },
    },
    nbf: iat,
    sub: `system:serviceaccount:${namespace}:${name}`,
  };
  const part = (value: Json): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signature = Buffer.from(registry.world.rng('tokens').hex(64), 'hex').toString('base64url');
  const token = `${part({ alg: 'RS256', kid: 'service-account-issuer' })}.${part(claims)}.${signature}`;
  registry.tokens.set(token, {
    username: claims.sub,
    exp,
    uid,
    id: claims.jti,
    audiences,
    bound: bound && { resource: BOUND[reference.kind] as string, object: bound.metadata },
  });
  return {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name, namespace, uid, creationTimestamp: registry.world.nowIso },
    spec: { audiences, expirationSeconds: seconds, boundObjectRef: reference ?? null },
    status: { token, expirationTimestamp: `${new Date(exp * 1000).toISOString().slice(0, 19)}Z` },
  };
}

/** The service account that a token issued here stands for. */
export function userOfToken(registry: Registry, token: string): UserInfo | undefined {
  const entry = registry.tokens.get(token);
  const get = (resource: string, namespace: string, name: string): KubeObject | undefined =>
    registry.store.get(resource, namespace, name)?.object;
  if (!entry)
    return userOfPodToken(token, (namespace, name) => get('pods', namespace, name)) ?? userOfSecretToken(token, get);
  if (entry.exp * 1000 <= registry.world.nowMs || !entry.audiences.includes(ISSUER)) return undefined;
  if (entry.bound) {
    const { resource, object } = entry.bound;
    if (get(resource, object.namespace ?? '', object.name)?.metadata.uid !== object.uid) return undefined;
  }
  const [, , namespace = '', name = ''] = entry.username.split(':');
  // A token dies with its account.
  if (registry.store.get('serviceaccounts', namespace, name)?.object.metadata.uid !== entry.uid) return undefined;
  return {
    username: entry.username,
    uid: entry.uid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
    extra: { 'authentication.kubernetes.io/credential-id': [`JTI=${entry.id}`] },
  };
}
