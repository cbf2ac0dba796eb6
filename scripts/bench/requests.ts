import { deployApp, loadApp } from '../../src/apps/index.ts';
import { EmbeddedCluster } from '../../src/cluster/embedded.ts';
import { packageAssets } from '../../src/host/assets.ts';
import type { HttpResponse } from '../../src/sim/net/protocols.ts';
import { type Task, Thread } from '../../src/sim/process/task.ts';
import { createSimulation, type Simulation } from '../../src/sim/simulation.ts';
import { mixedWorkloadType1 } from '../../src/workload/payloads/mixed-workload-type-1.ts';
import { measure, serviceUrl } from '../../src/workload/wrk2.ts';
import { median, type Row, timed } from './row.ts';

const CLIENTS = 64;
/** Virtual time of one measurement. */
const SLICE_MS = 2_000;
const SLICES = 7;

/**
 * How many requests the application answers per second of wall time: once asked by clients that ask again as soon as they are
 * answered, counted where the answers arrive, and once by wrk2, which runs its Lua script for each.
 */
export async function simulatedRequests(): Promise<Row[]> {
  const app = loadApp('hotel-reservation', packageAssets('.'));
  const simulation = createSimulation({ seed: '1' });
  const cluster = new EmbeddedCluster(simulation);
  await deployApp(cluster, app, { wait: true });
  await cluster.clock.sleep(10_000);
  const url = await serviceUrl(cluster, app.namespace, app.frontend.service, app.frontend.port);

  const counter = { answers: 0 };
  const stop = startClients(simulation, new URL(url), counter);
  await cluster.clock.sleep(SLICE_MS);
  const rates: number[] = [];
  for (let i = 0; i < SLICES; i++) {
    const before = counter.answers;
    const [took] = await timed(1, () => cluster.clock.sleep(SLICE_MS));
    rates.push((counter.answers - before) / ((took as number) / 1000));
  }
  stop();
  const virtual = Math.round(counter.answers / (((SLICES + 1) * SLICE_MS) / 1000));
  if (counter.answers < CLIENTS) throw new Error(`the frontend answered ${counter.answers} requests only`);

  const options = { dist: 'exp', threads: 2, connections: CLIENTS, durationSeconds: 10, rate: 2_000 } as const;
  let answered = 0;
  const [wrkTook] = await timed(1, async () => {
    const report = await measure(cluster, { ...options, payload: mixedWorkloadType1, url });
    answered = report.requests - report.badStatus;
  });
  if (answered === 0) throw new Error('the frontend answered no request of wrk2');
  const target = '≥ 100,000 per second';
  return [
    {
      what: `simulated requests to the frontend (${CLIENTS} clients, ${virtual} per virtual second), median of ${SLICES}`,
      value: `${Math.round(median(rates))} per second`,
      target,
    },
    {
      what: 'the same asked by wrk2 and its Lua script (2000 per virtual second), its start and end included',
      value: `${Math.round(answered / ((wrkTook as number) / 1000))} per second`,
      target,
    },
  ];
}

/** Clients on the control-plane node: each asks again as soon as it is answered. Only answers of status 200 count. */
function startClients({ world, network, hostNetwork }: Simulation, url: URL, counter: { answers: number }): () => void {
  const rng = world.rng('bench');
  let stopped = false;
  const paths = [
    '/hotels?inDate=2015-04-10&outDate=2015-04-11&lat=37.9&lon=-122.1',
    '/recommendations?require=rate&lat=37.9&lon=-122.1',
  ];
  function* client(th: Thread): Task<void> {
    const conn = yield* network.dial(th, hostNetwork, url.hostname, Number(url.port));
    while (!stopped) {
      const path = paths[rng.float() < 0.6 ? 0 : 1] as string;
      const message = { proto: 'http', kind: 'request', method: 'GET', path, headers: {}, body: '' } as const;
      const { status } = yield* conn.request<HttpResponse>(th, message, { timeoutMs: 5_000 });
      if (status === 200) counter.answers++;
      yield* th.sync();
    }
    conn.close();
  }
  for (let i = 0; i < CLIENTS; i++) {
    const thread = new Thread(world);
    thread.start(client(thread));
  }
  return () => {
    stopped = true;
  };
}
