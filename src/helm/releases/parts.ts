import type { Chart, Json } from '../chart.ts';
import { coalesceTables, coalesceValues } from '../values.ts';
import { type Release, unstoreChart } from './release.ts';

/** Computed values of a stored release: `helm get values --all`. */
export function computedValues(release: Release): Json {
  return coalesceValues(unstoreChart(release.chart), release.config ?? {});
}

/** What an upgrade takes over from the release before. */
export interface ReusePolicy {
  reuseValues?: boolean;
  resetValues?: boolean;
  resetThenReuseValues?: boolean;
}

/** The user's values of an upgrade, and the chart with the defaults that they are laid over. */
export function reuseValues(
  chart: Chart,
  base: Release,
  given: Json,
  options: ReusePolicy,
): { user: Json; source: Chart } {
  const old = base.config ?? {};
  if (options.resetValues) return { user: given, source: chart };
  if (options.reuseValues) {
    const values = computedValues(base);
    return { user: coalesceTables(given, old), source: { ...chart, values } };
  }
  if (options.resetThenReuseValues) return { user: coalesceTables(given, old), source: chart };
  return { user: Object.keys(given).length === 0 ? old : given, source: chart };
}

/** NOTES.txt of the chart itself; those of sub-charts are left out, as without --render-subchart-notes. */
export function takeNotes(
  rendered: Record<string, string>,
  chart: string,
  subNotes: boolean,
): { notes: string; templates: Record<string, string> } {
  const templates: Record<string, string> = {};
  const notes: string[] = [];
  for (const [path, text] of Object.entries(rendered)) {
    if (!path.endsWith('NOTES.txt')) templates[path] = text;
    else if (subNotes || path === `${chart}/templates/NOTES.txt`) notes.push(text);
  }
  return { notes: notes.join('\n'), templates };
}
