import type { Json, KubeObject } from '../../../kube/object.ts';
import { PatchError } from '../../../kube/patch/error.ts';
import { applyJsonPatch, jsonPatchOperations } from '../../../kube/patch/json.ts';
import { ApiError } from '../../../kube/status.ts';
import { forbid } from '../admission/errors.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../admission.ts';
import { internal } from '../errors.ts';
import { conditionsHold, isSelected, reviewOf, scopeOf } from './matching.ts';

const GROUP = { group: 'admissionregistration.k8s.io', version: 'v1' };

interface Hook {
  configuration: string;
  webhook: Json;
}

function hooksFor(kind: string, request: AdmissionRequest): Hook[] {
  return request.ctx
    .list({ ...GROUP, kind })
    .flatMap((object) =>
      (object['webhooks'] ?? [])
        .filter((webhook: Json) => isSelected({ ...webhook, rules: webhook.rules ?? [] }, request))
        .map((webhook: Json) => ({ configuration: object.metadata.name, webhook })),
    );
}

/** What a webhook answers; undefined when it was not to be asked, or cannot be and does not matter. */
function ask({ configuration, webhook }: Hook, request: AdmissionRequest): Json | undefined {
  const failed = (why: string): undefined => {
    if (webhook.failurePolicy === 'Ignore') return undefined;
    throw internal(`failed calling webhook ${JSON.stringify(webhook.name)}: failed to call webhook: ${why}`);
  };
  const { hold, error } = conditionsHold(webhook.matchConditions, scopeOf(request));
  if (error !== undefined) {
    if (webhook.failurePolicy === 'Ignore') return undefined;
    throw forbid(request, error);
  }
  if (!hold) return undefined;
  if (request.dryRun && webhook.sideEffects !== 'None' && webhook.sideEffects !== 'NoneOnDryRun')
    throw internal(`admission webhook ${JSON.stringify(webhook.name)} does not support dry run`);
  if (!request.callWebhook) return failed('no network');
  const key = `${configuration}/${webhook.name}`;
  const outcome = request.callWebhook({
    key,
    client: webhook.clientConfig,
    timeoutSeconds: webhook.timeoutSeconds ?? 10,
    review: { uid: request.reviewId, ...reviewOf(request) },
  });
  if ('error' in outcome) return failed(outcome.error);
  for (const text of outcome.response.warnings ?? []) request.warnings?.push(String(text));
  if (!outcome.response.allowed) throw denied(webhook.name, outcome.response.status ?? {});
  return outcome.response;
}

function denied(name: string, status: Json): ApiError {
  const said = `admission webhook ${JSON.stringify(name)} denied the request`;
  const why = status.message || status.reason;
  return new ApiError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: why ? `${said}: ${why}` : `${said} without explanation`,
    ...(status.reason ? { reason: status.reason } : {}),
    ...(status.details ? { details: status.details } : {}),
    code: Number(status.code) >= 400 ? Number(status.code) : 400,
  });
}

/** Applies what a mutating webhook answered, in place: plugins behind it hold the same object. */
function applyPatch(name: string, response: Json, object: KubeObject): void {
  if (response.patchType !== 'JSONPatch')
    throw internal(
      `failed calling webhook ${JSON.stringify(name)}: invalid response type "${response.patchType ?? ''}"`,
    );
  const changed = patched(object, JSON.parse(Buffer.from(response.patch, 'base64').toString('utf8')));
  for (const field of Object.keys(object)) if (!(field in changed)) delete object[field];
  Object.assign(object, changed);
}

function patched(object: KubeObject, patch: Json): Json {
  try {
    return applyJsonPatch(object, jsonPatchOperations(patch, 'jsonpatch.Patch', 'jsonpatch.Operation'));
  } catch (error) {
    if (error instanceof PatchError) throw internal(error.message);
    throw error;
  }
}

/** Webhooks that may change what is written; one after the other in the order of their names. */
export const mutatingWebhooks: AdmissionPlugin = {
  name: 'MutatingAdmissionWebhook',
  admit(request) {
    for (const hook of hooksFor('MutatingWebhookConfiguration', request)) {
      const response = ask(hook, request);
      if (!response || !request.object) continue;
      if (!response.patch) continue;
      applyPatch(hook.webhook.name, response, request.object);
      request.changed = true;
    }
  },
};

/** Webhooks that only say yes or no. */
export const validatingWebhooks: AdmissionPlugin = {
  name: 'ValidatingAdmissionWebhook',
  judgesConnect: true,
  validate(request) {
    for (const hook of hooksFor('ValidatingWebhookConfiguration', request)) ask(hook, request);
  },
};
