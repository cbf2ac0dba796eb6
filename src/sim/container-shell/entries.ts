const GAP = 2;

/** busybox's ls on a terminal: equal columns as wide as the longest name, filled downwards. */
export function evenColumns(names: readonly string[], width: number): string {
  const cell = Math.max(0, ...names.map((name) => name.length)) + GAP;
  const columns = Math.max(1, Math.floor(width / cell));
  return layout(names, Array(columns).fill(cell), Math.ceil(names.length / columns));
}

/** GNU's ls on a terminal: as many columns as fit, each as wide as its own longest name. */
export function snugColumns(names: readonly string[], width: number): string {
  for (let columns = Math.min(names.length, Math.ceil(width / (GAP + 1))); columns > 1; columns--) {
    const rows = Math.ceil(names.length / columns);
    const cells = Array.from(
      { length: Math.ceil(names.length / rows) },
      (_, at) => Math.max(...names.slice(at * rows, (at + 1) * rows).map((name) => name.length)) + GAP,
    );
    if (cells.reduce((sum, cell) => sum + cell, 0) - GAP < width) return layout(names, cells, rows);
  }
  return names.map((name) => `${name}\n`).join('');
}

function layout(names: readonly string[], cells: readonly number[], rows: number): string {
  let text = '';
  for (let row = 0; row < rows; row++) {
    const line = cells.flatMap((_, column) => names[column * rows + row] ?? []);
    text += `${line.map((name, at) => (at === line.length - 1 ? name : name.padEnd(cells[at] as number))).join('')}\n`;
  }
  return text;
}
