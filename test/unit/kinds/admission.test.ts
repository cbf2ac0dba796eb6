import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { Json } from '../../../src/kube/object.ts';
import { context, create } from './harness.ts';

/** Dry-run creations on Kubernetes 1.35.4 in namespaces with a quota, a limit range and a pod security level. */
const recorded: { world: Json[]; cases: { object: Json; stored?: Json; message?: string }[] } = JSON.parse(
  readFileSync(new URL('recordings/admission.json', import.meta.url), 'utf8'),
);

function comparable(object: Json): Json {
  const { spec, metadata } = JSON.parse(JSON.stringify(object).replace(/kube-api-access-\w{5}/g, 'kube-api-access-#'));
  return { spec, annotations: metadata.annotations };
}

it.each(recorded.cases.map((entry, i) => [i, entry] as const))('admission %i', (_, entry) => {
  const answer = create(entry.object, context(recorded.world));
  if (entry.stored) expect(answer.status?.message ?? comparable(answer.stored)).toEqual(comparable(entry.stored));
  else expect(answer.status?.message).toBe(entry.message);
});
