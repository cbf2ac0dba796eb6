import type { NetNamespace, Server } from '../../../src/sim/net/net.ts';
import { NetError } from '../../../src/sim/net/net.ts';
import { createNetwork } from '../../../src/sim/net/network.ts';
import { type Task, Thread } from '../../../src/sim/process/task.ts';
import { World } from '../../../src/sim/world.ts';
import { FakeApi } from './fake-api.ts';

/** A little cluster: a client pod, server pods, one node. */
export function lab() {
  const world = new World({ seed: 'net' });
  const api = new FakeApi();
  const network = createNetwork({ world, api: api.client });
  const pod = (name: string, ip: string, nodeName = 'node-1'): NetNamespace => {
    const ns: NetNamespace = {
      ip,
      nodeName,
      pod: { namespace: 'app', name, uid: name, labels: { app: name } },
      dns: { nameservers: ['10.96.0.10'], searches: ['app.svc.cluster.local', 'svc.cluster.local'], ndots: 5 },
      hosts: new Map([[name, ip]]),
    };
    network.attach(ns);
    api.put('v1/Pod', { metadata: { namespace: 'app', name, labels: { app: name } }, spec: {} });
    return ns;
  };
  /** Runs the task to its end; the outcome as text with the virtual ms that it took. */
  const run = (task: (th: Thread) => Task<string>, limitMs = 400_000): string => {
    const th = new Thread(world);
    const startUs = world.nowUs;
    let outcome = 'still running';
    th.start(
      (function* () {
        try {
          outcome = yield* task(th);
        } catch (error) {
          if (!(error instanceof NetError)) throw error;
          outcome = error.code;
        }
        outcome += ` ${Math.round((th.nowUs - startUs) / 1000)} ms`;
      })(),
    );
    world.runUntil(() => th.finished, limitMs);
    if (th.error) throw th.error;
    return outcome;
  };
  return { world, api, network, pod, run };
}

/** Answers `pong` at once, or after `delayMs`. */
export function pong(delayMs = 0): Server {
  return {
    *handle(th) {
      if (delayMs > 0) yield* th.sleep(delayMs);
      return { proto: 'raw', kind: 'response', data: 'pong' };
    },
  };
}

export const PING = { proto: 'raw', kind: 'request', data: 'ping' } as const;

export function service(name: string, clusterIP: string, ports: object[], more: object = {}) {
  return { metadata: { namespace: 'app', name }, spec: { clusterIP, ports, ...more } };
}

export function slice(serviceName: string, ips: string[], port: object, conditions: object = { ready: true }) {
  return {
    metadata: { namespace: 'app', name: `${serviceName}-x`, labels: { 'kubernetes.io/service-name': serviceName } },
    addressType: 'IPv4',
    endpoints: ips.map((ip) => ({ addresses: [ip], conditions, nodeName: 'node-1' })),
    ports: [port],
  };
}
