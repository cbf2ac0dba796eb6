import { beforeAll, describe, expect, it } from 'vitest';
import { HOTELS, Lab, labelsOf, NAMESPACE, RECOMMENDATIONS, type Reply, reservation, type Sent, USER } from './lab.ts';

const NOBODY = 'rpc error: code = Unavailable desc = there is no connection available\n';

interface Tick {
  atMs: number;
  status: number;
  body: string;
  ms: number;
}

/** One request every `periodMs` until the lab's time has moved by `forMs`. */
async function poll(lab: Lab, path: string, method: string, forMs: number, periodMs = 100): Promise<Tick[]> {
  const startMs = lab.nowMs;
  const ticks: Tick[] = [];
  while (lab.nowMs - startMs < forMs) {
    const atMs = lab.nowMs - startMs;
    const { status, body, ms } = await lab.http(path, method);
    ticks.push({ atMs, status, body, ms });
    await lab.sleep(Math.max(0, atMs + periodMs - (lab.nowMs - startMs)));
  }
  return ticks;
}

const failedFor = (ticks: Tick[]): number => {
  const failed = ticks.filter((tick) => tick.status !== 200);
  return failed.length === 0 ? 0 : (failed.at(-1) as Tick).atMs - (failed[0] as Tick).atMs;
};

describe('a peer that goes away', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await Lab.open('peers');
    await lab.http(HOTELS);
  });

  it('is missed for about a second when its container is killed', async () => {
    const before = [(await lab.log('search')).length, (await lab.log('frontend')).length];
    const ticks = poll(lab, HOTELS, 'GET', 5_000);
    await lab.kill('geo');
    const seen = await ticks;
    expect(new Set(seen.filter((tick) => tick.status !== 200).map((tick) => tick.body))).toEqual(new Set([NOBODY]));
    expect(failedFor(seen)).toBeGreaterThan(500);
    expect(failedFor(seen)).toBeLessThan(2_500);
    const container = await lab.container('geo');
    expect(container.restartCount).toBe(1);
    expect(container.lastState.terminated).toMatchObject({ exitCode: 137, reason: 'Error' });
    expect(await lab.kubectl('describe pods -l io.kompose.service=geo')).toMatch(
      /Last State: +Terminated\n +Reason: +Error\n +Exit Code: +137\n/,
    );
    expect([(await lab.log('search')).length, (await lab.log('frontend')).length]).toEqual(before);
  });

  it('is missed for less when its pod is deleted, and consul remembers the old one', async () => {
    const old = await lab.pod('geo');
    await lab.deletePod('geo');
    const seen = await poll(lab, HOTELS, 'GET', 5_000);
    expect(new Set(seen.filter((tick) => tick.status !== 200).map((tick) => tick.body))).toEqual(new Set([NOBODY]));
    expect(failedFor(seen)).toBeLessThan(2_500);
    const { body } = await lab.http('/v1/catalog/service/srv-geo', 'GET', 'consul', 8500);
    const addresses = JSON.parse(body).map((entry: { ServiceAddress: string }) => entry.ServiceAddress);
    // two starts of the old pod, one of the new
    expect(addresses.sort()).toEqual([old.status.podIP, old.status.podIP, (await lab.pod('geo')).status.podIP].sort());
    const events = await lab.events('Pod', old.metadata.name);
    expect(events).toContain('Normal Killing Stopping container hotel-reserv-geo');
  });

  it('fails its calls at once until it is scaled up again', async () => {
    const old = (await lab.pod('user')).status.podIP;
    const others = ['frontend', 'reservation', 'search'];
    const before = await Promise.all(others.map(async (name) => (await lab.log(name)).length));
    await lab.scale('user', 0);
    await lab.sleep(3_000);
    for (const [path, body] of [
      [USER, NOBODY],
      [reservation(5), NOBODY],
    ]) {
      const reply = await lab.http(path as string, 'POST');
      expect(reply).toMatchObject({ status: 500, body });
      expect(reply.ms).toBeLessThan(5);
    }
    expect((await lab.http(HOTELS)).status).toBe(200);
    const { body } = await lab.http('/v1/health/service/srv-user?passing=1', 'GET', 'consul', 8500);
    expect(JSON.parse(body).map((entry: { Service: { Address: string } }) => entry.Service.Address)).toEqual([old]);
    expect(await Promise.all(others.map(async (name) => (await lab.log(name)).length))).toEqual(before);
    await lab.scale('user', 1);
    await lab.until(async () => (await lab.pods('user')).some((pod) => pod.status.containerStatuses?.[0]?.ready));
    await lab.until(async () => (await lab.messages('user')).at(-1)?.includes('Successfully registered') === true);
    expect(await lab.until(async () => (await lab.http(USER, 'POST')).status === 200, 30_000)).toBeLessThan(2_000);
  });

  it('is found again only after the back-off when its container was away for long', async () => {
    const target = { namespace: NAMESPACE, labels: labelsOf('recommendation') };
    const waits: number[] = [];
    // An attempt of the client may fall on the very moment at which the peer is back; not on each of them.
    for (const awayMs of [25_000, 31_000, 38_000]) {
      const { disturbances } = lab.cluster;
      const killing = await disturbances.killContainerRepeatedly(target, 'hotel-reserv-recommendation', 1_500);
      await lab.sleep(awayMs);
      await killing.remove();
      await lab.until(async () => 'running' in (await lab.container('recommendation')).state, 300_000);
      waits.push(await lab.until(async () => (await lab.http(RECOMMENDATIONS)).status === 200, 70_000));
    }
    expect(Math.max(...waits)).toBeGreaterThan(500);
    expect(Math.max(...waits)).toBeLessThan(1.6 * 40_000);
  });

  it.each(['geo', 'user'])('is not missed when only its Service goes: %s', async (service) => {
    await lab.setTargetPort(service, 9999);
    await lab.sleep(2_000);
    expect(await lab.kubectl(`get endpoints ${service}`)).toMatch(/:9999 /);
    expect((await lab.http(HOTELS)).status).toBe(200);
    expect((await lab.http(USER, 'POST')).status).toBe(200);
    await lab.api('DELETE', `services/${service}`);
    await lab.sleep(2_000);
    expect((await lab.http(HOTELS)).status).toBe(200);
    expect((await lab.http(USER, 'POST')).status).toBe(200);
  });

  it('ends within a second of SIGTERM with status 2 and without a word', async () => {
    const pod = await lab.pod('rate');
    await lab.load({ rate: 5, seconds: 60 });
    const before = (await lab.log('rate')).length;
    const stoppedMs = lab.nowMs;
    await lab.api('PATCH', `pods/${pod.metadata.name}`, {
      spec: { containers: [{ name: 'hotel-reserv-rate', image: 'yinfangchen/geo:app3' }] },
    });
    await lab.until(async () => (await lab.container('rate')).lastState.terminated !== undefined, 30_000);
    const { terminated } = (await lab.container('rate')).lastState;
    expect(terminated).toMatchObject({ exitCode: 2, reason: 'Error' });
    expect(Date.parse(terminated.finishedAt) - stoppedMs).toBeLessThan(2_000);
    expect(await lab.log('rate', { previous: true })).toHaveLength(before);
  });
});

