/** One line of the bench's table. */
export interface Row {
  what: string;
  value: string;
  /** What the design asks for; empty for yardsticks. */
  target: string;
}

/** Measures something and gives its rows; a figure that cannot be trusted throws. */
export type Measure = () => Promise<Row[]>;

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] as number;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

export const ms = (value: number): string => `${value < 10 ? value.toFixed(2) : Math.round(value)} ms`;

/** Wall time of each of `times` runs, in ms. */
export async function timed(times: number, run: (index: number) => unknown): Promise<number[]> {
  const took: number[] = [];
  for (let i = 0; i < times; i++) {
    const start = performance.now();
    await run(i);
    took.push(performance.now() - start);
  }
  return took;
}
