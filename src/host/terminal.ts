import { createInterface } from 'node:readline';

/**
 * Reads lines of stdin, one when it is asked for; undefined at the end. A single reader for all lines, because one that is closed
 * takes what a pipe has already delivered with it.
 */
export function lineReader(): (prompt: string) => Promise<string | undefined> {
  let lines: AsyncIterator<string> | undefined;
  return async (prompt) => {
    lines ??= createInterface({ input: process.stdin })[Symbol.asyncIterator]();
    process.stderr.write(prompt);
    const { done, value } = await lines.next();
    return done ? undefined : value;
  };
}
