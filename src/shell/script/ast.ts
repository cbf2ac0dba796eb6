import { parse } from 'just-bash';

export type ParameterOperation = object;

/** A node of just-bash's documented syntax tree, open for rewriting. */
export interface ShellNode {
  type?: string;
  [field: string]: unknown;
}

export interface ShellScript extends ShellNode {
  statements: ShellNode[];
}

/** Parses shell text; throws just-bash's ParseException. */
export function parseScript(text: string): ShellScript {
  return parse(text) as unknown as ShellScript;
}
