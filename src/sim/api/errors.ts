import { limits } from '../../core/limits.ts';
import type { FieldError, Status } from '../../kube/status.ts';
import { ApiError } from '../../kube/status.ts';
import { qualifiedResource } from './facts.ts';
import { formatFieldError, formatFieldErrorBody } from './field-error.ts';

interface Named {
  group: string;
  resource: string;
}

function fail(code: number, reason: string | undefined, message: string, details?: Status['details']): ApiError {
  return new ApiError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    ...(reason === undefined ? {} : { reason }),
    ...(details === undefined ? {} : { details }),
    code,
  });
}

function detailsOf(info: Named, name: string): Status['details'] {
  return { ...(name === '' ? {} : { name }), ...(info.group === '' ? {} : { group: info.group }), kind: info.resource };
}

export const badRequest = (message: string): ApiError => fail(400, 'BadRequest', message);
export const internal = (message: string): ApiError =>
  fail(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] });
/** An error upstream passes on as a bare Go error: code 500, no reason. */
export const plain = (message: string): ApiError => fail(500, undefined, message);
export const unauthorized = (): ApiError => fail(401, 'Unauthorized', 'Unauthorized');
export const methodNotAllowed = (): ApiError =>
  fail(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});
export const resourceNotFound = (): ApiError =>
  fail(404, 'NotFound', 'the server could not find the requested resource', {});
export const rejectedPatch = (): ApiError =>
  fail(422, 'Invalid', 'the server rejected our request due to an error in our request', {});
export const requestTooLarge = (why: string): ApiError =>
  fail(413, 'RequestEntityTooLarge', `Request entity too large: ${why}`);
export const tooLarge = (): ApiError => requestTooLarge(`limit is ${limits.apiBodyBytesMax}`);
/** No media type of the client's is known. */
export const notAcceptable = (accepted: string): ApiError =>
  fail(406, 'NotAcceptable', `406: Not Acceptable\n\nAvailable representations: ${accepted}`, {});
/** The media type is known and its parameters are not. */
export const notConvertible = (accepted: string): ApiError =>
  fail(406, 'NotAcceptable', `only the following media types are accepted: ${accepted}`);
export const unsupportedPatchType = (): ApiError =>
  fail(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {});
/** Custom resources have no strategic merge. */
export const unsupportedCustomPatch = (): ApiError =>
  fail(
    415,
    'UnsupportedMediaType',
    'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml',
  );
export const unsupportedBody = (): ApiError =>
  fail(
    415,
    'UnsupportedMediaType',
    'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
  );

export function notFound(info: Named, name: string): ApiError {
  return fail(404, 'NotFound', `${qualifiedResource(info)} "${name}" not found`, detailsOf(info, name));
}

export function alreadyExists(info: Named, name: string, terminating: boolean): ApiError {
  const prefix = terminating ? 'object is being deleted: ' : '';
  const message = `${prefix}${qualifiedResource(info)} "${name}" already exists`;
  return fail(409, 'AlreadyExists', message, detailsOf(info, name));
}

export const MODIFIED = 'the object has been modified; please apply your changes to the latest version and try again';

export function conflict(info: Named, name: string, why: string): ApiError {
  const message = `Operation cannot be fulfilled on ${qualifiedResource(info)} "${name}": ${why}`;
  return fail(409, 'Conflict', message, detailsOf(info, name));
}

/** A failed uid or resourceVersion precondition of a delete; upstream names the kind here, not the resource. */
export function preconditionFailed(kind: { group: string; kind: string }, name: string, why: string): ApiError {
  return conflict({ group: kind.group, resource: kind.kind }, name, why);
}

export function applyConflict(conflicts: readonly { manager: string; field: string }[]): ApiError {
  const causes = conflicts.map((c) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${c.manager}`,
    field: c.field,
  }));
  const first = conflicts[0];
  const byManager = new Map<string, string[]>();
  for (const c of conflicts) byManager.set(c.manager, [...(byManager.get(c.manager) ?? []), c.field]);
  const lines = [...byManager].map(
    ([manager, fields]) => `conflicts with ${manager}:\n${fields.map((f) => `- ${f}`).join('\n')}`,
  );
  const message =
    conflicts.length === 1 && first
      ? `Apply failed with 1 conflict: conflict with ${first.manager}: ${first.field}`
      : `Apply failed with ${conflicts.length} conflicts: ${lines.join('\n')}`;
  return fail(409, 'Conflict', message, { causes });
}

/** 422 with a cause for each error. `kind` is the Kind; options types use e.g. `CreateOptions` of `meta.k8s.io`. */
export function invalid(kind: { group: string; kind: string }, name: string, errors: readonly FieldError[]): ApiError {
  const texts = [...new Set(errors.map(formatFieldError))];
  const listed = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  const qualified = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`;
  return fail(422, 'Invalid', `${qualified} "${name}" is invalid: ${listed}`, {
    ...(name === '' ? {} : { name }),
    ...(kind.group === '' ? {} : { group: kind.group }),
    ...(kind.kind === '' ? {} : { kind: kind.kind }),
    causes: errors.map((e) => ({ reason: e.type, message: formatFieldErrorBody(e), field: e.field })),
  });
}

export function forbidden(info: Named, name: string, why: string): ApiError {
  const subject = name === '' ? qualifiedResource(info) : `${qualifiedResource(info)} "${name}"`;
  return fail(403, 'Forbidden', `${subject} is forbidden: ${why}`, detailsOf(info, name));
}

export function forbiddenPath(why: string): ApiError {
  return fail(403, 'Forbidden', `forbidden: ${why}`, {});
}

/** `next` is a token with which a list goes on all the same. */
export function expired(message: string, next?: string): ApiError {
  const error = fail(410, 'Expired', message);
  return next === undefined ? error : new ApiError({ ...error.status, metadata: { continue: next } });
}

/** `retry` says whether the client is told when to come again: the watch cache does so, the storage behind it does not. */
export function versionTooLarge(asked: number, current: number, retry = true): ApiError {
  return fail(504, 'Timeout', `Timeout: Too large resource version: ${asked}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    ...(retry ? { retryAfterSeconds: 1 } : {}),
  });
}

export function disruptionRefused(cause: string): ApiError {
  return fail(429, 'TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", {
    causes: [{ reason: 'DisruptionBudget', message: cause }],
  });
}

export function serviceUnavailable(message: string): ApiError {
  return fail(503, 'ServiceUnavailable', message);
}
