import { describe, expect, it } from 'vitest';
import { Cluster, workload } from './cluster.ts';

const REVISION = 'apps/v1/ControllerRevision';

/** A set whose image has been changed once; what is `taken` stood there before. */
function changed(kind: string, taken?: string): { cluster: Cluster; names: string[] } {
  const cluster = new Cluster();
  cluster.apply(workload(kind, 'set', kind === 'StatefulSet' ? { replicas: 1, serviceName: 'set' } : {}));
  cluster.run(15);
  if (taken)
    cluster.apply({
      apiVersion: 'apps/v1',
      kind: 'ControllerRevision',
      metadata: { name: taken },
      data: {},
      revision: 7,
    });
  cluster.modify(`apps/v1/${kind}`, 'set', (draft) => {
    draft.spec.template.spec.containers[0].image = 'alpine:3.19';
  });
  cluster.run(60);
  const owned = cluster.api.list(REVISION, 't').filter((it) => it.metadata.ownerReferences);
  const revisions = owned.sort((a, b) => a['revision'] - b['revision']);
  return { cluster, names: revisions.map((it) => it.metadata.name) };
}

describe.each(['DaemonSet', 'StatefulSet'])('revisions of a %s', (kind) => {
  it('pass over a name that is taken, and count that', () => {
    const free = changed(kind);
    expect(free.names).toHaveLength(2);
    const { cluster, names } = changed(kind, free.names[1]);
    expect(names).toHaveLength(2);
    expect(names).not.toContain(free.names[1]);
    expect(cluster.get(`apps/v1/${kind}`, 'set').status.collisionCount).toBe(1);
    expect(cluster.pods('set').map((pod) => pod.spec.containers[0].image)).toEqual(
      free.cluster.pods('set').map(() => 'alpine:3.19'),
    );
  });

  it('keep their data in the order of their keys', () => {
    const { cluster } = changed(kind);
    const sorted = (value: unknown): unknown =>
      Array.isArray(value)
        ? value.map(sorted)
        : value && typeof value === 'object'
          ? Object.fromEntries(
              Object.entries(value)
                .sort()
                .map(([key, one]) => [key, sorted(one)]),
            )
          : value;
    for (const { data } of cluster.api.list(REVISION, 't'))
      expect(JSON.stringify(data)).toBe(JSON.stringify(sorted(data)));
  });
});
