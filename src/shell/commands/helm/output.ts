import type { Json } from '../../../helm/chart.ts';
import { marshalJson } from '../../../helm/functions/encoding.ts';
import { computedValues } from '../../../helm/releases/parts.ts';
import type { Release } from '../../../helm/releases/release.ts';
import { fromJson } from '../../../helm/template/value.ts';
import { emitYaml } from '../../../helm/yaml/emit.ts';

/** gosuri/uitable as Helm prints it: every cell padded to its column, tabs between. */
export function table(rows: readonly (readonly string[])[], columnMax = Number.POSITIVE_INFINITY): string {
  const lineWidth = (cell: string): number => Math.max(...cell.split('\n').map((line) => line.length));
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.min(columnMax, Math.max(...rows.map((row) => lineWidth(row[column] ?? '')))),
  );
  const shape = (cell: string, width: number): string =>
    cell.length > width ? `${cell.slice(0, Math.max(0, width - 3))}...` : cell.padEnd(width);
  return rows.map((row) => `${row.map((cell, i) => shape(cell, widths[i] ?? 0)).join('\t')}\n`).join('');
}

/** JSON in the order of its fields, as Go prints structs; maps inside are sorted by the caller where it matters. */
export function json(value: unknown): string {
  const text = JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? Number(item) : item));
  return `${text.replace(/[<>&]/g, (ch) => `\\u00${ch.charCodeAt(0).toString(16)}`)}\n`;
}

export function yaml(value: unknown): string {
  return emitYaml(fromJson(value));
}

export function sortedJson(value: unknown): string {
  return `${marshalJson(fromJson(value))}\n`;
}

const DAYS = 'Sun Mon Tue Wed Thu Fri Sat'.split(' ');
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** time.ANSIC in UTC. */
export function ansic(rfc3339: string): string {
  const d = new Date(Date.parse(rfc3339));
  const clock = d.toISOString().slice(11, 19);
  return `${DAYS[d.getUTCDay()]} ${MONTHS[d.getUTCMonth()]} ${String(d.getUTCDate()).padStart(2)} ${clock} ${d.getUTCFullYear()}`;
}

/** How `helm list` writes the time of a release. */
export function listTime(rfc3339: string): string {
  return `${rfc3339.replace('T', ' ').replace(/Z$/, '')} +0000 UTC`;
}

export function chartName(release: Release): string {
  return `${release.chart.metadata.name}-${release.chart.metadata.version}`;
}

export function appVersion(release: Release): string {
  const version = release.chart.metadata.appVersion;
  return version === undefined ? '' : String(version);
}

interface StatusParts {
  /** `RESOURCES:` block, already laid out. */
  resources?: string;
  /** Chart lines of `helm get all`. */
  metadata?: boolean;
  /** Hooks and manifest of a dry run. */
  debug?: boolean;
  /** `helm install --dry-run` and `get all` print NOTES after the rest. */
  notes?: boolean;
}

/** The block that install, upgrade and status print. */
export function status(release: Release, parts: StatusParts = {}): string {
  const { info } = release;
  let out = `NAME: ${release.name}\n`;
  if (info.last_deployed) out += `LAST DEPLOYED: ${ansic(info.last_deployed)}\n`;
  out += `NAMESPACE: ${release.namespace}\nSTATUS: ${info.status}\nREVISION: ${release.version}\n`;
  if (parts.metadata) {
    const { name, version } = release.chart.metadata;
    out += `CHART: ${name}\nVERSION: ${version}\nAPP_VERSION: ${appVersion(release)}\n`;
  }
  out += `DESCRIPTION: ${info.description}\n`;
  if (parts.resources) out += `RESOURCES:\n${parts.resources}\n`;
  out += testSuite(release);
  if (parts.debug) out += `HOOKS:\n${hooks(release)}MANIFEST:\n${release.manifest}\n`;
  if (info.notes && parts.notes !== false) out += `NOTES:\n${info.notes.trim()}\n`;
  return out;
}

/** Go's zero time. */
const ZERO_TIME = '0001-01-01T00:00:00Z';

function testSuite(release: Release): string {
  const tests = (release.hooks ?? []).filter((hook) => hook.events.includes('test'));
  if (tests.length === 0) return 'TEST SUITE: None\n';
  return tests
    .filter((hook) => hook.last_run.started_at)
    .map((hook) => {
      const { started_at = '', completed_at = ZERO_TIME, phase } = hook.last_run;
      return `TEST SUITE:     ${hook.name}\nLast Started:   ${ansic(started_at)}\nLast Completed: ${ansic(completed_at)}\nPhase:          ${phase}\n`;
    })
    .join('');
}

export function hooks(release: Release): string {
  return (release.hooks ?? []).map((hook) => `---\n# Source: ${hook.path}\n${hook.manifest}\n`).join('');
}

export function userValues(release: Release): string {
  return `USER-SUPPLIED VALUES:\n${yaml(release.config ?? null)}`;
}

/** `helm get all`. */
export function everything(release: Release): string {
  const head = status(release, { metadata: true, notes: false });
  const values = `${userValues(release)}\nCOMPUTED VALUES:\n${yaml(computedValues(release))}\n`;
  const notes = release.info.notes ? `NOTES:\n${release.info.notes.trim()}\n` : '';
  return `${head}${values}HOOKS:\n${hooks(release)}MANIFEST:\n${release.manifest}\n${notes}`;
}

/** A release as `-o json` shows it: in the order of Go's fields, without the chart. */
export function releaseJson(release: Release): Json {
  const { name, info, config, manifest, hooks: own, version, namespace, apply_method } = release;
  const all = { name, info, config, manifest, hooks: own, version, namespace, apply_method };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}
