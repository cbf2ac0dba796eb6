import type { Json, KubeObject } from '../../../kube/object.ts';
import type { ActiveDisturbance, DisturbanceTarget } from '../../disturb/disturbances.ts';
import {
  assertDaemon,
  type ChaosAction,
  ChaosError,
  type ChaosHost,
  type ChaosRecord,
  durationMs,
  podId,
  podOf,
} from './action.ts';
import { selectPods } from './select.ts';

const SOURCE = '.';
const TARGET = '.Target';

/** What lies on the nodes, by experiment and record: rules outlive the controller that made them. */
const rules = new WeakMap<ChaosHost['network'], Map<string, ActiveDisturbance[]>>();

/**
 * NetworkChaos: rules of tc and iptables on what pods send. With `target`, only traffic between the two sets of pods is meant, in the
 * `direction` that is seen from the selected ones; the addresses are those of the pods at the time.
 */
export const networkChaos: ChaosAction = {
  oneShot: () => false,
  setDefaults(spec) {
    spec.direction ??= 'to';
    if (spec.delay) {
      spec.delay.jitter ??= '0ms';
      spec.delay.correlation ??= '0';
    }
  },
  select({ api, world }, { spec }) {
    const rng = world.rng('chaos-mesh/select');
    const sources = { [SOURCE]: selectPods(api, rng, spec).map(podId) };
    return spec.target ? { ...sources, [TARGET]: selectPods(api, rng, spec.target).map(podId) } : sources;
  },
  apply(host, chaos, record) {
    const pod = podOf(host, record);
    if (!pod) throw new ChaosError(`Pod "${record.id.split('/')[1]}" not found`);
    if (!pod.status?.podIP) throw new ChaosError(`pod ${record.id} has no network yet`);
    const held = rules.get(host.network) ?? new Map<string, ActiveDisturbance[]>();
    rules.set(host.network, held);
    held.set(ruleKey(chaos, record), disturb(host, chaos, record, pod));
  },
  recover(host, chaos, record) {
    const held = rules.get(host.network);
    for (const rule of held?.get(ruleKey(chaos, record)) ?? []) rule.remove();
    held?.delete(ruleKey(chaos, record));
  },
};

function ruleKey(chaos: KubeObject, { selectorKey, id }: ChaosRecord): string {
  return `${chaos.metadata.uid} ${selectorKey} ${id}`;
}

function disturb(host: ChaosHost, chaos: KubeObject, record: ChaosRecord, pod: KubeObject): ActiveDisturbance[] {
  assertDaemon(host, pod);
  const { spec } = chaos;
  const sends = record.selectorKey === SOURCE ? spec.direction !== 'from' : spec.direction !== 'to';
  if (!sends) return [];
  const { uid, namespace } = pod.metadata;
  const target: DisturbanceTarget = { namespace: namespace as string, labels: {}, only: (one) => one.uid === uid };
  if (spec.target) {
    const peers = addressesOf(host, chaos, record.selectorKey === SOURCE ? TARGET : SOURCE);
    target.toward = (peer) => peers.has(peer.ip);
  }
  return [ruleOf(host, spec, target)];
}

function addressesOf({ api }: ChaosHost, chaos: KubeObject, selectorKey: string): Set<string> {
  const records: ChaosRecord[] = chaos.status?.experiment?.containerRecords ?? [];
  const peers = records.filter((one) => one.selectorKey === selectorKey).map(({ id }) => id.split('/'));
  return new Set(peers.map(([namespace, name = '']) => api.get('v1/Pod', namespace, name)?.status?.podIP));
}

function ruleOf({ network: { disturb: rule } }: ChaosHost, spec: Json, target: DisturbanceTarget): ActiveDisturbance {
  const share = (percent: string): number => Number(percent) / 100;
  const correlated = (correlation: string | undefined): boolean => Number(correlation ?? 0) >= 100;
  switch (spec.action) {
    case 'delay':
      return rule.delay(target, durationMs(spec.delay.latency), durationMs(spec.delay.jitter));
    case 'loss':
      return rule.loss(target, share(spec.loss.loss), { correlated: correlated(spec.loss.correlation) });
    // a packet with a wrong checksum is dropped where it arrives
    case 'corrupt':
      return rule.loss(target, share(spec.corrupt.corrupt), { correlated: correlated(spec.corrupt.correlation) });
    case 'partition':
      return rule.loss(target, 1);
    default:
      throw new ChaosError(`action ${spec.action} is not supported by this cluster`);
  }
}
