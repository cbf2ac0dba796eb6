import { defineKind } from './common/define.ts';
import { age, columns } from './common/table.ts';
import { setWebhookDefaults, validateWebhooks } from './common/webhooks.ts';

/** admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration. */
export const validatingWebhookConfiguration = defineKind({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingWebhookConfiguration',
  requiresResourceVersion: true,
  generation: true,
  generationFields: ['webhooks'],
  setDefaults(draft) {
    for (const webhook of draft['webhooks'] ?? []) {
      setWebhookDefaults(webhook);
    }
  },
  validate: (object) => validateWebhooks(object['webhooks'] ?? []),
  columns: columns('Name', 'Webhooks:integer', 'Age'),
  row: (object, ctx) => [object.metadata.name, (object['webhooks'] ?? []).length, age(object, ctx)],
});
