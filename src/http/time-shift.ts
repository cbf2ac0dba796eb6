/**
 * Outside clients live on wall time, the cluster on virtual time. Every time of an API object is moved at the edge, so that they print
 * right ages. What people write into annotations and data stays as they wrote it, also when it looks like a time.
 */

/** Fields of type Time and MicroTime, by how the API names them; the annotation is one that a controller writes. */
const FIELD =
  '(?:[A-Za-z]*(?:Time|Timestamp|At)|time|timestamp|timeAdded|batch\\.kubernetes\\.io/cronjob-scheduled-timestamp)';
const VALUE = '(\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d)(\\.\\d+)?(Z|[+-]\\d\\d:\\d\\d)';
const JSON_FIELD = new RegExp(`("${FIELD}"\\s*:\\s*")${VALUE}"`, 'g');
const YAML_FIELD = new RegExp(`^(\\s*(?:- )?${FIELD}:\\s+["']?)${VALUE}(?=["']?\\s*$)`, 'gm');
const LOG_STAMP = new RegExp(`^${VALUE}(?= )`, 'gm');
const WHOLE = new RegExp(`^${VALUE}$`);
/** Times before this (the zero time, `1970-01-01T00:00:00Z` of containers that never ran) are no moments and stay. */
const OLDEST_MS = Date.UTC(2000, 0, 1);

/** Offsets change from one request to the next by less than times are told apart by. */
function wholeSeconds(byMs: number): number {
  return Math.round(byMs / 1000) * 1000;
}

function moved(second: string, fraction: string | undefined, zone: string, byMs: number): string {
  const ms = Date.parse(`${second}${zone}`);
  if (ms < OLDEST_MS || Number.isNaN(ms)) return `${second}${fraction ?? ''}${zone}`;
  return `${new Date(ms + byMs).toISOString().slice(0, 19)}${fraction ?? ''}Z`;
}

type Parts = [before: string, second: string, fraction: string | undefined, zone: string];

/** Moves the times of the objects in a JSON text. */
export function shiftJson(text: string, byMs: number): string {
  const whole = wholeSeconds(byMs);
  if (whole === 0) return text;
  return text.replace(JSON_FIELD, (_, ...[before, second, fraction, zone]: Parts) => {
    return `${before}${moved(second, fraction, zone, whole)}"`;
  });
}

/** The same for YAML, where times are mostly plain. */
export function shiftYaml(text: string, byMs: number): string {
  const whole = wholeSeconds(byMs);
  if (whole === 0) return text;
  const shifted = text.replace(YAML_FIELD, (_, ...[before, second, fraction, zone]: Parts) => {
    return `${before}${moved(second, fraction, zone, whole)}`;
  });
  return shiftJson(shifted, byMs);
}

/** Moves the stamps that `log?timestamps=true` puts before lines. */
export function shiftLog(text: string, byMs: number): string {
  const whole = wholeSeconds(byMs);
  if (whole === 0) return text;
  return text.replace(LOG_STAMP, (_, second: string, fraction: string | undefined, zone: string) =>
    moved(second, fraction, zone, whole),
  );
}

/** Moves the one time that clients put into a query, `sinceTime`. */
export function shiftQuery(url: string, byMs: number): string {
  return url.replace(/([?&]sinceTime=)([^&]+)/, (all, key: string, value: string) => {
    const [, second, fraction, zone] = WHOLE.exec(decodeURIComponent(value)) ?? [];
    if (second === undefined || zone === undefined) return all;
    return key + encodeURIComponent(moved(second, fraction, zone, wholeSeconds(byMs)));
  });
}