describe('the way to the frontend', () => {
  it.each([
    ['wrong target port', async (lab: Lab) => lab.setTargetPort('frontend', 9999)],
    ['no pods', async (lab: Lab) => lab.scale('frontend', 0)],
  ])('is refused at once: %s', async (name, breakIt) => {
    const lab = await Lab.open(`frontend ${name}`);
    await breakIt(lab);
    await lab.sleep(3_000);
    const reply = await lab.http(HOTELS);
    expect(reply).toMatchObject({ status: 0, body: 'ECONNREFUSED' });
    expect(reply.ms).toBeLessThan(2);
    const { clusterIP } = (await lab.api('GET', 'services/frontend')).spec;
    expect(await lab.sh(`curl -sS http://${clusterIP}:5000/`)).toMatch(
      /^curl: \(7\) Failed to connect to 10\.96\.\d+\.\d+ port 5000 after \d+ ms: .*\n$/,
    );
  });
});

describe('packets that get lost or late', () => {
  it('make calls hang without an error', async () => {
    const lab = await Lab.open('loss');
    expect((await lab.http(USER, 'POST')).status).toBe(200);
    const before = (await lab.log('frontend')).length;
    const target = { namespace: NAMESPACE, labels: labelsOf('user') };
    const loss = await lab.cluster.disturbances.packetLoss(target, 0.99);
    const sent: Sent[] = [lab.send(USER, 'POST')];
    await lab.sleep(20_000);
    sent.push(lab.send(reservation(5), 'POST'));
    await lab.sleep(20_000);
    expect(sent.map((request) => request.reply)).toEqual([undefined, undefined]);
    expect((await lab.http(HOTELS)).status).toBe(200);
    await loss.remove();
    const replies: Reply[] = [];
    for (const request of sent) replies.push(await lab.answer(request, 10_000));
    expect(replies.map((reply) => reply.status)).toEqual([200, 200]);
    expect(replies[0]?.ms).toBeGreaterThan(40_000);
    expect(replies[0]?.ms).toBeLessThan(44_000);
    expect((await lab.log('frontend')).length).toBe(before);
    expect((await lab.container('user')).restartCount).toBe(0);

    const delay = await lab.cluster.disturbances.packetDelay(target, 10_000);
    const late = await lab.http(USER, 'POST');
    expect(late.status).toBe(200);
    expect(late.ms).toBeGreaterThanOrEqual(10_000);
    expect(late.ms).toBeLessThan(10_500);
    await delay.remove();
    expect((await lab.http(USER, 'POST')).ms).toBeLessThan(100);
  });

  it('stall the whole load, which has two connections', async () => {
    const lab = await Lab.open('stalled load');
    await lab.load();
    await lab.sleep(20_000);
    const loss = await lab.cluster.disturbances.packetLoss({ namespace: NAMESPACE, labels: labelsOf('user') }, 0.99);
    await lab.sleep(90_000);
    const perMinute = async (): Promise<number> => {
      const from = (lab.nowMs - 30_000) * 1000;
      return (await lab.traces('frontend')).filter((trace) => trace.root.startTime > from).length * 2;
    };
    expect(await perMinute()).toBeLessThan(350);
    await loss.remove();
    await lab.sleep(60_000);
    expect(await perMinute()).toBeGreaterThan(450);
  });
});
