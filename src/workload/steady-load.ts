import type { KubeClient } from '../cluster/client.ts';
import type { LoadPlace } from './contract.ts';

/** The steady load as far as an evaluator handles it: it goes on when somebody has stopped it, and may rest. */
export class SteadyLoad {
  /** Replicas to go back to. */
  #replicas: number | undefined;

  constructor(
    readonly kube: KubeClient,
    readonly place: LoadPlace,
  ) {}

  get isPaused(): boolean {
    return this.#replicas !== undefined;
  }

  /** Makes it go on, if somebody has removed it or scaled it away; `start` makes it anew. */
  async ensure(start: () => Promise<void>): Promise<void> {
    const found = await this.kube.get('deployments', this.place.namespace, this.place.steady);
    if (!found) await start();
    else if (found.spec.replicas === 0) await this.#scale(1);
  }

  async pause(): Promise<void> {
    if (this.isPaused) return;
    const found = await this.kube.get('deployments', this.place.namespace, this.place.steady);
    if (!found) return;
    this.#replicas = found.spec.replicas;
    await this.#scale(0);
  }

  async resume(): Promise<void> {
    if (this.#replicas === undefined) return;
    const replicas = this.#replicas;
    this.#replicas = undefined;
    if (await this.kube.get('deployments', this.place.namespace, this.place.steady)) await this.#scale(replicas);
  }

  async #scale(replicas: number): Promise<void> {
    await this.kube.patch('deployments', this.place.namespace, this.place.steady, { spec: { replicas } });
  }
}
