import type { Json, KubeObject } from '../../../kube/object.ts';
import type { ApiClient } from '../../api/api.ts';
import type { World } from '../../world.ts';
import { deleteIfExists } from './objects.ts';
import { className, findMatchingVolume, isClaimedBy, mismatch } from './volumes.ts';

const CLAIM = 'v1/PersistentVolumeClaim';
const VOLUME = 'v1/PersistentVolume';
const BIND_COMPLETED = 'pv.kubernetes.io/bind-completed';
const BOUND_BY_CONTROLLER = 'pv.kubernetes.io/bound-by-controller';
const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by';
const STORAGE_PROVISIONER = 'volume.kubernetes.io/storage-provisioner';
const STORAGE_PROVISIONER_BETA = 'volume.beta.kubernetes.io/storage-provisioner';
const SELECTED_NODE = 'volume.kubernetes.io/selected-node';
const CREATED_BY = 'kubernetes.io/createdby';
/** Keeps a volume until the plugin that made it has deleted what is behind it. */
const DELETION_FINALIZER = 'kubernetes.io/pv-controller';

export type Provisioner = (claim: KubeObject, storageClass: KubeObject, volumeName: string) => Json;

/** Binding of claims and volumes in both directions (pkg/controller/volume/persistentvolume). */
export class VolumeBinder {
  constructor(
    readonly world: World,
    readonly api: ApiClient,
    readonly provisioners: Record<string, Provisioner>,
    readonly enqueueClaim: (claim: KubeObject) => void,
  ) {}

  syncClaim(claim: KubeObject): void {
    if (claim.metadata.annotations?.[BIND_COMPLETED]) this.#syncBoundClaim(claim);
    else if (claim.spec.volumeName) this.#syncRequested(claim);
    else this.#syncUnbound(claim);
  }

