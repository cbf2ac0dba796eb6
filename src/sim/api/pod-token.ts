import type { Json, KubeObject } from '../../kube/object.ts';
import type { UserInfo } from './admission.ts';

/**
 * The bound service account token that a kubelet mounts into a pod: a JWT in shape, with a signature that only those can tell
 * who know the pod's uid. It holds for the life of the pod, as the kubelet renews the real one in time.
 */
export function podToken(pod: KubeObject, source: Json): string {
  const { creationTimestamp } = pod.metadata;
  const issuedAt = Math.floor(Date.parse(creationTimestamp as string) / 1000);
  const account = accountOf(pod);
  const { namespace, name, uid } = pod.metadata;
  const claims = {
    aud: [source.audience ?? 'https://kubernetes.default.svc.cluster.local'],
    exp: issuedAt + (source.expirationSeconds ?? 3600),
    iat: issuedAt,
    iss: 'https://kubernetes.default.svc.cluster.local',
    'kubernetes.io': { namespace, pod: { name, uid }, serviceaccount: { name: account } },
    sub: `system:serviceaccount:${namespace}:${account}`,
  };
  const part = (value: Json): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'RS256', kid: 'cluster' })}.${part(claims)}.${signature(uid, account)}`;
}

function accountOf(pod: KubeObject): string {
  return pod.spec?.serviceAccountName ?? 'default';
}

function signature(uid: string, account: string): string {
  return Buffer.from(`${uid}/${account}`.repeat(4)).toString('base64url').slice(0, 342);
}

/** Whose token it is; undefined when it is none, or its pod is gone. */
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
  const { namespace } = pod.metadata;
  return {
    username: `system:serviceaccount:${namespace}:${accountOf(pod)}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
  };
}
