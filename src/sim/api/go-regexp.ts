import { RE2JS } from 're2js';

/** A regular expression as Go reads it: in linear time, whatever the pattern. */
export interface GoRegExp {
  test(text: string): boolean;
  /** All matches that do not overlap. */
  all(text: string): string[];
}

const KEPT_MAX = 500;
const kept = new Map<string, GoRegExp | string>();

/** Compiles a pattern; the text of the error, in Go's words, when it is none. */
export function goRegExp(pattern: string): GoRegExp | string {
  let found = kept.get(pattern);
  if (found === undefined) {
    if (kept.size >= KEPT_MAX) kept.clear();
    found = compile(pattern);
    kept.set(pattern, found);
  }
  return found;
}

function compile(pattern: string): GoRegExp | string {
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(pattern);
  } catch (error) {
    return (error as Error).message;
  }
  return {
    test: (text) => compiled.matcher(text).find(),
    all(text) {
      const matcher = compiled.matcher(text);
      const out: string[] = [];
      while (matcher.find()) out.push(matcher.group() ?? '');
      return out;
    },
  };
}
