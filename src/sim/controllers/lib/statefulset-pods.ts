import { clone, type Json, type KubeObject, type OwnerReference } from '../../../kube/object.ts';
import type { ApiError } from '../../../kube/status.ts';
import type { ApiClient } from '../../api/api.ts';
import { attempt, controllerRef, sameJson } from './objects.ts';
import { REVISION_LABEL } from './revisions.ts';

const CLAIM = 'v1/PersistentVolumeClaim';
const COMPONENT = 'statefulset-controller';

export function ordinalOf(set: KubeObject, pod: KubeObject): number {
  const prefix = `${set.metadata.name}-`;
  const rest = pod.metadata.name.startsWith(prefix) ? pod.metadata.name.slice(prefix.length) : '';
  return /^\d+$/.test(rest) ? Number(rest) : -1;
}

export function firstOrdinal(set: KubeObject): number {
  return set.spec.ordinals?.start ?? 0;
}

function claimName(set: KubeObject, template: Json, ordinal: number): string {
  return `${template.metadata.name}-${set.metadata.name}-${ordinal}`;
}

/** The pod of that ordinal at that revision, not yet created. */
export function podOf(set: KubeObject, template: Json, revision: string, ordinal: number): Json {
  const name = `${set.metadata.name}-${ordinal}`;
  const spec = clone(template.spec);
  spec.hostname = name;
  if (set.spec.serviceName) spec.subdomain = set.spec.serviceName;
  const claims = (set.spec.volumeClaimTemplates ?? []).map((it: Json) => ({
    name: it.metadata.name,
    persistentVolumeClaim: { claimName: claimName(set, it, ordinal) },
  }));
  const own = (spec.volumes ?? []).filter((volume: Json) => !claims.some((it: Json) => it.name === volume.name));
  if (claims.length || own.length) spec.volumes = [...claims, ...own];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      generateName: `${set.metadata.name}-`,
      namespace: set.metadata.namespace,
      labels: {
        ...template.metadata?.labels,
        'apps.kubernetes.io/pod-index': String(ordinal),
        [REVISION_LABEL]: revision,
        'statefulset.kubernetes.io/pod-name': name,
      },
      ...(template.metadata?.annotations ? { annotations: clone(template.metadata.annotations) } : {}),
      ownerReferences: [controllerRef(set)],
    },
    spec,
  };
}

/** Creates and deletes a StatefulSet's pods and claims, with upstream's events (StatefulPodControl). */
export class StatefulPods {
  constructor(
    readonly api: ApiClient,
    readonly set: KubeObject,
  ) {}

  create(pod: Json, ordinal: number): KubeObject {
    this.createClaims(pod.metadata.name, ordinal);
    let created: KubeObject | undefined;
    const error = attempt(() => {
      created = this.api.create(pod);
    });
    if (error?.reason === 'AlreadyExists') throw error;
    this.#tell('Create', pod.metadata.name, error);
    return created as KubeObject;
  }

  delete(pod: KubeObject): void {
    const { namespace, name, uid } = pod.metadata;
    const error = attempt(() => this.api.delete('v1/Pod', namespace, name, { preconditions: { uid } }));
    if (error?.code !== 404) this.#tell('Delete', name, error);
  }

  createClaims(pod: string, ordinal: number): void {
    const { namespace, name } = this.set.metadata;
    for (const template of this.set.spec.volumeClaimTemplates ?? []) {
      const claim = claimName(this.set, template, ordinal);
      if (this.api.get(CLAIM, namespace, claim)) continue;
      const draft = clone(template);
      const labels = { ...template.metadata.labels, ...this.set.spec.selector.matchLabels };
      draft.apiVersion = 'v1';
      draft.kind = 'PersistentVolumeClaim';
      draft.metadata = { ...draft.metadata, name: claim, namespace, labels };
      delete draft.metadata.creationTimestamp;
      delete draft.status;
      const owners = this.#claimOwners(undefined, false);
      if (owners.length) draft.metadata.ownerReferences = owners;
      const error = attempt(() => this.api.create(draft));
      if (error) {
        const text = `Create Claim ${claim} for Pod ${pod} in StatefulSet ${name} failed error: ${error.message}`;
        this.#event('Warning', 'FailedCreate', text);
        throw error;
      }
      const text = `Create Claim ${claim} Pod ${pod} in StatefulSet ${name} success`;
      this.#event('Normal', 'SuccessfulCreate', text);
    }
  }

  /** Brings the owners of a pod's claims in line with persistentVolumeClaimRetentionPolicy. */
  retainClaims(pod: KubeObject, ordinal: number, condemned: boolean): void {
    for (const template of this.set.spec.volumeClaimTemplates ?? []) {
      const claim = this.api.get(CLAIM, this.set.metadata.namespace, claimName(this.set, template, ordinal));
      if (!claim) continue;
      const ours = (owner: OwnerReference): boolean =>
        owner.uid === this.set.metadata.uid || (owner.kind === 'Pod' && owner.name === pod.metadata.name);
      const others = (claim.metadata.ownerReferences ?? []).filter((owner) => !ours(owner));
      const owners = [...others, ...this.#claimOwners(pod, condemned)];
      if (sameJson(owners, claim.metadata.ownerReferences ?? [])) continue;
      this.api.modify(CLAIM, claim.metadata.namespace, claim.metadata.name, (draft) => {
        draft.metadata.ownerReferences = owners;
      });
    }
  }

  #claimOwners(pod: KubeObject | undefined, condemned: boolean): OwnerReference[] {
    const policy = this.set.spec.persistentVolumeClaimRetentionPolicy ?? {};
    if (condemned && pod && policy.whenScaled === 'Delete') {
      const { name, uid } = pod.metadata;
      return [{ apiVersion: 'v1', kind: 'Pod', name, uid }];
    }
    return policy.whenDeleted === 'Delete' ? [controllerRef(this.set)] : [];
  }

  #tell(verb: string, pod: string, error: ApiError | undefined): void {
    const what = `${verb} Pod ${pod} in StatefulSet ${this.set.metadata.name}`;
    if (!error) this.#event('Normal', `Successful${verb}`, `${what} successful`);
    else this.#event('Warning', `Failed${verb}`, `${what} failed error: ${error.message}`);
    if (error) throw error;
  }

  #event(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.api.events.record({ regarding: this.set, type, reason, message, component: COMPONENT });
  }
}
