/** The agent's file system as far as telemetry exports need it. */
export interface AgentFiles {
  write(path: string, content: string): Promise<void>;
  /** Undefined when there is no such file. */
  read(path: string): Promise<string | undefined>;
}

/** Where exports land, below the agent's home. */
export const EXPORT_ROOT = '/home/agent';

/** Prints CSV as an aligned table without an index: numbers and texts right-aligned, two blanks between columns. */
export function csvToTable(csv: string): string {
  const rows = csv.trimEnd().split('\n').map(parseCsvLine);
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  }
  return `${rows.map((row) => row.map((cell, i) => cell.padStart(widths[i] ?? 0)).join('  ')).join('\n')}\n`;
}

function parseCsvLine(line: string): string[] {
  const cells: string[] = [];
  for (const match of line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)) {
    cells.push(match[1] === undefined ? (match[2] ?? '') : match[1].replaceAll('""', '"'));
  }
  return cells;
}

export function csvCell(value: string | number | boolean): string {
  const text = String(value);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** `YYYYmmdd_HHMMSS` in UTC. */
export function stamp(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replaceAll('-', '').replaceAll(':', '').replace('T', '_');
}
