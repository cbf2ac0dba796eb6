import { nameSuffix } from '../../../core/ids.ts';
import { Prng } from '../../../core/prng.ts';
import { clone, type Json, type KubeObject } from '../../../kube/object.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../admission.ts';
import { allContainers } from '../kinds/common/pod-defaults.ts';
import { forbid, isFor } from './errors.ts';

const ACCOUNT = { group: '', version: 'v1', kind: 'ServiceAccount' };
const TOKEN_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
/** One hour and a bit, so that the kubelet's refresh is told from a user's own request (upstream's WarnOnlyBoundTokenExpirationPeriod). */
const EXPIRATION_SECONDS = 3607;

function accountOf(request: AdmissionRequest, name: string): KubeObject {
  const account = request.ctx.get(ACCOUNT, request.namespace, name);
  if (account) return account;
  const why = `error looking up service account ${request.namespace}/${name}: serviceaccount "${name}" not found`;
  throw forbid(request, why);
}

function tokenVolume(name: string): Json {
  return {
    name,
    projected: {
      defaultMode: 420,
      sources: [
        { serviceAccountToken: { expirationSeconds: EXPIRATION_SECONDS, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        {
          downwardAPI: {
            items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
          },
        },
      ],
    },
  };
}

/** Mounts the token into all containers that have nothing at its place. */
function mountToken(pod: KubeObject, request: AdmissionRequest): void {
  const { spec } = pod;
  const prefix = 'kube-api-access-';
  const present = (spec.volumes ?? []).find((item: Json) => item.name.startsWith(prefix));
  const name = present?.name ?? `${prefix}${nameSuffix(new Prng(request.ctx.uuid()))}`;
  let used = false;
  for (const container of allContainers(spec)) {
    const mounts: Json[] = container.volumeMounts ?? [];
    if (mounts.some((mount) => mount.mountPath === TOKEN_PATH)) continue;
    container.volumeMounts = [...mounts, { mountPath: TOKEN_PATH, name, readOnly: true }];
    used = true;
  }
  if (used && !present) spec.volumes = [...(spec.volumes ?? []), tokenVolume(name)];
}

/** Gives pods their service account, its pull secrets and its token. */
export const serviceAccountAdmission: AdmissionPlugin = {
  name: 'ServiceAccount',
  admit(request) {
    const pod = request.object;
    if (!pod || !isFor(request, '', 'pods', 'CREATE')) return;
    if (pod.metadata.annotations?.['kubernetes.io/config.mirror']) return;
    const { spec } = pod;
    if (!spec.serviceAccountName) {
      spec.serviceAccountName = 'default';
      spec.serviceAccount = 'default';
    }
    const account = accountOf(request, spec.serviceAccountName);
    const automount = spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true;
    if (automount) mountToken(pod, request);
    if (!(spec.imagePullSecrets?.length > 0) && account.imagePullSecrets)
      spec.imagePullSecrets = clone(account.imagePullSecrets);
  },
};
