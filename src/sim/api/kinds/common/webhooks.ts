import type { Json } from '../../../../kube/object.ts';
import type { FieldError } from '../../../../kube/status.ts';
import { conditionErrors } from './expressions.ts';
import { duplicate, invalid, invalids, notSupported, required } from './field.ts';
import { MATCH_POLICIES, validateRule } from './match-rules.ts';
import { dns1035Label, dnsSubdomain, portNumber } from './names.ts';
import { setDefaultPointer } from './pod-defaults.ts';
import { validateSelector } from './selectors.ts';

const FAILURE_POLICIES = ['Fail', 'Ignore'];
const REINVOCATION_POLICIES = ['IfNeeded', 'Never'];
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
    errors.push(...validateWebhook(webhook, path));
    errors.push(...validateReviewVersions(webhook.admissionReviewVersions ?? [], `${path}.admissionReviewVersions`));
    if (!webhook.name) continue;
    if (seen.has(webhook.name)) errors.push(duplicate(`${path}.name`, webhook.name));
    seen.add(webhook.name);
  }
  return errors;
}

function validateReviewVersions(versions: string[], field: string): FieldError[] {
  if (versions.length === 0) return [required(field, `must specify one of ${REVIEW_VERSIONS.join(', ')}`)];
  const errors: FieldError[] = [];
  for (const [i, version] of versions.entries()) {
    if (versions.indexOf(version) < i) errors.push(invalid(`${field}[${i}]`, version, 'duplicate version'));
    else errors.push(...invalids(`${field}[${i}]`, version, dns1035Label(version)));
  }
  if (!versions.some((version) => REVIEW_VERSIONS.includes(version)))
    errors.push(invalid(field, versions, `must include at least one of ${REVIEW_VERSIONS.join(', ')}`));
  return errors;
}

/** A name with a domain of its own: `check.example.com`. */
function validateFullName(name: string, field: string): FieldError[] {
  if (!name) return [required(field)];
  const wrong = dnsSubdomain(name);
  if (wrong.length > 0) return [invalid(field, name, wrong.join(','))];
  return name.split('.').length < NAME_SEGMENTS_MIN
    ? [invalid(field, name, 'should be a domain with at least three segments separated by dots')]
    : [];
}

function validateWebhook(webhook: Json, path: string): FieldError[] {
  const { name = '', sideEffects, failurePolicy, matchPolicy, timeoutSeconds, clientConfig = {} } = webhook;
  const errors: FieldError[] = validateFullName(name, `${path}.name`);
  for (const [i, rule] of (webhook.rules ?? []).entries()) errors.push(...validateRule(rule, `${path}.rules[${i}]`));
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
  for (const selector of ['namespaceSelector', 'objectSelector'])
    errors.push(...validateSelector(webhook[selector], `${path}.${selector}`));
  const again = webhook.reinvocationPolicy;
  if (again !== undefined && !REINVOCATION_POLICIES.includes(again))
    errors.push(notSupported(`${path}.reinvocationPolicy`, again, REINVOCATION_POLICIES));
  errors.push(...validateClient(clientConfig, `${path}.clientConfig`));
  return [...errors, ...conditionErrors(webhook.matchConditions, `${path}.matchConditions`)];
}

function validateClient(client: Json, path: string): FieldError[] {
  const { url, service } = client;
  if ((url === undefined) === (service === undefined))
    return [required(path, 'exactly one of url or service is required')];
  return url === undefined ? validateService(service, `${path}.service`) : validateUrl(url, `${path}.url`);
}

/** Upstream calls the service's name its namespace, and its namespace its name. */
function validateService({ name, namespace, path: urlPath, port }: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!namespace) errors.push(required(`${path}.name`));
  if (!name) errors.push(required(`${path}.namespace`));
  const wrong = portNumber(port ?? 0);
  if (wrong.length > 0) errors.push(invalid(`${path}.port`, port ?? 0, `port is not valid: ${wrong.join(', ')}`));
  if (!urlPath || urlPath === '/') return errors;
  const bad = (detail: string): number => errors.push(invalid(`${path}.path`, urlPath, detail));
  if (urlPath === '//') {
    bad('segment[0] may not be empty');
    return errors;
  }
  if (!urlPath.startsWith('/')) bad("must start with a '/'");
  for (const [i, step] of urlPath.slice(1).replace(/\/$/, '').split('/').entries()) {
    if (step === '') bad(`segment[${i}] may not be empty`);
    else for (const detail of dnsSubdomain(step)) bad(`segment[${i}]: ${detail}`);
  }
  return errors;
}

function validateUrl(url: string, field: string): FieldError[] {
  const parts = /^(?:([a-z][a-z0-9+.-]*):)?(?:\/\/(?:([^@/?#]*)@)?([^/?#]*))?[^?#]*(?:\?([^#]*))?(?:#(.*))?$/is.exec(
    url,
  );
  const [, scheme = '', user, host = '', query = '', fragment = ''] = parts ?? [];
  const errors: FieldError[] = [];
  if (scheme !== 'https') errors.push(invalid(field, scheme, `'https' is the only allowed URL scheme; ${URL_FORM}`));
  if (host === '') errors.push(invalid(field, host, `host must be specified; ${URL_FORM}`));
  if (user !== undefined) errors.push(invalid(field, user, 'user information is not permitted in the URL'));
  if (fragment !== '') errors.push(invalid(field, fragment, 'fragments are not permitted in the URL'));
  if (query !== '') errors.push(invalid(field, query, 'query parameters are not permitted in the URL'));
  return errors;
}
