import { ApiError, type StatusCause } from '../../../kube/status.ts';
import type { AdmissionRequest } from '../admission.ts';

function qualified(request: AdmissionRequest): string {
  return request.ref.group ? `${request.resource}.${request.ref.group}` : request.resource;
}

/** A 403 of a plugin, as `admission.NewForbidden` words it: `pods "x" is forbidden: why`. */
export function forbid(request: AdmissionRequest, why: string, causes?: StatusCause[]): ApiError {
  const name = request.name || request.object?.metadata.name || (request.object?.metadata.generateName ?? '');
  const subject = name ? `${qualified(request)} "${name}"` : qualified(request);
  return new ApiError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: `${subject} is forbidden: ${why}`,
    reason: 'Forbidden',
    details: {
      ...(name ? { name } : {}),
      ...(request.ref.group ? { group: request.ref.group } : {}),
      kind: request.resource,
      ...(causes ? { causes } : {}),
    },
    code: 403,
  });
}

export function namespaceNotFound(name: string): ApiError {
  return new ApiError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: `namespaces "${name}" not found`,
    reason: 'NotFound',
    details: { name, kind: 'namespaces' },
    code: 404,
  });
}

/** Whether the request creates (or updates) exactly this resource, not a subresource. */
export function isFor(request: AdmissionRequest, group: string, resource: string, ...operations: string[]): boolean {
  return (
    request.resource === resource &&
    request.ref.group === group &&
    !request.subresource &&
    operations.includes(request.operation)
  );
}
