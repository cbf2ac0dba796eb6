import { ownLabels } from '../apps/index.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { UserError } from '../core/errors.ts';
import { KubeClient, refusal } from '../helm/releases/kube.ts';
import { wallClock } from './wall-clock.ts';

/** A holder that has not renewed for so long is gone. */
const EXPIRES_MS = 30_000;
const RENEW_MS = 10_000;
const POLL_MS = 2_000;
const COLLECTION = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
const NAME = 'aiopslab-mcp';

interface Lease {
  metadata: { resourceVersion: string };
  spec?: { holderIdentity?: string };
}

/**
 * One process at a time has sessions on a cluster: applications have fixed namespaces. Held as a Lease that is renewed while the
 * session lasts. What a killed process held is taken over once it has stood still for {@link EXPIRES_MS}.
 */
export class ClusterLock {
  readonly #kube: KubeClient;
  readonly #holder: string;
  #stop: (() => void) | undefined;

  constructor(cluster: Cluster, holder: string) {
    this.#kube = new KubeClient(cluster);
    this.#holder = holder;
  }

  /** Throws UserError CONFLICT when another process has a session there. */
  async acquire(): Promise<void> {
    const { clock } = this.#kube.cluster;
    let seen: string | undefined;
    const startMs = clock.now();
    for (;;) {
      const lease = (await this.#kube.json('GET', `${COLLECTION}/${NAME}`)) as Lease | undefined;
      if (!lease || lease.spec?.holderIdentity === this.#holder || clock.now() - startMs >= EXPIRES_MS) {
        if (await this.#write(lease)) break;
      } else if (seen !== undefined && seen !== lease.metadata.resourceVersion) {
        throw new UserError('CONFLICT', 'another process has a session on this cluster', 'wait until it has ended');
      }
      seen = lease?.metadata.resourceVersion ?? '';
      await clock.sleep(POLL_MS);
    }
    this.#stop = wallClock.every(RENEW_MS, () => void this.#renew());
  }

  async release(): Promise<void> {
    if (!this.#stop) return;
    this.#stop();
    this.#stop = undefined;
    await this.#kube.send('DELETE', `${COLLECTION}/${NAME}`, {});
  }

  async #renew(): Promise<void> {
    try {
      await this.#write((await this.#kube.json('GET', `${COLLECTION}/${NAME}`)) as Lease | undefined);
    } catch {
      // The cluster does not answer at the moment: the next time it may, and sessions say it by themselves.
    }
  }

  /** False when somebody else was faster. */
  async #write(lease: Lease | undefined): Promise<boolean> {
    const renewTime = new Date(wallClock.now()).toISOString().replace('Z', '000Z');
    const spec = { holderIdentity: this.#holder, leaseDurationSeconds: EXPIRES_MS / 1000, renewTime };
    const metadata = {
      name: NAME,
      labels: ownLabels(this.#kube.cluster),
      resourceVersion: lease?.metadata.resourceVersion,
    };
    const object = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec };
    const response = lease
      ? await this.#kube.send('PUT', `${COLLECTION}/${NAME}`, object)
      : await this.#kube.send('POST', COLLECTION, object);
    if (response.status === 409) return false;
    if (response.status >= 400) throw refusal(response);
    return true;
  }
}
