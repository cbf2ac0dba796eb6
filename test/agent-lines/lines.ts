import { readFileSync } from 'node:fs';

/**
 * What agents type, one call each, in order, on one cluster: a line of lines.txt, or the lines between `<<<<` and `>>>>`.
 * `recorded.json` holds what bash with the real kubectl answered (`npx tsx test/agent-lines/record.ts`, on Linux).
 */
export const lines: string[] = [];
let block: string[] | undefined;
for (const line of readFileSync(new URL('lines.txt', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')) {
  if (line === '<<<<') block = [];
  else if (line === '>>>>') {
    lines.push((block as string[]).join('\n'));
    block = undefined;
  } else if (block) block.push(line);
  else lines.push(line);
}
