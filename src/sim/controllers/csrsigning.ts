import { createHash } from 'node:crypto';
import type { Json, KubeObject } from '../../kube/object.ts';
import type { ApiClient } from '../api/api.ts';
import { CA_NAME, CA_SEED } from '../bootstrap/root-ca.ts';
import type { World } from '../world.ts';
import { Authority, type Request, readRequest } from '../x509/certificate.ts';
import { DerError } from '../x509/der.ts';
import type { Controller } from './context.ts';
import { WorkQueue } from './lib/queue.ts';

const REF = 'certificates.k8s.io/v1/CertificateSigningRequest';
const CLIENT = ['digital signature', 'key encipherment', 'client auth'];
/** What the controller manager signs for, and the usages that each allows. */
const SIGNERS: Record<string, { allowed: readonly string[]; needs?: string }> = {
  'kubernetes.io/kube-apiserver-client': { allowed: CLIENT, needs: 'client auth' },
  'kubernetes.io/kube-apiserver-client-kubelet': { allowed: CLIENT, needs: 'client auth' },
  'kubernetes.io/kubelet-serving': {
    allowed: ['digital signature', 'key encipherment', 'server auth'],
    needs: 'server auth',
  },
};
/** --cluster-signing-duration */
const YEAR_MS = 365 * 86_400_000;
/** Certificates hold from a little before they are made, for clocks that lag. */
const BACKDATE_MS = 300_000;

let authority: Authority | undefined;

/** Signs approved requests of the built-in signers; others have controllers of their own, or wait for ever. */
export const csrsigning: Controller = {
  name: 'certificate-controller',
  start({ world, api: clientFor }) {
    const api = clientFor('certificate-controller');
    const queue = new WorkQueue(world, 'csrsigning', (name) => sync(world, api, name));
    api.watch(REF, (_type, request) => queue.add(request.metadata.name));
  },
};

function has(request: KubeObject, type: string): boolean {
  return (request['status']?.conditions ?? []).some((one: Json) => one.type === type);
}

function sync(world: World, api: ApiClient, name: string): void {
  const request = api.get(REF, undefined, name);
  const signer = SIGNERS[request?.['spec']?.signerName ?? ''];
  if (!request || !signer || request['status']?.certificate || !has(request, 'Approved') || has(request, 'Failed'))
    return;
  const { usages = [], expirationSeconds, request: encoded } = request['spec'];
  const wrong = usages.find((usage: string) => !signer.allowed.includes(usage));
  let parsed: Request;
  try {
    parsed = readRequest(Buffer.from(encoded, 'base64').toString('latin1'));
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    fail(api, world, name, `unable to parse csr ${JSON.stringify(name)}: ${error.message}`);
    return;
  }
  if (wrong !== undefined || (signer.needs && !usages.includes(signer.needs))) {
    fail(api, world, name, `invalid usage for client certificate: ${usages.join(', ')}`);
    return;
  }
  authority ??= new Authority(CA_SEED, CA_NAME);
  const serial = createHash('sha256').update(request.metadata.uid).digest().subarray(0, 16);
  const from = world.nowMs - BACKDATE_MS;
  const until = world.nowMs + Math.min(expirationSeconds === undefined ? YEAR_MS : expirationSeconds * 1000, YEAR_MS);
  const text = authority.sign(parsed, usages, serial, from, until);
  write(api, name, (status) => {
    status.certificate = Buffer.from(text).toString('base64');
  });
}

function fail(api: ApiClient, world: World, name: string, message: string): void {
  const condition = {
    type: 'Failed',
    status: 'True',
    reason: 'SignerValidationFailure',
    message,
    lastUpdateTime: world.nowIso,
  };
  write(api, name, (status) => {
    status.conditions = [...(status.conditions ?? []), condition];
  });
}

function write(api: ApiClient, name: string, change: (status: Json) => void): void {
  api.modify(
    REF,
    undefined,
    name,
    (draft) => {
      draft['status'] ??= {};
      change(draft['status']);
    },
    'status',
  );
}
