import type { CustomCommand } from 'just-bash';
import type { Cluster } from '../../cluster/cluster.ts';
import type { Prng } from '../../core/prng.ts';
import type { Os } from '../../sim/process/os.ts';
import type { World } from '../../sim/world.ts';
import type { JqEngine } from '../commands/jq.ts';
import type { Client } from '../kubectl/client.ts';
import type { ShellNetwork } from '../network.ts';
import type { MachineClock } from './clock.ts';

/** What the programs of one machine share. */
export interface MachineSetup {
  cluster: Cluster;
  client: Client;
  network: ShellNetwork;
  clock: MachineClock;
  rng: Prng;
  kubectlCostMs: number;
  jq: JqEngine | undefined;
  /** Programs that the embedder brings, by name. */
  extra: ReadonlyMap<string, CustomCommand>;
  /** Takes what is no fault of the agent's: the call fails with it. */
  fault(error: unknown): void;
}

/** All machines run the same programs; each program finds its machine by the world that it runs in. */
const setups = new WeakMap<World, MachineSetup>();

export function furnish(world: World, setup: MachineSetup): void {
  setups.set(world, setup);
}

export function setupOf(os: Os): MachineSetup {
  const setup = setups.get(os.main.world);
  if (!setup) throw new Error('the program runs outside of an agent’s machine');
  return setup;
}
