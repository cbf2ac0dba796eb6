/**
 * Go's sort.Sort, step for step: it is not stable, so only the same steps put equal items into the same order.
 * Pattern-defeating quicksort as Go 1.19 and later has it (src/sort/zsortinterface.go).
 */
export function goSort<T>(items: readonly T[], less: (a: T, b: T) => boolean): T[] {
  const data = [...items];
  new Sorter(data, less).run();
  return data;
}

const INSERTION_MAX = 12;
const NINTHER_MIN = 50;
const PIVOT_MIN = 8;
const SWAPS_MAX = 12;
const PARTIAL_STEPS = 5;
const SHIFT_MIN = 50;

type Hint = 'unknown' | 'increasing' | 'decreasing';

class Sorter<T> {
  constructor(
    readonly data: T[],
    readonly before: (a: T, b: T) => boolean,
  ) {}

  run(): void {
    const n = this.data.length;
    this.#quick(0, n, n === 0 ? 0 : 32 - Math.clz32(n));
  }

  #less(i: number, j: number): boolean {
    return this.before(this.data[i]!, this.data[j]!);
  }

  #swap(i: number, j: number): void {
    const kept = this.data[i]!;
    this.data[i] = this.data[j]!;
    this.data[j] = kept;
  }

  #insertion(a: number, b: number): void {
    for (let i = a + 1; i < b; i++) for (let j = i; j > a && this.#less(j, j - 1); j--) this.#swap(j, j - 1);
  }

  #siftDown(lo: number, hi: number, first: number): void {
    for (let root = lo; ; ) {
      let child = 2 * root + 1;
      if (child >= hi) return;
      if (child + 1 < hi && this.#less(first + child, first + child + 1)) child++;
      if (!this.#less(first + root, first + child)) return;
      this.#swap(first + root, first + child);
      root = child;
    }
  }

  #heap(a: number, b: number): void {
    const hi = b - a;
    for (let i = Math.floor((hi - 1) / 2); i >= 0; i--) this.#siftDown(i, hi, a);
    for (let i = hi - 1; i >= 0; i--) {
      this.#swap(a, a + i);
      this.#siftDown(0, i, a);
    }
  }

  #quick(from: number, to: number, depth: number): void {
    let [a, b, limit] = [from, to, depth];
    let [balanced, partitioned] = [true, true];
    for (;;) {
      const length = b - a;
      if (length <= INSERTION_MAX || limit === 0) {
        if (limit === 0 && length > INSERTION_MAX) this.#heap(a, b);
        else this.#insertion(a, b);
        return;
      }
      if (!balanced) {
        this.#breakPatterns(a, b);
        limit--;
      }
      let { pivot, hint } = this.#choosePivot(a, b);
      if (hint === 'decreasing') {
        for (let i = a, j = b - 1; i < j; i++, j--) this.#swap(i, j);
        pivot = b - 1 - (pivot - a);
        hint = 'increasing';
      }
      if (balanced && partitioned && hint === 'increasing' && this.#partialInsertion(a, b)) return;
      if (a > 0 && !this.#less(a - 1, pivot)) {
        a = this.#partitionEqual(a, b, pivot);
        continue;
      }
      const { mid, already } = this.#partition(a, b, pivot);
      partitioned = already;
      const [left, right] = [mid - a, b - mid];
      const threshold = Math.floor(length / 8);
      if (left < right) {
        balanced = left >= threshold;
        this.#quick(a, mid, limit);
        a = mid + 1;
      } else {
        balanced = right >= threshold;
        this.#quick(mid + 1, b, limit);
        b = mid;
      }
    }
  }

  #partition(a: number, b: number, pivot: number): { mid: number; already: boolean } {
    this.#swap(a, pivot);
    let [i, j] = [a + 1, b - 1];
    while (i <= j && this.#less(i, a)) i++;
    while (i <= j && !this.#less(j, a)) j--;
    if (i > j) {
      this.#swap(j, a);
      return { mid: j, already: true };
    }
    this.#swap(i++, j--);
    for (;;) {
      while (i <= j && this.#less(i, a)) i++;
      while (i <= j && !this.#less(j, a)) j--;
      if (i > j) break;
      this.#swap(i++, j--);
    }
    this.#swap(j, a);
    return { mid: j, already: false };
  }

  #partitionEqual(a: number, b: number, pivot: number): number {
    this.#swap(a, pivot);
    let [i, j] = [a + 1, b - 1];
    for (;;) {
      while (i <= j && !this.#less(a, i)) i++;
      while (i <= j && this.#less(a, j)) j--;
      if (i > j) return i;
      this.#swap(i++, j--);
    }
  }

  #partialInsertion(a: number, b: number): boolean {
    let i = a + 1;
    for (let step = 0; step < PARTIAL_STEPS; step++) {
      while (i < b && !this.#less(i, i - 1)) i++;
      if (i === b) return true;
      if (b - a < SHIFT_MIN) return false;
      this.#swap(i, i - 1);
      if (i - a >= 2) for (let j = i - 1; j >= 1 && this.#less(j, j - 1); j--) this.#swap(j, j - 1);
      if (b - i >= 2) for (let j = i + 1; j < b && this.#less(j, j - 1); j++) this.#swap(j, j - 1);
    }
    return false;
  }

  /** Exchanges three items by a xorshift that is seeded with the length. */
  #breakPatterns(a: number, b: number): void {
    const length = b - a;
    if (length < 8) return;
    let random = BigInt(length);
    const modulus = 1 << (32 - Math.clz32(length));
    const at = a + Math.floor(length / 4) * 2 - 1;
    for (let i = 0; i < 3; i++) {
      random ^= BigInt.asUintN(64, random << 13n);
      random ^= random >> 7n;
      random ^= BigInt.asUintN(64, random << 17n);
      let other = Number(BigInt.asUintN(32, random) & BigInt(modulus - 1));
      if (other >= length) other -= length;
      this.#swap(at + i, a + other);
    }
  }

  #choosePivot(a: number, b: number): { pivot: number; hint: Hint } {
    const length = b - a;
    const state = { swaps: 0 };
    const quarter = Math.floor(length / 4);
    let [i, j, k] = [a + quarter, a + quarter * 2, a + quarter * 3];
    if (length >= PIVOT_MIN) {
      if (length >= NINTHER_MIN)
        [i, j, k] = [i, j, k].map((one) => this.#median(one - 1, one, one + 1, state)) as [number, number, number];
      j = this.#median(i, j, k, state);
    }
    if (state.swaps === 0) return { pivot: j, hint: 'increasing' };
    return { pivot: j, hint: state.swaps === SWAPS_MAX ? 'decreasing' : 'unknown' };
  }

  #median(a: number, b: number, c: number, state: { swaps: number }): number {
    let [x, y, z] = [a, b, c];
    if (this.#less(y, x)) {
      state.swaps++;
      [x, y] = [y, x];
    }
    if (this.#less(z, y)) {
      state.swaps++;
      [y, z] = [z, y];
    }
    if (this.#less(y, x)) {
      state.swaps++;
      [x, y] = [y, x];
    }
    return y;
  }
}
