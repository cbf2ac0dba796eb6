import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../../src/kube/object.ts';
import { context, create } from './harness.ts';

/** Dry-run creations on Kubernetes 1.35.4: the object sent and the object or Status answered. */
const recorded: { object: Json; stored?: Json; status?: { code: number; message: string; causes?: Json } }[] =
  JSON.parse(readFileSync(new URL('recordings/create.json', import.meta.url), 'utf8'));

const WORLD = [
  { kind: 'Namespace', metadata: { name: 'h2x' }, status: { phase: 'Active' } },
  { kind: 'ServiceAccount', metadata: { name: 'default', namespace: 'h2x' } },
  {
    kind: 'StorageClass',
    metadata: {
      name: 'standard',
      creationTimestamp: '2026-01-15T09:00:00Z',
      annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' },
    },
  },
];

/** What differs from run to run: generated names, addresses, ports, uids, times; managed by the store: uid, generation. */
function normalize(object: Json): Json {
  const text = JSON.stringify(object)
    .replace(/kube-api-access-\w{5}/g, 'kube-api-access-#')
    .replace(/\b10\.96\.\d+\.\d+\b/g, 'IP')
    .replace(/"nodePort":\d+/g, '"nodePort":"PORT"')
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UID')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME');
  const out = JSON.parse(text);
  delete out.metadata.uid;
  delete out.metadata.generation;
  return out;
}

/** Causes as a sorted list: maps are walked in random order by the server. */
function sorted(causes: Json[] | null | undefined): Json[] {
  return [...(causes ?? [])].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

describe.each([...new Set(recorded.map((entry) => entry.object.kind as string))])('create %s', (kind) => {
  const cases = recorded
    .filter((entry) => entry.object.kind === kind)
    .filter(
      (entry) =>
        entry.stored ||
        (entry.status?.code !== 400 && !/^\w+ "[^"]*" is invalid: metadata/.test(entry.status?.message ?? '')),
    );
  it.each(cases.map((entry, i) => [i, entry] as const))('case %i', (_, entry) => {
    const answer = create(entry.object, context(WORLD));
    if (entry.stored)
      expect(answer.stored ? normalize(answer.stored) : answer.status?.message).toEqual(normalize(entry.stored));
    else if (entry.status?.causes) expect(sorted(answer.status?.details?.causes)).toEqual(sorted(entry.status.causes));
    else expect(answer.status?.message).toEqual(entry.status?.message);
  });
});
