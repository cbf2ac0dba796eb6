import { limits } from '../core/limits.ts';

/**
 * Cuts a long answer on line ends, keeping head and tail, and says what was cut and how to get the rest. Control characters that
 * terminals act on are kept (logs have colours); NUL and the like, which break clients, are shown as `\x00`.
 */
export function budget(text: string, tool: string, charsMax: number = limits.toolOutputCharsDefault): string {
  const clean = text.replace(
    /[\x00-\x08\x0b\x0c\x0e-\x1a]/g,
    (ch) => `\\x${ch.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
  if (clean.length <= charsMax) return clean;
  const head = cutAfterLine(clean.slice(0, Math.floor(charsMax * 0.6)));
  const tail = cutBeforeLine(clean.slice(clean.length - Math.floor(charsMax * 0.35)));
  const middle = clean.slice(head.length, clean.length - tail.length);
  const lines = middle.split('\n').length - 1;
  const total = clean.split('\n').length;
  return `${head}[… ${middle.length} characters in ${lines} of ${total} lines left out. ${advice(tool)} …]\n${tail}`;
}

function advice(tool: string): string {
  if (tool === 'exec_shell') return 'Narrow it down with grep, head, tail, or kubectl’s --tail, --since, -l, -o';
  if (tool === 'get_logs') return 'For the rest: exec_shell with kubectl logs --tail, --since or | grep';
  return 'The file is in the agent’s file system: read parts of it by exec_shell with awk, grep, head';
}

function cutAfterLine(text: string): string {
  const end = text.lastIndexOf('\n');
  return end > text.length / 2 ? text.slice(0, end + 1) : `${text}\n`.slice(0, text.length);
}

function cutBeforeLine(text: string): string {
  const start = text.indexOf('\n');
  return start >= 0 && start < text.length / 2 ? text.slice(start + 1) : text;
}
