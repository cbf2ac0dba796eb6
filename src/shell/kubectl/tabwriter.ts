/** Text width in code points, as Go's tabwriter counts it. */
function width(text: string): number {
  let n = 0;
  for (const _ of text) n++;
  return n;
}

interface Options {
  minWidth: number;
  padding: number;
  /** Keeps column widths from one flush to the next (kubectl's watch output). */
  remember?: boolean;
}

/**
 * Elastic tabstops as Go's text/tabwriter lays them out: a cell is text that a tab ends, a column is a run of
 * neighbouring lines that have such a cell there.
 */
export class TabWriter {
  #text = '';
  #out = '';
  readonly #options: Options;
  readonly #kept: number[] = [];

  constructor(options: Options) {
    this.#options = options;
  }

  write(text: string): void {
    this.#text += text;
  }

  flush(): void {
    if (this.#text === '') return;
    const endsOpen = !this.#text.endsWith('\n');
    const lines = this.#text.split('\n').map((line) => line.split('\t'));
    if (!endsOpen) lines.pop();
    this.#text = '';
    const rows: string[] = [];
    this.#format(lines, 0, lines.length, [], rows);
    this.#out += rows.join('\n') + (endsOpen ? '' : '\n');
  }

  /** All that was flushed since the last call. */
  take(): string {
    this.flush();
    const out = this.#out;
    this.#out = '';
    return out;
  }

  #format(lines: string[][], from: number, to: number, widths: number[], rows: string[]): void {
    const column = widths.length;
    let start = from;
    for (let at = from; at < to; at++) {
      if (column >= lines[at]!.length - 1) continue;
      this.#print(lines, start, at, widths, rows);
      start = at;
      let wide = this.#options.minWidth;
      for (; at < to && column < lines[at]!.length - 1; at++)
        wide = Math.max(wide, width(lines[at]![column]!) + this.#options.padding);
      if (this.#options.remember) {
        wide = Math.max(wide, this.#kept[column] ?? 0);
        this.#kept[column] = wide;
      }
      this.#format(lines, start, at, [...widths, wide], rows);
      start = at;
    }
    this.#print(lines, start, to, widths, rows);
  }

  #print(lines: string[][], from: number, to: number, widths: number[], rows: string[]): void {
    for (let at = from; at < to; at++) {
      let row = '';
      for (const [column, cell] of lines[at]!.entries()) {
        row += cell;
        const wide = widths[column];
        if (wide !== undefined && column < lines[at]!.length - 1) row += ' '.repeat(Math.max(0, wide - width(cell)));
      }
      rows.push(row);
    }
  }
}

/** The writer of `kubectl get`. */
export const tableWriter = (): TabWriter => new TabWriter({ minWidth: 6, padding: 3, remember: true });

/** Go prints columns also for lines whose last cell is shorter; `kubectl describe` uses width 0 and padding 2. */
export const describeWriter = (): TabWriter => new TabWriter({ minWidth: 0, padding: 2 });
