import type { Json, KubeObject } from '../../../kube/object.ts';
import type { AdmissionRequest } from '../admission.ts';
import { CelError, celValue, Expression, type Scope, type Value } from '../cel/index.ts';
import { matchLabelSelector } from '../selectors.ts';
import { Authorizer } from './authorizer.ts';

const NAMESPACE = { group: '', version: 'v1', kind: 'Namespace' };
/** Names that every admission expression may use. */
export const NAMES = ['object', 'oldObject', 'request', 'params', 'namespaceObject', 'variables', 'authorizer'];

const has = (list: string[] | undefined, value: string): boolean =>
  list?.includes('*') === true || list?.includes(value) === true;

/** Whether a rule (RuleWithOperations) names what is asked. */
function ruleMatches(rule: Json, request: AdmissionRequest): boolean {
  const { resource, subresource, ref, operation, namespace } = request;
  if (!has(rule.operations, operation) || !has(rule.apiGroups, ref.group) || !has(rule.apiVersions, ref.version))
    return false;
  const isNamespaced = namespace !== undefined;
  if (rule.scope === 'Cluster' ? isNamespaced : rule.scope === 'Namespaced' && !isNamespaced) return false;
  return (rule.resources ?? []).some((text: string) => {
    const [main = '', sub = ''] = text.split('/');
    return (main === '*' || main === resource) && (sub === '*' || sub === (subresource ?? ''));
  });
}

function namespaceLabels(request: AdmissionRequest): Record<string, string> | undefined {
  if (request.ref.group === '' && request.resource === 'namespaces')
    return (request.object ?? request.old)?.metadata.labels ?? {};
  if (request.namespace === undefined) return undefined;
  return request.ctx.get(NAMESPACE, undefined, request.namespace)?.metadata.labels ?? {};
}

interface Selection {
  rules: Json[];
  exclude?: Json[];
  namespaceSelector?: Json;
  objectSelector?: Json;
}

/** Whether a webhook or a policy is asked about the request. Configurations of admission themselves never are. */
export function isSelected(selection: Selection, request: AdmissionRequest): boolean {
  if (request.ref.group === 'admissionregistration.k8s.io') return false;
  if (!selection.rules.some((rule) => ruleMatches(rule, request))) return false;
  if (selection.exclude?.some((rule) => ruleMatches(rule, request))) return false;
  const labels = namespaceLabels(request);
  if (labels && !matchLabelSelector(selection.namespaceSelector ?? {})(labels)) return false;
  const matches = matchLabelSelector(selection.objectSelector ?? {});
  return [request.object, request.old].some((object) => object !== undefined && matches(object.metadata.labels));
}

const kindOf = ({ group, version, kind }: AdmissionRequest['ref']): Json => ({ group, version, kind });

/** `request` of an AdmissionReview, without its uid. */
export function reviewOf(request: AdmissionRequest): Json {
  const { group, version } = request.ref;
  const resource = { group, version, resource: request.resource };
  const { ref, object, old } = request.reviewed ?? request;
  return {
    kind: kindOf(ref),
    resource,
    ...(request.subresource ? { subResource: request.subresource } : {}),
    requestKind: kindOf(ref),
    requestResource: resource,
    ...(request.subresource ? { requestSubResource: request.subresource } : {}),
    name: request.name || request.object?.metadata.name || '',
    ...(request.namespace === undefined ? {} : { namespace: request.namespace }),
    operation: request.operation,
    userInfo: request.user,
    object: object ?? null,
    oldObject: old ?? null,
    dryRun: request.dryRun,
  };
}

/** What expressions see of a request. */
export function scopeOf(request: AdmissionRequest, params?: KubeObject): Scope {
  const { object, old } = request.reviewed ?? request;
  return {
    object: () => celValue(object ?? null),
    oldObject: () => celValue(old ?? null),
    request: () => celValue(reviewOf(request)),
    params: () => celValue(params ?? null),
    namespaceObject: () =>
      celValue(
        request.namespace === undefined ? null : (request.ctx.get(NAMESPACE, undefined, request.namespace) ?? null),
      ),
    variables: new Map<Value, Value>(),
    authorizer: () => new Authorizer(request),
  };
}

const compiled = new Map<string, Expression>();
const COMPILED_MAX = 2_000;

/** Compiles an expression once. Throws CelSyntaxError; stored configurations have been checked. */
export function expressionOf(text: string): Expression {
  let found = compiled.get(text);
  if (!found) {
    if (compiled.size >= COMPILED_MAX) compiled.clear();
    found = new Expression(text, NAMES);
    compiled.set(text, found);
  }
  return found;
}

/** Whether all match conditions hold; the text of the first error that no failing condition makes irrelevant. */
export function conditionsHold(conditions: Json[] | undefined, scope: Scope): { hold: boolean; error?: string } {
  let error: string | undefined;
  for (const condition of conditions ?? []) {
    try {
      if (expressionOf(condition.expression).evaluate(scope) !== true) return { hold: false };
    } catch (cause) {
      if (!(cause instanceof CelError)) throw cause;
      error ??= `expression '${condition.expression}' resulted in error: ${cause.message}`;
    }
  }
  return { hold: error === undefined, error };
}
