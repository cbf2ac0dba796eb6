import { KubectlError } from './errors.ts';

type Labels = Record<string, string>;

/** One requirement of a selector as a test, undefined when it is none. */
function requirement(text: string): ((labels: Labels) => boolean) | undefined {
  const set = /^([\w./-]+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(text);
  if (set) {
    const values = set[3]!.split(',').map((value) => value.trim());
    const has = (labels: Labels): boolean => values.includes(labels[set[1]!] ?? '\0');
    return set[2] === 'in' ? has : (labels) => !has(labels);
  }
  const pair = /^([\w./-]+)\s*(==|=|!=)\s*([\w.-]*)$/.exec(text);
  if (pair) return (labels) => (labels[pair[1]!] === pair[3]) === (pair[2] !== '!=');
  const bare = /^(!?)\s*([\w./-]+)$/.exec(text);
  return bare ? (labels) => bare[2]! in labels === (bare[1] === '') : undefined;
}

/** Whether labels meet a selector that kubectl itself evaluates (manifests of -f with -l). */
export function matchesSelector(selector: string, labels: Labels | undefined): boolean {
  return selector
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .every((part) => {
      const test = requirement(part);
      if (!test) throw new KubectlError(`unable to parse requirement: found ${JSON.stringify(part)}`);
      return test(labels ?? {});
    });
}
