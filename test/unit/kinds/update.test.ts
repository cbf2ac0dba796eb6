import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { Json, KubeObject } from '../../../src/kube/object.ts';
import { context, update } from './harness.ts';

/** Dry-run updates on Kubernetes 1.35.4: the stored object, the one sent, and the answer. */
const recorded: {
  old: KubeObject;
  new: KubeObject;
  stored?: KubeObject;
  status?: { code: number; message: string; causes?: Json[] };
}[] = JSON.parse(readFileSync(new URL('recordings/update.json', import.meta.url), 'utf8'));

/** Texts without what hangs on Go's in-memory layout (diffs, dumps of internal structs) and on random map order. */
function comparable(causes: Json[] | undefined): string[] {
  const texts = (causes ?? []).map(({ field, message }) => {
    const short = message
      .replace(/\n@@[\s\S]*$/, '')
      .replace(/^Invalid value: \{"(?:ObjectMeta|labels)".*\}(?=: field is immutable)/, 'Invalid value: #');
    return `${field}: ${short.replace(/^Invalid value: \{"metadata".*\}(?=: field is immutable)/, 'Invalid value: #')}`;
  });
  return texts.sort();
}

function body(object: KubeObject | undefined): Json {
  const { metadata: _metadata, apiVersion: _apiVersion, kind: _kind, ...rest } = object ?? {};
  return rest;
}

it.each(recorded.map((entry, i) => [i, entry.new.kind, entry] as const))('update %i of %s', (_i, _kind, entry) => {
  const answer = update(entry.new, entry.old, context());
  if (entry.stored) expect(answer.status?.message ?? body(answer.stored)).toEqual(body(entry.stored));
  else if (entry.status?.causes)
    expect(comparable(answer.status?.details?.causes)).toEqual(comparable(entry.status.causes));
  else expect(answer.status?.message).toEqual(entry.status?.message);
});
