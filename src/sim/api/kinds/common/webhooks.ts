import type { Json } from '../../../../kube/object.ts';
import type { FieldError } from '../../../../kube/status.ts';
import { conditionErrors } from './expressions.ts';
import { duplicate, invalid, invalids, notSupported, required } from './field.ts';
import { dnsSubdomain } from './names.ts';
import { setDefaultPointer } from './pod-defaults.ts';

const FAILURE_POLICIES = ['Fail', 'Ignore'];
const MATCH_POLICIES = ['Equivalent', 'Exact'];
const SIDE_EFFECTS = ['None', 'NoneOnDryRun'];
const REVIEW_VERSIONS = ['v1', 'v1beta1'];
const NAME_SEGMENTS_MIN = 3;
const URL_FORM = 'desired format: https://host[/path]';

/** Defaults that webhooks and admission policies share: which objects they look at. */
export function setMatchDefaults(match: Json, rules: Json[] | undefined): void {
  setDefaultPointer(match, 'matchPolicy', 'Equivalent');
  for (const selector of ['namespaceSelector', 'objectSelector']) match[selector] ??= {};
  for (const rule of rules ?? []) setDefaultPointer(rule, 'scope', '*');
}

/** Defaults of one webhook of a configuration. */
export function setWebhookDefaults(webhook: Json): void {
  setDefaultPointer(webhook, 'failurePolicy', 'Fail');
  setMatchDefaults(webhook, webhook.rules);
  setDefaultPointer(webhook, 'timeoutSeconds', 10);
  if (webhook.clientConfig?.service) setDefaultPointer(webhook.clientConfig.service, 'port', 443);
}

export function validateFailurePolicy(policy: string, path: string): FieldError[] {
  return FAILURE_POLICIES.includes(policy) ? [] : [notSupported(path, policy, FAILURE_POLICIES)];
}

/** What is wrong with the webhooks of a configuration. */
export function validateWebhooks(webhooks: readonly Json[]): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [at, webhook] of webhooks.entries()) {
    const path = `webhooks[${at}]`;
    errors.push(...validateReviewVersions(webhook, path), ...validateWebhook(webhook, path));
    if (seen.has(webhook.name)) errors.push(duplicate(`${path}.name`, webhook.name));
    seen.add(webhook.name);
  }
  return errors;
}

function validateReviewVersions({ admissionReviewVersions: versions = [] }: Json, path: string): FieldError[] {
  const field = `${path}.admissionReviewVersions`;
  if (versions.length === 0) return [required(field, `must specify one of ${REVIEW_VERSIONS.join(', ')}`)];
  if (versions.some((version: string) => REVIEW_VERSIONS.includes(version))) return [];
  return [invalid(field, versions, `must include at least one of ${REVIEW_VERSIONS.join(', ')}`)];
}

function validateWebhook(webhook: Json, path: string): FieldError[] {
  const { name = '', sideEffects, failurePolicy, matchPolicy, timeoutSeconds, clientConfig = {} } = webhook;
  const errors: FieldError[] = [...invalids(`${path}.name`, name, dnsSubdomain(name))];
  if (errors.length === 0 && name.split('.').length < NAME_SEGMENTS_MIN)
    errors.push(invalid(`${path}.name`, name, 'should be a domain with at least three segments separated by dots'));
  errors.push(...validateFailurePolicy(failurePolicy, `${path}.failurePolicy`));
  if (!MATCH_POLICIES.includes(matchPolicy))
    errors.push(notSupported(`${path}.matchPolicy`, matchPolicy, MATCH_POLICIES));
  if (sideEffects === undefined || sideEffects === null)
    errors.push(required(`${path}.sideEffects`, `must specify one of ${SIDE_EFFECTS.join(', ')}`));
  else if (!SIDE_EFFECTS.includes(sideEffects))
    errors.push(notSupported(`${path}.sideEffects`, sideEffects, SIDE_EFFECTS));
  if (timeoutSeconds < 1 || timeoutSeconds > 30)
    errors.push(
      invalid(`${path}.timeoutSeconds`, timeoutSeconds, 'the timeout value must be between 1 and 30 seconds'),
    );
  errors.push(...conditionErrors(webhook.matchConditions, `${path}.matchConditions`));
  return [...errors, ...validateClient(clientConfig, `${path}.clientConfig`)];
}

function validateClient(client: Json, path: string): FieldError[] {
  const { url, service } = client;
  if ((url === undefined) === (service === undefined))
    return [required(path, 'exactly one of url or service is required')];
  if (url !== undefined) return validateUrl(url, `${path}.url`);
  const errors: FieldError[] = [];
  if (!service.name) errors.push(required(`${path}.service.name`, 'service name is required'));
  if (!service.namespace) errors.push(required(`${path}.service.namespace`, 'service namespace is required'));
  return errors;
}

function validateUrl(url: string, field: string): FieldError[] {
  const [, scheme = '', host = ''] = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)/i.exec(url) ?? [];
  const errors: FieldError[] = [];
  if (scheme !== 'https') errors.push(invalid(field, scheme, `'https' is the only allowed URL scheme; ${URL_FORM}`));
  if (host === '') errors.push(invalid(field, host, `host must be specified; ${URL_FORM}`));
  return errors;
}
