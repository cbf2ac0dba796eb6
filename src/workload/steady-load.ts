import type { KubeClient } from '../cluster/client.ts';
import { BACKGROUND_NAME, LOAD_NAMESPACE } from './wrk2.ts';

/** The steady load as far as an evaluator handles it: it may rest and go on as it was. A load that somebody removed stays removed. */
export class SteadyLoad {
  /** Replicas to go back to. */
  #replicas: number | undefined;

  constructor(readonly kube: KubeClient) {}

  get isPaused(): boolean {
    return this.#replicas !== undefined;
  }

  async pause(): Promise<void> {
    if (this.isPaused) return;
    const found = await this.kube.get('deployments', LOAD_NAMESPACE, BACKGROUND_NAME);
    if (!found) return;
    this.#replicas = found.spec.replicas;
    await this.#scale(0);
  }

  async resume(): Promise<void> {
    if (this.#replicas === undefined) return;
    const replicas = this.#replicas;
    this.#replicas = undefined;
    if (await this.kube.get('deployments', LOAD_NAMESPACE, BACKGROUND_NAME)) await this.#scale(replicas);
  }

  async #scale(replicas: number): Promise<void> {
    await this.kube.patch('deployments', LOAD_NAMESPACE, BACKGROUND_NAME, { spec: { replicas } });
  }
}
