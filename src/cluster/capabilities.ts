import { UserError } from '../core/errors.ts';
import type { Cluster } from './cluster.ts';

/** What not every kind of cluster can do. */
export type Capability =
  /** Time passes only while somebody waits, so that waits cost nothing and a long history is made at once. */
  | 'virtual-time'
  /** The same seed gives the same run. */
  | 'repeatable'
  /** The network and containers can be disturbed without anything being installed in the cluster. */
  | 'direct-disturbances';

const CAPABILITIES: Record<Cluster['kind'], readonly Capability[]> = {
  embedded: ['virtual-time', 'repeatable', 'direct-disturbances'],
  kubernetes: [],
};

const REASONS: Record<Capability, string> = {
  'virtual-time': 'the time of a real cluster goes with the wall clock, it cannot be stepped',
  repeatable: 'a real cluster does not give the same run twice',
  'direct-disturbances': 'a real cluster is disturbed by Chaos Mesh, which must be installed there',
};

export function can(kind: Cluster['kind'], capability: Capability): boolean {
  return CAPABILITIES[kind].includes(capability);
}

/** Refuses what this kind of cluster cannot do, with the reason. */
export function requireCapability(kind: Cluster['kind'], capability: Capability, hint: string): void {
  if (!can(kind, capability)) throw new UserError('UNSUPPORTED', REASONS[capability], hint);
}
