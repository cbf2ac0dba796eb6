export type Sample = readonly [labels: Readonly<Record<string, string>>, value: number, timeMs?: number];

/** One metric family in Prometheus' text format. */
export function family(name: string, type: 'counter' | 'gauge', help: string, samples: readonly Sample[]): string {
  const lines = samples.map(([labels, value, timeMs]) => {
    const pairs = Object.entries(labels).map(([key, text]) => `${key}=${JSON.stringify(text)}`);
    return `${name}${pairs.length === 0 ? '' : `{${pairs.join()}}`} ${value}${timeMs === undefined ? '' : ` ${timeMs}`}\n`;
  });
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}
