import type { Value } from './values.ts';

/** The local variables of one call, and of the call that its function was made in. */
export interface Frame {
  slots: Value[];
  parent: Frame | undefined;
}

/** Where names lie while a function's body is read. Each local has a slot of its own for the whole body. */
export class Scope {
  readonly #blocks: Map<string, number>[] = [new Map()];
  /** Loops around the place that is read. */
  loops = 0;
  size = 0;

  constructor(readonly parent: Scope | undefined) {}

  declare(name: string): number {
    const slot = this.size++;
    (this.#blocks.at(-1) as Map<string, number>).set(name, slot);
    return slot;
  }

  block<T>(read: () => T): T {
    this.#blocks.push(new Map());
    const result = read();
    this.#blocks.pop();
    return result;
  }

  /** How many functions out, and which slot there; undefined for a global. */
  resolve(name: string): { hops: number; slot: number } | undefined {
    for (let i = this.#blocks.length - 1; i >= 0; i--) {
      const slot = this.#blocks[i]?.get(name);
      if (slot !== undefined) return { hops: 0, slot };
    }
    const outer = this.parent?.resolve(name);
    return outer && { hops: outer.hops + 1, slot: outer.slot };
  }
}
