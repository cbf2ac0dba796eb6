import type { Json, KubeObject } from '../../../kube/object.ts';
import type { ApiClient } from '../../api/api.ts';
import type { SimNetwork } from '../../net/network.ts';
import type { World } from '../../world.ts';

/** A failure of selecting or injecting: its text stands in records and events. */
export class ChaosError extends Error {
  override readonly name = 'ChaosError';
}

/** What the controller and its daemons can reach: the API, and on each node the runtime and the pods' network namespaces. */
export interface ChaosHost {
  world: World;
  api: ApiClient;
  network: Pick<SimNetwork, 'disturb'>;
  /** Kills a container's processes; false when it does not run. */
  killContainer(podUid: string, container: string): boolean;
}

/** One target of an experiment, as its status tells it. */
export interface ChaosRecord {
  id: string;
  /** `.` for the targets of `spec.selector`, `.Target` for those of `spec.target`. */
  selectorKey: string;
  phase: 'Not Injected' | 'Injected';
  injectedCount: number;
  recoveredCount: number;
  events?: Json[];
}

/** What a kind of chaos does to its targets. Errors are ChaosError or ApiError; they are told and tried again. */
export interface ChaosAction {
  /** Done once at the start; it is never recovered and knows no duration. */
  oneShot(chaos: KubeObject): boolean;
  /** Defaults that the webhook fills in, in place. */
  setDefaults(spec: Json): void;
  /** Ids by selector key. */
  select(host: ChaosHost, chaos: KubeObject): Record<string, string[]>;
  apply(host: ChaosHost, chaos: KubeObject, record: ChaosRecord): void;
  recover(host: ChaosHost, chaos: KubeObject, record: ChaosRecord): void;
}

export function podId({ metadata }: KubeObject): string {
  return `${metadata.namespace}/${metadata.name}`;
}

/** The pod of a record; undefined when it is gone. */
export function podOf({ api }: ChaosHost, { id }: ChaosRecord): KubeObject | undefined {
  const [namespace, name = ''] = id.split('/');
  return api.get('v1/Pod', namespace, name);
}

const DAEMON = { matchLabels: { 'app.kubernetes.io/component': 'chaos-daemon' } };

/** What is done on a pod's node is done by the daemon there. */
export function assertDaemon({ api }: ChaosHost, { spec }: KubeObject): void {
  const runs = api
    .list('v1/Pod', undefined, DAEMON)
    .some((one) => one.spec.nodeName === spec.nodeName && one.status?.phase === 'Running');
  if (!runs) throw new ChaosError(`cannot find daemonIP on node ${spec.nodeName} in related Endpoints`);
}

/** The namespace of the experiment, where the selector names none. */
export function defaultNamespace(selector: Json, namespace: string | undefined): void {
  if (!selector.namespaces?.length) selector.namespaces = [namespace];
}

/** Go's `time.ParseDuration` of what the schema lets pass, in ms. */
export function durationMs(text: string): number {
  const units: Record<string, number> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
  let total = 0;
  for (const [, number, unit] of text.matchAll(/(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)/g))
    total += Number(number) * (units[unit as string] as number);
  return total;
}
