/** `0,2-4` as in status.completedIndexes. */
export function parseIndexes(text: string | undefined): Set<number> {
  const out = new Set<number>();
  for (const part of text ? text.split(',') : []) {
    const [first, last] = part.split('-').map(Number) as [number, number | undefined];
    for (let i = first; i <= (last ?? first); i++) out.add(i);
  }
  return out;
}

/** Runs of three and more are written as ranges; of two as `a,b`. */
export function printIndexes(indexes: ReadonlySet<number>): string {
  const sorted = [...indexes].sort((a, b) => a - b);
  const parts: string[] = [];
  for (let i = 0; i < sorted.length; ) {
    let end = i;
    while (sorted[end + 1] === (sorted[end] as number) + 1) end++;
    if (end - i >= 2) parts.push(`${sorted[i]}-${sorted[end]}`);
    else parts.push(...sorted.slice(i, end + 1).map(String));
    i = end + 1;
  }
  return parts.join(',');
}

/** The lowest free indexes. */
export function nextIndexes(taken: ReadonlySet<number>, completions: number, count: number): number[] {
  const out: number[] = [];
  for (let i = 0; i < completions && out.length < count; i++) if (!taken.has(i)) out.push(i);
  return out;
}
