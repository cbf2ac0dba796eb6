import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Load } from '../../scripts/load/load.ts';
import { serveForTest, type TestCluster } from '../support/served-cluster.ts';

describe('load on a served cluster (the whole of it is npm run load)', () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await serveForTest({ seed: 'load', addons: false });
  });
  afterAll(() => cluster.close());

  it('serves many clients and watches without an error', async () => {
    const options = { base: cluster.base, clients: 50, watches: 20, objects: 500, seconds: 3 };
    const result = await new Load({ ...options, now: () => performance.now() }).run();
    expect(result.errors).toEqual([]);
    expect(cluster.faults).toEqual([]);
    expect(result.requests).toBeGreaterThan(500);
    // Every watch hears of every change.
    expect(result.events).toBeGreaterThan(500);
  });
});
