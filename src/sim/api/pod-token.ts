import { createHash } from 'node:crypto';
import type { Json, KubeObject } from '../../kube/object.ts';
import type { UserInfo } from './admission.ts';

export const ISSUER = 'https://kubernetes.default.svc';
/** Tokens for the API server that ask for this odd life time are extended to a year, as those of all pods are. */
const EXTENDED_ASKED_S = 3607;
const YEAR_S = 365 * 86_400;

/** What a pod's token says of the pod's surroundings. */
export interface TokenBinding {
  node?: KubeObject;
  account?: KubeObject;
}

/**
 * The bound service account token that a kubelet mounts into a pod: a JWT in shape, with a signature that only those can tell
 * who know the pod's uid. It holds for the life of the pod, as the kubelet renews the real one in time.
 */
export function podToken(pod: KubeObject, source: Json, binding: TokenBinding): string {
  const key = [pod, binding.node, binding.account].map((object) => object?.metadata.uid).join('/');
  const known = tokens.get(source);
  if (known?.key === key) return known.token;
  const token = makeToken(pod, source, binding);
  tokens.set(source, { key, token });
  return token;
}

/** The token last made of a source: kubelets ask for the same one at each sync of the pod. */
const tokens = new WeakMap<object, { key: string; token: string }>();

function makeToken(pod: KubeObject, source: Json, { node, account }: TokenBinding): string {
  const { creationTimestamp, namespace, name, uid } = pod.metadata;
  const issuedAt = Math.floor(Date.parse(creationTimestamp as string) / 1000);
  const asked = source.expirationSeconds ?? 3600;
  const extended = asked === EXTENDED_ASKED_S && source.audience === undefined;
  const accountName = accountOf(pod);
  const claims = {
    aud: [source.audience ?? ISSUER],
    exp: issuedAt + (extended ? YEAR_S : asked),
    iat: issuedAt,
    iss: ISSUER,
    jti: tokenId(`${uid}/${source.audience ?? ''}/${source.path ?? ''}`),
    'kubernetes.io': {
      namespace,
      ...(node ? { node: { name: node.metadata.name, uid: node.metadata.uid } } : {}),
      pod: { name, uid },
      serviceaccount: { name: accountName, uid: account?.metadata.uid },
      ...(extended ? { warnafter: issuedAt + asked } : {}),
    },
    nbf: issuedAt,
    sub: `system:serviceaccount:${namespace}:${accountName}`,
  };
  const part = (value: Json): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'RS256', kid: 'cluster' })}.${part(claims)}.${signature(uid, accountName)}`;
}

function accountOf(pod: KubeObject): string {
  return pod.spec?.serviceAccountName ?? 'default';
}

function signature(uid: string, account: string): string {
  return Buffer.from(`${uid}/${account}`.repeat(4)).toString('base64url').slice(0, 342);
}

function tokenId(seed: string): string {
  const hex = createHash('sha256').update(seed).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}

/** Whose token it is; undefined when it is none, is meant for others than the API server, or its pod is gone. */
export function userOfPodToken(
  token: string,
  podOf: (namespace: string, name: string) => KubeObject | undefined,
): UserInfo | undefined {
  const [, payload = '', signed] = token.split('.');
  let claims: Json;
  try {
    claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
  } catch {
    return undefined;
  }
  const bound = claims?.['kubernetes.io'];
  const pod = bound?.pod ? podOf(String(bound.namespace), String(bound.pod.name)) : undefined;
  if (!pod || pod.metadata.uid !== bound.pod.uid || signed !== signature(pod.metadata.uid, accountOf(pod)))
    return undefined;
  if (!Array.isArray(claims.aud) || !claims.aud.includes(ISSUER)) return undefined;
  const { namespace, name, uid } = pod.metadata;
  const of = 'authentication.kubernetes.io';
  return {
    username: `system:serviceaccount:${namespace}:${accountOf(pod)}`,
    ...(bound.serviceaccount?.uid ? { uid: String(bound.serviceaccount.uid) } : {}),
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
    extra: {
      [`${of}/credential-id`]: [`JTI=${claims.jti}`],
      ...(bound.node ? { [`${of}/node-name`]: [bound.node.name], [`${of}/node-uid`]: [bound.node.uid] } : {}),
      [`${of}/pod-name`]: [name],
      [`${of}/pod-uid`]: [uid],
    },
  };
}
