import { createHash } from 'node:crypto';
import type { Json, KubeObject } from '../../kube/object.ts';
import type { UserInfo } from './admission.ts';

export const TOKEN_SECRET = 'kubernetes.io/service-account-token';
const CLAIM = 'kubernetes.io/serviceaccount';
const SIGNATURE_LENGTH = 342;

/** A token without end, as secrets hold it: it stands for the account as long as the secret does. */
export function secretToken(secret: KubeObject, account: KubeObject): string {
  const { namespace, name } = secret.metadata;
  const claims = {
    iss: 'kubernetes/serviceaccount',
    [`${CLAIM}/namespace`]: namespace,
    [`${CLAIM}/secret.name`]: name,
    [`${CLAIM}/service-account.name`]: account.metadata.name,
    [`${CLAIM}/service-account.uid`]: account.metadata.uid,
    sub: `system:serviceaccount:${namespace}:${account.metadata.name}`,
  };
  const part = (value: Json): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const seed = createHash('sha512').update(`${secret.metadata.uid}/${account.metadata.uid}`).digest('base64url');
  const signature = seed.repeat(4).slice(0, SIGNATURE_LENGTH);
  return `${part({ alg: 'RS256', kid: 'service-account-issuer' })}.${part(claims)}.${signature}`;
}

/** Whose token it is; undefined when no secret holds it, or its account is gone. `get` reads by resource, namespace and name. */
export function userOfSecretToken(
  token: string,
  get: (resource: string, namespace: string, name: string) => KubeObject | undefined,
): UserInfo | undefined {
  let claims: Json;
  try {
    claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
  } catch {
    return undefined;
  }
  const namespace = String(claims?.[`${CLAIM}/namespace`]);
  const secret = get('secrets', namespace, String(claims?.[`${CLAIM}/secret.name`]));
  const account = get('serviceaccounts', namespace, String(claims?.[`${CLAIM}/service-account.name`]));
  if (secret?.['data']?.token !== Buffer.from(token).toString('base64')) return undefined;
  if (!account || account.metadata.uid !== claims[`${CLAIM}/service-account.uid`]) return undefined;
  return {
    username: `system:serviceaccount:${namespace}:${account.metadata.name}`,
    uid: account.metadata.uid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
  };
}
