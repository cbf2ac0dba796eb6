import { describe, expect, it } from 'vitest';
import type { Conn } from '../../../src/sim/net/net.ts';
import type { Thread } from '../../../src/sim/process/task.ts';
import { lab, PING, pong, service, slice } from './lab.ts';

function scene() {
  const world = lab();
  const client = world.pod('client', '10.244.1.2');
  const server = world.pod('server', '10.244.1.3');
  const call = (host: string, port: number, options?: { timeoutMs?: number }) =>
    world.run(function* (th: Thread) {
      const conn = yield* world.network.dial(th, client, host, port, options);
      const answer = yield* conn.request(th, PING, options);
      conn.close();
      return answer.proto === 'raw' ? answer.data : '?';
    });
  return { ...world, client, server, call };
}

describe('dial', () => {
  it('reaches a listening port and tells refusal, a gone pod, and silence apart', () => {
    const s = scene();
    s.network.listen(s.server, 80, pong());
    expect({
      listening: s.call('10.244.1.3', 80),
      closed: s.call('10.244.1.3', 81),
      gone: s.call('10.244.1.99', 80),
      outside: s.call('192.0.2.1', 80),
      impatient: s.call('192.0.2.1', 80, { timeoutMs: 3000 }),
    }).toEqual({
      listening: 'pong 0 ms',
      closed: 'ECONNREFUSED 0 ms',
      gone: 'EHOSTUNREACH 3070 ms',
      outside: 'ETIMEDOUT 127000 ms',
      impatient: 'ETIMEDOUT 3000 ms',
    });
  });

  it('translates Services as kube-proxy does', () => {
    const s = scene();
    s.network.listen(s.server, 8080, pong());
    s.api.put(
      'v1/Service',
      service('web', '10.96.0.20', [
        { port: 80, name: 'http' },
        { port: 81, name: 'other' },
      ]),
    );
    const empty = s.call('10.96.0.20', 80);
    s.api.put('discovery.k8s.io/v1/EndpointSlice', slice('web', ['10.244.1.3'], { name: 'http', port: 8080 }));
    const ready = s.call('10.96.0.20', 80);
    s.api.put(
      'discovery.k8s.io/v1/EndpointSlice',
      slice('web', ['10.244.1.3'], { name: 'http', port: 8080 }, { ready: false }),
    );
    const unready = s.call('10.96.0.20', 80);
    s.api.put('discovery.k8s.io/v1/EndpointSlice', slice('web', ['10.244.1.3'], { name: 'http', port: 9999 }));
    const wrongPort = s.call('10.96.0.20', 80);
    expect({ empty, ready, unready, wrongPort, noSuchPort: s.call('10.96.0.20', 90, { timeoutMs: 1000 }) }).toEqual({
      empty: 'ECONNREFUSED 0 ms',
      ready: 'pong 0 ms',
      unready: 'ECONNREFUSED 0 ms',
      wrongPort: 'ECONNREFUSED 0 ms',
      noSuchPort: 'ETIMEDOUT 1000 ms',
    });
  });

  it('drops what a NetworkPolicy forbids', () => {
    const s = scene();
    s.network.listen(s.server, 80, pong());
    const policy = (ingress: object[]) => ({
      metadata: { namespace: 'app', name: 'p' },
      spec: { podSelector: { matchLabels: { app: 'server' } }, policyTypes: ['Ingress'], ingress },
    });
    s.api.put('networking.k8s.io/v1/NetworkPolicy', policy([]));
    const denied = s.call('10.244.1.3', 80, { timeoutMs: 2000 });
    const from = [{ podSelector: { matchLabels: { app: 'client' } } }];
    s.api.put('networking.k8s.io/v1/NetworkPolicy', policy([{ from, ports: [{ port: 80 }] }]));
    const allowed = s.call('10.244.1.3', 80);
    s.api.put('networking.k8s.io/v1/NetworkPolicy', policy([{ from, ports: [{ port: 81 }] }]));
    const otherPort = s.call('10.244.1.3', 80, { timeoutMs: 2000 });
    expect({ denied, allowed, otherPort }).toEqual({
      denied: 'ETIMEDOUT 2000 ms',
      allowed: 'pong 0 ms',
      otherPort: 'ETIMEDOUT 2000 ms',
    });
  });
});

describe('a connection', () => {
  it('waits for a slow handler and is reset when the listener ends', () => {
    const s = scene();
    const listener = s.network.listen(s.server, 80, pong(5000));
    const slow = s.call('10.244.1.3', 80);
    s.world.after(2000, () => listener.close());
    expect({ slow, killed: s.call('10.244.1.3', 80) }).toEqual({ slow: 'pong 5000 ms', killed: 'ECONNRESET 2000 ms' });
  });

  it('is reset when the pod goes down', () => {
    const s = scene();
    s.network.listen(s.server, 80, pong());
    let conn: Conn | undefined;
    s.run(function* (th) {
      conn = yield* s.network.dial(th, s.client, '10.244.1.3', 80);
      return '';
    });
    s.network.detach(s.server);
    expect(conn?.isOpen).toBe(false);
  });
});

describe('disturbances', () => {
  it('loss hangs calls until it is removed, then they complete within 3 s', () => {
    const s = scene();
    s.network.listen(s.server, 80, pong());
    const loss = s.network.disturb.loss({ namespace: 'app', labels: { app: 'server' } }, 0.99);
    s.world.after(40_000, () => loss.remove());
    const outcome = s.run(function* (th) {
      const conn = yield* s.network.dial(th, s.client, '10.244.1.3', 80);
      yield* conn.request(th, PING);
      return 'pong';
    });
    expect(outcome).toBe('pong 63000 ms');
    const conn = { open: undefined as Conn | undefined };
    s.run(function* (th) {
      conn.open = yield* s.network.dial(th, s.client, '10.244.1.3', 80);
      return '';
    });
    const again = s.network.disturb.loss({ namespace: 'app', labels: { app: 'server' } }, 0.99);
    s.world.after(40_000, () => again.remove());
    const ms = Number(
      /(\d+) ms/.exec(
        s.run(function* (th) {
          yield* (conn.open as Conn).request(th, PING);
          return 'pong';
        }),
      )?.[1],
    );
    expect(ms).toBeGreaterThanOrEqual(41_000);
    expect(ms).toBeLessThanOrEqual(43_000);
  });

  it('delay adds to the handshake and to each answer', () => {
    const s = scene();
    s.network.listen(s.server, 80, pong());
    s.network.disturb.delay({ namespace: 'app', labels: { app: 'server' } }, 10_000);
    expect(s.call('10.244.1.3', 80)).toBe('pong 20000 ms');
  });

  it('partition cuts both directions', () => {
    const s = scene();
    s.network.listen(s.server, 80, pong());
    s.network.disturb.partition({ namespace: 'app', labels: { app: 'client' } });
    expect(s.call('10.244.1.3', 80)).toBe('ETIMEDOUT 127000 ms');
  });
});
