import type { NetNamespace } from '../net/net.ts';
import { Signal } from '../process/task.ts';

/** Pods by namespace and labels (an equality selector). */
export interface DisturbanceTarget {
  namespace: string;
  labels: Readonly<Record<string, string>>;
  /** Only pods for which this says yes; absent: also pods that match later. */
  only?: (pod: NonNullable<NetNamespace['pod']>) => boolean;
  /** Only what goes to (for a partition also: comes from) these peers; absent: all traffic. */
  toward?: (peer: NetNamespace) => boolean;
}

/** What tc or iptables would do to the traffic of one pod. */
export interface EgressConditions {
  /** Share of sent packets that is lost, 0..1, each packet by itself. */
  loss: number;
  delayMs: number;
  jitterMs: number;
  /** Nothing comes in or goes out. */
  partitioned: boolean;
}

export interface ActiveDisturbance {
  remove(): void;
}

interface Entry {
  target: DisturbanceTarget;
  apply(conditions: EgressConditions): void;
}

/** What holds for a pod: towards everybody, and what only some of its peers meet. */
interface Known {
  all: EgressConditions | undefined;
  some: readonly Entry[];
}

/** Network disturbances of pods, as netem and iptables rules in their network namespaces cause them. Each is removable. */
export class NetworkDisturbances {
  readonly #entries = new Set<Entry>();
  #cache = new WeakMap<NetNamespace, Known>();
  /** Fires when a disturbance comes or goes. */
  readonly changed = new Signal();

  /** True when nothing is disturbed anywhere: the network's fast path. */
  get none(): boolean {
    return this.#entries.size === 0;
  }

  /**
   * Loses a share (0..1) of what the pods send. `correlated` (netem's correlation of 100 %, Chaos Mesh's default in these drills) makes
   * each packet share the fate of the one before: all or nothing for the whole time; the likelier of the two is taken.
   */
  loss(target: DisturbanceTarget, share: number, options: { correlated?: boolean } = {}): ActiveDisturbance {
    const correlated = options.correlated ?? true;
    const effective = correlated ? (share >= 0.5 ? 1 : 0) : share;
    return this.#add({
      target,
      apply(conditions) {
        conditions.loss = 1 - (1 - conditions.loss) * (1 - effective);
      },
    });
  }

  delay(target: DisturbanceTarget, delayMs: number, jitterMs = 0): ActiveDisturbance {
    return this.#add({
      target,
      apply(conditions) {
        conditions.delayMs += delayMs;
        conditions.jitterMs += jitterMs;
      },
    });
  }

  partition(target: DisturbanceTarget): ActiveDisturbance {
    return this.#add({
      target,
      apply(conditions) {
        conditions.partitioned = true;
      },
    });
  }

  /** What holds for the namespace's traffic with the peer now; undefined when it is undisturbed. */
  of(ns: NetNamespace, peer: NetNamespace): EgressConditions | undefined {
    if (this.#entries.size === 0 || !ns.pod) return undefined;
    let known = this.#cache.get(ns);
    if (known === undefined) {
      known = this.#compute(ns.pod);
      this.#cache.set(ns, known);
    }
    if (known.some.length === 0) return known.all;
    const met = known.some.filter(({ target }) => target.toward?.(peer));
    if (met.length === 0) return known.all;
    return combined(met, known.all);
  }

  #compute(pod: NonNullable<NetNamespace['pod']>): Known {
    const matching = [...this.#entries].filter(({ target }) => matches(target, pod));
    const all = matching.filter(({ target }) => !target.toward);
    return {
      all: all.length === 0 ? undefined : combined(all),
      some: matching.filter(({ target }) => target.toward),
    };
  }

  #add(entry: Entry): ActiveDisturbance {
    this.#entries.add(entry);
    this.#invalidate();
    return {
      remove: () => {
        if (this.#entries.delete(entry)) this.#invalidate();
      },
    };
  }

  #invalidate(): void {
    this.#cache = new WeakMap();
    this.changed.fire();
  }
}

function combined(entries: readonly Entry[], base?: EgressConditions): EgressConditions {
  const conditions = base ? { ...base } : { loss: 0, delayMs: 0, jitterMs: 0, partitioned: false };
  for (const entry of entries) entry.apply(conditions);
  return conditions;
}

function matches(target: DisturbanceTarget, pod: NonNullable<NetNamespace['pod']>): boolean {
  if (pod.namespace !== target.namespace) return false;
  for (const key in target.labels) if (pod.labels[key] !== target.labels[key]) return false;
  return target.only ? target.only(pod) : true;
}
