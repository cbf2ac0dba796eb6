import type { Json } from '../../kube/object.ts';
import type { ApiRequest, DeleteOptions } from './api.ts';
import { readBody } from './decode.ts';
import { badRequest, invalid } from './errors.ts';

/** Reads and checks metav1.DeleteOptions from body and query; the body wins. */
export function parseDeleteOptions(request: ApiRequest, query: URLSearchParams): DeleteOptions & { dryRun: boolean } {
  const hasBody = request.body !== undefined && request.body.length > 0;
  const body: Json = hasBody ? readBody(request.body, request.headers['content-type'], 'DeleteOptions').value : {};
  if (body.kind !== undefined && body.kind !== 'DeleteOptions') {
    throw badRequest(
      `no kind "${body.kind}" is registered for version "${body.apiVersion ?? 'meta.k8s.io/v1'}" in scheme "pkg/runtime/scheme.go:111"`,
    );
  }
  const policy = body.propagationPolicy ?? query.get('propagationPolicy') ?? undefined;
  if (policy !== undefined && !['Orphan', 'Background', 'Foreground'].includes(policy)) {
    const detail = 'supported values: "Foreground", "Background", "Orphan", "nil"';
    throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', [
      { type: 'FieldValueNotSupported', field: 'propagationPolicy', value: policy, detail },
    ]);
  }
  const orphan: unknown = body.orphanDependents ?? query.get('orphanDependents') ?? undefined;
  if (orphan !== undefined && policy !== undefined) {
    const detail = 'orphanDependents and deletionPropagation cannot be both set';
    throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', [
      { type: 'FieldValueInvalid', field: 'propagationPolicy', value: policy, detail },
    ]);
  }
  const dryRun: string[] = body.dryRun ?? query.getAll('dryRun').filter((value) => value !== '');
  if (dryRun.some((value) => value !== 'All')) {
    const detail = 'supported values: "All"';
    throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', [
      { type: 'FieldValueNotSupported', field: 'dryRun', value: dryRun, detail },
    ]);
  }
  const grace = query.get('gracePeriodSeconds');
  return {
    propagationPolicy:
      policy ?? (orphan === undefined ? undefined : String(orphan) === 'true' ? 'Orphan' : 'Background'),
    gracePeriodSeconds: body.gracePeriodSeconds ?? (grace === null ? undefined : Number(grace)),
    preconditions: body.preconditions,
    dryRun: dryRun.length > 0,
  };
}
