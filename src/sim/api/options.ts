import type { FieldError } from '../../kube/status.ts';
import { badRequest, invalid } from './errors.ts';
import { queryBool } from './path.ts';

export interface ListOptions {
  labelSelector: string;
  fieldSelector: string;
  limit: number;
  continueToken: string;
  resourceVersion: string;
  resourceVersionMatch: string;
  watch: boolean;
  allowWatchBookmarks: boolean;
  sendInitialEvents: boolean;
  /** Virtual seconds; 0 when not given. */
  timeoutSeconds: number;
}

function integer(query: URLSearchParams, name: string): number {
  const text = query.get(name);
  if (text === null || text === '') return 0;
  if (!/^[+-]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

/** Reads and checks metav1.ListOptions from a query. */
export function parseListOptions(query: URLSearchParams): ListOptions {
  const options: ListOptions = {
    labelSelector: query.get('labelSelector') ?? '',
    fieldSelector: query.get('fieldSelector') ?? '',
    limit: integer(query, 'limit'),
    continueToken: query.get('continue') ?? '',
    resourceVersion: query.get('resourceVersion') ?? '',
    resourceVersionMatch: query.get('resourceVersionMatch') ?? '',
    watch: queryBool(query, 'watch'),
    allowWatchBookmarks: queryBool(query, 'allowWatchBookmarks'),
    sendInitialEvents: queryBool(query, 'sendInitialEvents'),
    timeoutSeconds: integer(query, 'timeoutSeconds'),
  };
  const errors = options.watch ? watchErrors(options, query) : listErrors(options, query);
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors);
  return options;
}

const forbid = (field: string, detail: string): FieldError => ({ type: 'FieldValueForbidden', field, detail });

function unsupportedMatch(value: string, supported: string): FieldError {
  const detail = `supported values: ${supported}`;
  return { type: 'FieldValueNotSupported', field: 'resourceVersionMatch', value, detail };
}

function listErrors(o: ListOptions, query: URLSearchParams): FieldError[] {
  const out: FieldError[] = [];
  if (query.has('sendInitialEvents')) out.push(forbid('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  const match = o.resourceVersionMatch;
  if (match === '') return out;
  if (o.resourceVersion === '')
    out.push(forbid('resourceVersionMatch', 'resourceVersionMatch is forbidden unless resourceVersion is provided'));
  if (o.continueToken !== '')
    out.push(forbid('resourceVersionMatch', 'resourceVersionMatch is forbidden when continue is provided'));
  if (match !== 'Exact' && match !== 'NotOlderThan') out.push(unsupportedMatch(match, '"Exact", "NotOlderThan", ""'));
  if (match === 'Exact' && o.resourceVersion === '0')
    out.push(forbid('resourceVersionMatch', 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
  return out;
}

function watchErrors(o: ListOptions, query: URLSearchParams): FieldError[] {
  const out: FieldError[] = [];
  const match = o.resourceVersionMatch;
  const initial = query.has('sendInitialEvents');
  if (initial && match !== 'NotOlderThan')
    out.push(forbid('resourceVersionMatch', 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'));
  if (match === '') return out;
  if (!initial) {
    const why = 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided';
    out.push(forbid('resourceVersionMatch', why));
  }
  if (match !== 'NotOlderThan') out.push(unsupportedMatch(match, '"NotOlderThan"'));
  return out;
}

export interface WriteQuery {
  dryRun: boolean;
  fieldManager: string;
  fieldValidation: 'Strict' | 'Warn' | 'Ignore';
  force: boolean;
}

/** Reads and checks Create-, Update- or PatchOptions. The manager's default is the client's name. */
export function parseWriteOptions(query: URLSearchParams, kind: string, userAgent: string, apply: boolean): WriteQuery {
  const errors: FieldError[] = [];
  const dryRun = query.getAll('dryRun').filter((v) => v !== '');
  const manager = query.get('fieldManager') ?? '';
  if (apply && manager === '')
    errors.push({ type: 'FieldValueRequired', field: 'fieldManager', detail: 'is required for apply patch' });
  if (kind === 'PatchOptions' && !apply && query.has('force'))
    errors.push(forbid('force', 'may not be specified for non-apply patch'));
  if (dryRun.some((v) => v !== 'All')) {
    errors.push({ type: 'FieldValueNotSupported', field: 'dryRun', value: dryRun, detail: 'supported values: "All"' });
  }
  if (manager.length > 128)
    errors.push({ type: 'FieldValueTooLong', field: 'fieldManager', detail: 'may not be more than 128 bytes' });
  for (const [at, character] of [...manager].entries()) {
    if (!/[\p{C}\p{Z}]/u.test(character) || character === ' ') continue;
    const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    const detail = `invalid character U+${code} (at position ${at})`;
    errors.push({ type: 'FieldValueInvalid', field: 'fieldManager', value: manager, detail });
  }
  const validation = query.get('fieldValidation') ?? '';
  if (!['', 'Strict', 'Warn', 'Ignore'].includes(validation)) {
    const detail = 'supported values: "", "Ignore", "Strict", "Warn"';
    errors.push({ type: 'FieldValueNotSupported', field: 'fieldValidation', value: validation, detail });
  }
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind }, '', errors);
  return {
    dryRun: dryRun.length > 0,
    fieldManager: manager === '' ? (userAgent.split('/')[0] ?? '').slice(0, 128) || 'unknown' : manager,
    fieldValidation: validation === '' ? 'Warn' : (validation as WriteQuery['fieldValidation']),
    force: queryBool(query, 'force'),
  };
}
