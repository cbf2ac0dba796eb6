import { clone, type Json, type KubeObject } from '../../kube/object.ts';
import { quantityNumber } from '../../kube/quantity.ts';
import type { NodeContext } from './node-context.ts';

/** Follows the in-place resizes of one pod: what its containers were given, and what they wait for. */
export class Resizes {
  /** The condition that says why a resize is not carried out; undefined when none waits. */
  pending: { type: 'PodResizePending'; status: 'True'; reason: string; message: string } | undefined;
  readonly #given: Map<string, Json>;
  #running = '';

  constructor(
    readonly node: NodeContext,
    pod: KubeObject,
  ) {
    this.#given = new Map(containersOf(pod.spec).map((c) => [c.name, c.resources ?? {}]));
  }

  /** The pod as the node carries it out: with the resources asked for, or with those it has when they cannot be had. */
  admit(pod: KubeObject): KubeObject {
    const changed = containersOf(pod.spec).filter((c) => !same(c.resources ?? {}, this.#given.get(c.name) ?? {}));
    if (changed.length === 0) {
      this.pending = undefined;
      return pod;
    }
    const message = infeasible(pod.spec, this.node.capacity);
    if (message !== undefined) {
      const text = resizeText(pod, message);
      if (this.pending?.message !== message) this.#tell(pod, 'Warning', 'ResizeInfeasible', `Infeasible: ${text}`);
      this.pending = { type: 'PodResizePending', status: 'True', reason: 'Infeasible', message };
      return this.#asGiven(pod);
    }
    this.pending = undefined;
    for (const { name, resources } of containersOf(pod.spec)) this.#given.set(name, resources ?? {});
    this.#running = resizeText(pod);
    this.#tell(pod, 'Normal', 'ResizeStarted', `started: ${this.#running}`);
    return pod;
  }

  /** All containers run with what they were given. */
  settled(pod: KubeObject): void {
    if (this.#running !== '') this.#tell(pod, 'Normal', 'ResizeCompleted', `completed: ${this.#running}`);
    this.#running = '';
  }

  #asGiven(pod: KubeObject): KubeObject {
    const spec = clone(pod.spec);
    for (const container of containersOf(spec)) container.resources = this.#given.get(container.name) ?? {};
    return { ...pod, spec };
  }

  #tell(pod: KubeObject, type: 'Normal' | 'Warning', reason: string, text: string): void {
    this.node.record(pod, type, reason, `Pod resize ${text}`);
  }
}

function containersOf(spec: Json): Json[] {
  return [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
}

function same(a: Json, b: Json): boolean {
  return ['requests', 'limits'].every((kind) => {
    const names = new Set([...Object.keys(a[kind] ?? {}), ...Object.keys(b[kind] ?? {})]);
    return [...names].every((name) => a[kind]?.[name] === b[kind]?.[name]);
  });
}

/** Requests that are more than the whole node: upstream's words, CPU in thousandths. */
function infeasible(spec: Json, capacity: { cpu: string; memory: string }): string | undefined {
  for (const [name, unit] of [
    ['cpu', 1000],
    ['memory', 1],
  ] as const) {
    const sum = (spec.containers ?? []).reduce(
      (total: number, c: Json) => total + (quantityNumber(c.resources?.requests?.[name]) ?? 0),
      0,
    );
    const has = quantityNumber(capacity[name]) ?? 0;
    if (sum <= has) continue;
    const [requested, available] = [Math.round(sum * unit), Math.round(has * unit)];
    return `Node didn't have enough capacity: ${name}, requested: ${requested}, capacity: ${available}`;
  }
  return undefined;
}

function resizeText(pod: KubeObject, error?: string): string {
  const sorted = (list: Json): Json => Object.fromEntries(Object.entries(list).sort(([a], [b]) => (a < b ? -1 : 1)));
  const containers = (pod.spec.containers ?? []).map(({ name, resources = {} }: Json) => ({
    name,
    resources: Object.fromEntries(
      ['limits', 'requests'].filter((kind) => resources[kind]).map((kind) => [kind, sorted(resources[kind])]),
    ),
  }));
  return JSON.stringify({ containers, generation: pod.metadata.generation, error });
}
