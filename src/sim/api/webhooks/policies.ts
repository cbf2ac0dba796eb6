import type { Json, KubeObject } from '../../../kube/object.ts';
import { ApiError } from '../../../kube/status.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../admission.ts';
import { CelError, type Scope, type Value } from '../cel/index.ts';
import { qualifiedResource } from '../facts.ts';
import { matchLabelSelector } from '../selectors.ts';
import { conditionsHold, expressionOf, isSelected, scopeOf } from './matching.ts';

const GROUP = { group: 'admissionregistration.k8s.io', version: 'v1' };

/** Variables are computed when an expression reads them. */
class Variables extends Map<Value, Value> {
  readonly #sources: Map<string, string>;
  readonly #scope: Scope;

  constructor(variables: Json[], scope: Scope) {
    super();
    this.#sources = new Map(variables.map((one) => [one.name, one.expression]));
    this.#scope = { ...scope, variables: this };
  }

  get scope(): Scope {
    return this.#scope;
  }

  override get(name: Value): Value | undefined {
    const known = super.get(name);
    const source = this.#sources.get(String(name));
    if (known !== undefined || source === undefined) return known;
    const value = expressionOf(source).evaluate(this.#scope);
    this.set(name, value);
    return value;
  }
}

/** ValidatingAdmissionPolicies with their bindings, in CEL. */
export const validatingPolicies: AdmissionPlugin = {
  name: 'ValidatingAdmissionPolicy',
  judgesConnect: true,
  validate(request) {
    const bindings = request.ctx.list({ ...GROUP, kind: 'ValidatingAdmissionPolicyBinding' });
    for (const binding of bindings) {
      const { policyName, matchResources } = binding['spec'];
      const policy = request.ctx.get({ ...GROUP, kind: 'ValidatingAdmissionPolicy' }, undefined, policyName);
      if (!policy || !selects(policy['spec'].matchConstraints, request)) continue;
      if (matchResources && !selects({ resourceRules: undefined, ...matchResources }, request)) continue;
      for (const params of paramsOf(policy, binding, request)) enforce(policy, binding, params, request);
    }
  },
};

function selects(match: Json, request: AdmissionRequest): boolean {
  const every = [{ operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*', '*/*'] }];
  return isSelected({ ...match, rules: match.resourceRules ?? every, exclude: match.excludeResourceRules }, request);
}

/** The objects that a binding hands to the policy: one run for each; one without any when the policy takes none. */
function paramsOf(policy: KubeObject, binding: KubeObject, request: AdmissionRequest): (KubeObject | undefined)[] {
  const { paramKind } = policy['spec'];
  const { paramRef } = binding['spec'];
  if (!paramKind || !paramRef) return [undefined];
  const [group, version] = paramKind.apiVersion.includes('/')
    ? paramKind.apiVersion.split('/')
    : ['', paramKind.apiVersion];
  const ref = { group, version, kind: paramKind.kind };
  const namespace = paramRef.namespace ?? request.namespace;
  const matches = matchLabelSelector(paramRef.selector ?? {});
  const found = paramRef.name
    ? [request.ctx.get(ref, namespace, paramRef.name) ?? request.ctx.get(ref, undefined, paramRef.name)]
    : request.ctx.list(ref, namespace).filter((one) => matches(one.metadata.labels));
  const params = found.filter((one) => one !== undefined);
  if (params.length > 0 || paramRef.parameterNotFoundAction !== 'Deny') return params;
  throw refused(
    request,
    policy,
    binding,
    'failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction',
    'Invalid',
  );
}

function enforce(
  policy: KubeObject,
  binding: KubeObject,
  params: KubeObject | undefined,
  request: AdmissionRequest,
): void {
  const { variables = [], validations = [], matchConditions, failurePolicy } = policy['spec'];
  const { scope } = new Variables(variables, scopeOf(request, params));
  const { hold, error } = conditionsHold(matchConditions, scope);
  if (error !== undefined && failurePolicy !== 'Ignore') refuse(request, policy, binding, error, 'Invalid');
  if (!hold) return;
  for (const validation of validations) {
    let why: string | undefined;
    try {
      if (expressionOf(validation.expression).evaluate(scope) === true) continue;
      why = messageOf(validation, scope);
    } catch (cause) {
      if (!(cause instanceof CelError)) throw cause;
      if (failurePolicy === 'Ignore') continue;
      why = `expression '${validation.expression}' resulted in error: ${cause.message}`;
    }
    refuse(request, policy, binding, why, validation.reason ?? 'Invalid');
  }
}

function messageOf(validation: Json, scope: Scope): string {
  try {
    const text = validation.messageExpression && expressionOf(validation.messageExpression).evaluate(scope);
    if (typeof text === 'string' && text.trim() !== '') return text;
  } catch (cause) {
    if (!(cause instanceof CelError)) throw cause;
  }
  return validation.message ?? `failed expression: ${validation.expression}`;
}

function refuse(request: AdmissionRequest, policy: KubeObject, binding: KubeObject, why: string, reason: string): void {
  const actions: string[] = binding['spec'].validationActions ?? [];
  if (actions.includes('Warn')) {
    const by = `ValidatingAdmissionPolicy '${policy.metadata.name}' with binding '${binding.metadata.name}'`;
    request.warnings?.push(`Validation failed for ${by}: ${why}`);
  }
  if (actions.includes('Deny')) throw refused(request, policy, binding, why, reason);
}

const CODES: Record<string, number> = { Unauthorized: 401, Forbidden: 403, Invalid: 422, RequestEntityTooLarge: 413 };

function refused(
  request: AdmissionRequest,
  policy: KubeObject,
  binding: KubeObject,
  why: string,
  reason: string,
): ApiError {
  const said = `ValidatingAdmissionPolicy '${policy.metadata.name}' with binding '${binding.metadata.name}' denied request: ${why}`;
  const name = request.name || request.object?.metadata.name || '';
  const { group } = request.ref;
  const subject = qualifiedResource({ group, resource: request.resource });
  return new ApiError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: `${subject} ${JSON.stringify(name)} is forbidden: ${said}`,
    reason,
    details: {
      name,
      ...(group === '' ? {} : { group }),
      kind: request.resource,
      causes: [{ message: said }],
    },
    code: CODES[reason] ?? 422,
  });
}