  #syncBoundClaim(claim: KubeObject): void {
    const name = claim.spec.volumeName;
    const volume = name ? this.api.get(VOLUME, undefined, name) : undefined;
    if (!volume) {
      const [reason, message] = name
        ? ['ClaimLost', 'Bound claim has lost its PersistentVolume. Data on the volume is lost!']
        : ['ClaimLost', 'Bound claim has lost reference to PersistentVolume. Data on the volume is lost!'];
      this.#lose(claim, reason as string, message as string);
      return;
    }
    if (volume.spec.claimRef && volume.spec.claimRef.uid !== claim.metadata.uid) {
      const message = 'Two claims are bound to the same volume, this one is bound incorrectly';
      this.#lose(claim, 'ClaimMisbound', message);
      return;
    }
    this.#bind(volume, claim);
  }

  #lose(claim: KubeObject, reason: string, message: string): void {
    if (claim.status?.phase === 'Lost') return;
    const { namespace, name } = claim.metadata;
    const write = (draft: KubeObject): void => {
      draft.status = { phase: 'Lost' };
    };
    this.api.modify(CLAIM, namespace, name, write, 'status');
    this.#event(claim, 'Warning', reason, message);
  }

  /** The claim names its volume: it waits for exactly that one, without an event when there is none. */
  #syncRequested(claim: KubeObject): void {
    const volume = this.api.get(VOLUME, undefined, claim.spec.volumeName);
    if (!volume) {
      this.#setClaimPhase(claim, 'Pending');
      return;
    }
    if (isClaimedBy(volume, claim) || !volume.spec.claimRef) {
      const why = volume.spec.claimRef ? undefined : mismatch(volume, claim);
      if (!why) {
        this.#bind(volume, claim);
        return;
      }
      const text = `Cannot bind to requested volume "${volume.metadata.name}": ${why}`;
      this.#event(claim, 'Warning', 'VolumeMismatch', text);
    } else if (!claim.metadata.annotations?.[BOUND_BY_CONTROLLER]) {
      const text = `volume "${volume.metadata.name}" already bound to a different claim.`;
      this.#event(claim, 'Warning', 'FailedBinding', text);
    }
    this.#setClaimPhase(claim, 'Pending');
  }

  #syncUnbound(claim: KubeObject): void {
    const name = className(claim);
    const storageClass = name ? this.api.get('storage.k8s.io/v1/StorageClass', undefined, name) : undefined;
    const delayed =
      storageClass?.volumeBindingMode === 'WaitForFirstConsumer' && !claim.metadata.annotations?.[SELECTED_NODE];
    const volumes = this.api.list(VOLUME);
    const volume = delayed
      ? volumes.find((it) => isClaimedBy(it, claim) && !mismatch(it, claim))
      : findMatchingVolume(claim, volumes);
    if (volume) {
      this.#bind(volume, claim);
      return;
    }
    if (delayed) {
      const text = 'waiting for first consumer to be created before binding';
      this.#event(claim, 'Normal', 'WaitForFirstConsumer', text);
    } else if (name) {
      if (this.#provision(claim, name, storageClass)) return;
    } else {
      const text = 'no persistent volumes available for this claim and no storage class is set';
      this.#event(claim, 'Normal', 'FailedBinding', text);
    }
    this.#setClaimPhase(claim, 'Pending');
  }

  /** Answers whether a volume was made and bound. */
  #provision(claim: KubeObject, name: string, storageClass: KubeObject | undefined): boolean {
    if (!storageClass) {
      this.#event(claim, 'Warning', 'ProvisioningFailed', `storageclass.storage.k8s.io "${name}" not found`);
      return false;
    }
    const provisioner: string = storageClass.provisioner;
    if (isInTree(provisioner) && !this.provisioners[provisioner]) {
      this.#event(claim, 'Warning', 'ProvisioningFailed', `no volume plugin matched name: ${provisioner}`);
      return false;
    }
    this.#annotateClaim(claim, { [STORAGE_PROVISIONER_BETA]: provisioner, [STORAGE_PROVISIONER]: provisioner });
    const make = this.provisioners[provisioner];
    if (!make) {
      const text = `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`;
      this.#event(claim, 'Normal', 'ExternalProvisioning', text);
      return false;
    }
    this.#setClaimPhase(claim, 'Pending');
    const volumeName = `pvc-${claim.metadata.uid}`;
    const volume = this.#create(claim, storageClass, volumeName, make);
    const text = `Successfully provisioned volume ${volumeName} using ${provisioner}`;
    this.#event(claim, 'Normal', 'ProvisioningSucceeded', text);
    this.#bind(volume, this.api.get(CLAIM, claim.metadata.namespace, claim.metadata.name) ?? claim);
    return true;
  }

  #create(claim: KubeObject, storageClass: KubeObject, volumeName: string, make: Provisioner): KubeObject {
    const existing = this.api.get(VOLUME, undefined, volumeName);
    if (existing) return existing;
    return this.api.create({
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: {
        name: volumeName,
        annotations: {
          [BOUND_BY_CONTROLLER]: 'yes',
          [PROVISIONED_BY]: storageClass.provisioner,
          ...(isInTree(storageClass.provisioner) ? { [CREATED_BY]: 'hostpath-dynamic-provisioner' } : {}),
        },
        ...(isInTree(storageClass.provisioner) ? { finalizers: [DELETION_FINALIZER] } : {}),
      },
      spec: {
        accessModes: claim.spec.accessModes,
        capacity: { storage: claim.spec.resources?.requests?.storage },
        claimRef: reference(claim),
        persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? 'Delete',
        storageClassName: storageClass.metadata.name,
        volumeMode: claim.spec.volumeMode ?? 'Filesystem',
        ...(storageClass.mountOptions ? { mountOptions: storageClass.mountOptions } : {}),
        ...make(claim, storageClass, volumeName),
      },
    });
  }

  /** Brings volume, its phase, claim and its phase in line, in upstream's order. */
  #bind(volume: KubeObject, claim: KubeObject): void {
    const name = volume.metadata.name;
    const { namespace, name: claimName, uid } = claim.metadata;
    if (volume.spec.claimRef?.uid !== uid) {
      this.api.modify(VOLUME, undefined, name, (draft) => {
        if (!draft.spec.claimRef) {
          draft.metadata.annotations = { ...draft.metadata.annotations, [BOUND_BY_CONTROLLER]: 'yes' };
        }
        draft.spec.claimRef = reference(claim);
      });
    }
    this.#setVolumePhase(volume, 'Bound');
    this.api.modify(CLAIM, namespace, claimName, (draft) => {
      const annotations = { ...draft.metadata.annotations };
      if (!draft.spec.volumeName) annotations[BOUND_BY_CONTROLLER] = 'yes';
      annotations[BIND_COMPLETED] = 'yes';
      draft.metadata.annotations = annotations;
      draft.spec.volumeName = name;
    });
    this.api.modify(
      CLAIM,
      namespace,
      claimName,
      (draft) => {
        if (draft.status?.phase === 'Bound') return;
        const capacity = { ...volume.spec.capacity };
        draft.status = { ...draft.status, phase: 'Bound', accessModes: volume.spec.accessModes, capacity };
      },
      'status',
    );
  }

  syncVolume(volume: KubeObject): void {
    const ref = volume.spec.claimRef;
    if (!ref?.uid) {
      this.#setVolumePhase(volume, 'Available');
      return;
    }
    const found = this.api.get(CLAIM, ref.namespace, ref.name);
    const claim = found?.metadata.uid === ref.uid ? found : undefined;
    if (!claim) {
      if (volume.status?.phase !== 'Failed') this.#setVolumePhase(volume, 'Released');
      this.#reclaim(volume);
      return;
    }
    if (!claim.spec.volumeName) {
      this.enqueueClaim(claim);
      return;
    }
    if (claim.spec.volumeName === volume.metadata.name) {
      this.#setVolumePhase(volume, 'Bound');
      return;
    }
    if (isProvisioned(volume) && volume.spec.persistentVolumeReclaimPolicy === 'Delete') {
      this.#setVolumePhase(volume, 'Released');
      this.#reclaim(volume);
      return;
    }
    this.#unbind(volume);
  }

  /** The claim took another volume: forget it, entirely if the binding was ours. */
  #unbind(volume: KubeObject): void {
    this.api.modify(VOLUME, undefined, volume.metadata.name, (draft) => {
      if (draft.metadata.annotations?.[BOUND_BY_CONTROLLER]) {
        delete draft.spec.claimRef;
        delete draft.metadata.annotations[BOUND_BY_CONTROLLER];
      } else delete draft.spec.claimRef.uid;
    });
    this.#setVolumePhase(volume, 'Available');
  }

  /** Retain keeps a released volume, with its claimRef; Delete removes what a provisioner here made. */
  #reclaim(volume: KubeObject): void {
    if (volume.spec.persistentVolumeReclaimPolicy !== 'Delete' || volume.metadata.deletionTimestamp) return;
    const provisioner = volume.metadata.annotations?.[PROVISIONED_BY] ?? '';
    if (this.provisioners[provisioner]) {
      this.api.modify(VOLUME, undefined, volume.metadata.name, (draft) => {
        draft.metadata.finalizers = draft.metadata.finalizers?.filter((it) => it !== DELETION_FINALIZER);
      });
      deleteIfExists(this.api, VOLUME, undefined, volume.metadata.name);
      return;
    }
    if (provisioner || volume.status?.phase === 'Failed') return;
    this.#fail(volume);
  }

  /** No plugin can delete it; a host path outside /tmp is refused by upstream's own deleter. */
  #fail(volume: KubeObject): void {
    const path: string | undefined = volume.spec.hostPath?.path;
    if (path !== undefined && /^\/tmp\/.+/.test(path)) {
      deleteIfExists(this.api, VOLUME, undefined, volume.metadata.name);
      return;
    }
    const message =
      path === undefined
        ? 'no deletable volume plugin matched'
        : `host_path deleter only supports /tmp/.+ but received provided ${path}`;
    this.#setVolumePhase(volume, 'Failed', message);
    this.#event(volume, 'Warning', 'VolumeFailedDelete', message);
  }

  #annotateClaim(claim: KubeObject, annotations: Record<string, string>): void {
    this.api.modify(CLAIM, claim.metadata.namespace, claim.metadata.name, (draft) => {
      draft.metadata.annotations = { ...draft.metadata.annotations, ...annotations };
    });
  }

  #setClaimPhase(claim: KubeObject, phase: string): void {
    if (claim.status?.phase === phase) return;
    const set = (draft: KubeObject): void => {
      draft.status = { ...draft.status, phase };
    };
    this.api.modify(CLAIM, claim.metadata.namespace, claim.metadata.name, set, 'status');
  }

  #setVolumePhase(volume: KubeObject, phase: string, message?: string): void {
    const set = (draft: KubeObject): void => {
      if (draft.status?.phase === phase) return;
      draft.status = { phase, lastPhaseTransitionTime: this.world.nowIso, ...(message ? { message } : {}) };
    };
    this.api.modify(VOLUME, undefined, volume.metadata.name, set, 'status');
  }

  #event(regarding: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.api.events.record({ regarding, type, reason, message, component: 'persistentvolume-controller' });
  }
}

/** Plugins of Kubernetes itself; others run beside it and are waited for. */
function isInTree(provisioner: string): boolean {
  return provisioner.startsWith('kubernetes.io/');
}

function isProvisioned(volume: KubeObject): boolean {
  return volume.metadata.annotations?.[PROVISIONED_BY] !== undefined;
}

function reference(claim: KubeObject): Json {
  const { namespace, name, uid, resourceVersion } = claim.metadata;
  return { kind: 'PersistentVolumeClaim', apiVersion: 'v1', namespace, name, uid, resourceVersion };
}
