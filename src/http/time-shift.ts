/**
 * Outside clients live on wall time, the cluster on virtual time. Every RFC 3339 value is moved at the edge, so that
 * they print right ages.
 */
const TIMESTAMP = /"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?Z"/g;
const LOG_STAMP = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?Z /gm;
/** Times before this (the zero time, `1970-01-01T00:00:00Z` of containers that never ran) are no moments and stay. */
const OLDEST_MS = Date.UTC(2000, 0, 1);

function moved(second: string, fraction: string | undefined, byMs: number): string {
  const ms = Date.parse(`${second}Z`);
  if (ms < OLDEST_MS) return `${second}${fraction ?? ''}Z`;
  return `${new Date(ms + byMs).toISOString().slice(0, 19)}${fraction ?? ''}Z`;
}

/** Moves every timestamp that stands as a JSON string by whole seconds. */
export function shiftJson(text: string, byMs: number): string {
  const whole = Math.round(byMs / 1000) * 1000;
  if (whole === 0) return text;
  return text.replace(TIMESTAMP, (_, second: string, fraction?: string) => `"${moved(second, fraction, whole)}"`);
}

/** Moves the stamps that `log?timestamps=true` puts before lines. */
export function shiftLog(text: string, byMs: number): string {
  const whole = Math.round(byMs / 1000) * 1000;
  if (whole === 0) return text;
  return text.replace(LOG_STAMP, (_, second: string, fraction?: string) => `${moved(second, fraction, whole)} `);
}
