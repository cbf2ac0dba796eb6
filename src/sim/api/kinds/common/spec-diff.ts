import type { Json } from '../../../../kube/object.ts';
import { type InternalType, internalShape } from './internal-shape.ts';

const CONTEXT = 3;

/**
 * The difference that the server appends to "may not change fields other than …": a unified diff of both values as JSON with
 * one blank of indentation, in the shape of the server's own type. Without a type only the fields that are set are listed,
 * so that line numbers are smaller than upstream's.
 */
export function specDiff(before: Json, after: Json, type?: InternalType): string {
  const a = lines(internalShape(type, before));
  const b = lines(internalShape(type, after));
  return hunks(edits(a, b)).join('');
}

function lines(value: Json): string[] {
  return JSON.stringify(value, undefined, 1).split('\n');
}

interface Edit {
  mark: ' ' | '-' | '+';
  text: string;
  /** Line numbers (from 0) before this edit. */
  a: number;
  b: number;
}

/** The shortest way from one text to the other; what goes is named before what comes. */
function edits(a: readonly string[], b: readonly string[]): Edit[] {
  const width = b.length + 1;
  const common = new Uint16Array((a.length + 1) * width);
  const at = (i: number, j: number): number => common[i * width + j] as number;
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      common[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const out: Edit[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) out.push({ mark: ' ', text: a[i] as string, a: i++, b: j++ });
    else if (i < a.length && (j === b.length || at(i + 1, j) >= at(i, j + 1)))
      out.push({ mark: '-', text: a[i] as string, a: i++, b: j });
    else out.push({ mark: '+', text: b[j] as string, a: i, b: j++ });
  }
  return out;
}

function hunks(all: readonly Edit[]): string[] {
  const out: string[] = [];
  let next = all.findIndex((edit) => edit.mark !== ' ');
  while (next >= 0) {
    const start = Math.max(0, next - CONTEXT);
    let last = next;
    for (let i = next; i < all.length && i <= last + 2 * CONTEXT; i++) if (all[i]?.mark !== ' ') last = i;
    const end = Math.min(all.length, last + CONTEXT + 1);
    const part = all.slice(start, end);
    const first = part[0] as Edit;
    const sizeA = part.filter((edit) => edit.mark !== '+').length;
    const sizeB = part.filter((edit) => edit.mark !== '-').length;
    const body = part.map(({ mark, text }) => `${mark}${text}\n`).join('');
    out.push(`@@ -${first.a + 1},${sizeA} +${first.b + 1},${sizeB} @@\n${body}`);
    next = all.findIndex((edit, index) => index >= end && edit.mark !== ' ');
  }
  return out;
}
