import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest, Agent as PlainAgent } from 'node:http';
import { request as httpsRequest, Agent as SecureAgent } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { KubeConfig } from '@kubernetes/client-node';
import { clientFolder, unavailable } from '../../test/real-clients/lib/binaries.ts';
import { median, ms, quantile, type Row, timed } from './row.ts';
import { served } from './served.ts';

const NAMESPACE = 'aiopslab-bench';
const MAPS = `/api/v1/namespaces/${NAMESPACE}/configmaps`;
const SERIAL = 300;
const CONCURRENT = { clients: 16, each: 60 };
const WATCHES = 50;
const CHANGES = 40;
const APPLIED = 40;

type Sent = { status: number; body: string };

/** Requests over kept connections to whatever cluster a kubeconfig names. */
class Api {
  readonly #options: Record<string, unknown> = {};
  readonly #server: string;
  readonly #secure: boolean;

  private constructor(server: string, options: Record<string, unknown>) {
    this.#server = server;
    this.#secure = server.startsWith('https');
    const agent = this.#secure ? new SecureAgent({ keepAlive: true }) : new PlainAgent({ keepAlive: true });
    this.#options = { ...options, agent };
  }

  static async of(kubeconfig: string): Promise<Api> {
    const config = new KubeConfig();
    config.loadFromFile(kubeconfig);
    const options: Parameters<KubeConfig['applyToHTTPSOptions']>[0] = {};
    await config.applyToHTTPSOptions(options);
    return new Api(config.getCurrentCluster()?.server ?? '', { ...options });
  }

  send(method: string, path: string, body?: unknown, type = 'application/json', onChunk?: (text: string) => void) {
    const call = this.#secure ? httpsRequest : httpRequest;
    const own = (this.#options['headers'] ?? {}) as Record<string, string>;
    const headers = body === undefined ? own : { ...own, 'content-type': type };
    return new Promise<Sent & { end(): void }>((resolve, reject) => {
      const options = { ...this.#options, ...(onChunk ? { agent: undefined } : {}), method, headers };
      const sent = call(`${this.#server}${path}`, options, (answer) => {
        let text = '';
        answer.setEncoding('utf8');
        const done = () => resolve({ status: answer.statusCode ?? 0, body: text, end: () => sent.destroy() });
        answer.on('error', () => {});
        answer.on('data', (chunk: string) => {
          if (onChunk) onChunk(chunk);
          else text += chunk;
        });
        if (onChunk) done();
        else answer.on('end', done);
      });
      sent.on('error', (error) => (onChunk ? undefined : reject(error)));
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  async expect(status: number, ...call: Parameters<Api['send']>): Promise<string> {
    const answer = await this.send(...call);
    if (answer.status !== status) throw new Error(`${call[0]} ${call[1]}: ${answer.status} ${answer.body}`);
    return answer.body;
  }
}

interface Figures {
  /** Median and p99 of each kind of request, one after the other. */
  serial: Map<string, number[]>;
  /** Requests a second of many clients at once. */
  concurrent: number;
  /** From the write of an object to the last watch's hearing of it, in ms. */
  fanOut: number[];
  /** `kubectl apply` of objects that are not there, and again of the same; undefined without a real kubectl. */
  apply?: [create: number, again: number];
}

/** API operations over HTTP on a cluster that we serve and, when its kubeconfig is given, on a real one. */
export async function httpOperations(real: string | undefined): Promise<Row[]> {
  const ours = await served((kubeconfig) => figures(kubeconfig));
  const genuine = real === undefined ? undefined : await figures(real);
  const beside = (of: (one: Figures) => string): string =>
    genuine ? `${of(ours)} (real API server: ${of(genuine)})` : of(ours);
  const rows = [...ours.serial.keys()].map((name) => ({
    what: `HTTP ${name}, one after the other, ${SERIAL} times`,
    value: beside(({ serial }) => latencies(serial.get(name) as number[])),
    target: '',
  }));
  const { clients, each } = CONCURRENT;
  rows.push({
    what: `HTTP create, get, patch, delete by ${clients} clients, ${clients * each * 4} requests`,
    value: beside((one) => `${Math.round(one.concurrent)} per second`),
    target: '',
  });
  rows.push({
    what: `watch fan-out to ${WATCHES} watches, ${CHANGES} changes`,
    value: beside((one) => latencies(one.fanOut)),
    target: '',
  });
  rows.push({
    what: `real kubectl apply of ${APPLIED} objects, then again`,
    value: ours.apply ? beside(({ apply = [0, 0] }) => apply.map(ms).join(', ')) : `no real kubectl: ${unavailable}`,
    target: '',
  });
  return rows;
}

const latencies = (took: number[]): string =>
  `p50 ${ms(median(took))}, p99 ${ms(quantile(took, 0.99))}, ${Math.round(1000 / median(took))} per second`;

async function figures(kubeconfig: string): Promise<Figures> {
  const api = await Api.of(kubeconfig);
  await api.expect(201, 'POST', '/api/v1/namespaces', { metadata: { name: NAMESPACE } });
  try {
    const serial = await oneByOne(api);
    const concurrent = await atOnce(api);
    const fanOut = await watched(api);
    return { serial, concurrent, fanOut, ...(unavailable ? {} : { apply: await applied(kubeconfig) }) };
  } finally {
    await api.send('DELETE', `/api/v1/namespaces/${NAMESPACE}`);
  }
}

const map = (name: string, data: Record<string, string> = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data,
});

async function oneByOne(api: Api): Promise<Map<string, number[]>> {
  const each = (run: (i: number) => Promise<unknown>) => timed(SERIAL, run);
  return new Map([
    ['create', await each((i) => api.expect(201, 'POST', MAPS, map(`serial-${i}`, { a: 'b' })))],
    ['get', await each((i) => api.expect(200, 'GET', `${MAPS}/serial-${i}`))],
    [`list of ${SERIAL}`, (await timed(30, () => api.expect(200, 'GET', MAPS))) as number[]],
    [
      'merge patch',
      await each((i) =>
        api.expect(200, 'PATCH', `${MAPS}/serial-${i}`, { data: { c: 'd' } }, 'application/merge-patch+json'),
      ),
    ],
    [
      'server-side apply',
      await each((i) => {
        const path = `${MAPS}/serial-${i}?fieldManager=bench&force=true`;
        return api.expect(200, 'PATCH', path, map(`serial-${i}`, { e: 'f' }), 'application/apply-patch+yaml');
      }),
    ],
    ['delete', await each((i) => api.expect(200, 'DELETE', `${MAPS}/serial-${i}`))],
  ]);
}

async function atOnce(api: Api): Promise<number> {
  const { clients, each } = CONCURRENT;
  const work = async (client: number): Promise<void> => {
    for (let i = 0; i < each; i++) {
      const path = `${MAPS}/client-${client}-${i}`;
      await api.expect(201, 'POST', MAPS, map(`client-${client}-${i}`));
      await api.expect(200, 'GET', path);
      await api.expect(200, 'PATCH', path, { data: { c: 'd' } }, 'application/merge-patch+json');
      await api.expect(200, 'DELETE', path);
    }
  };
  const [took] = await timed(1, () => Promise.all(Array.from({ length: clients }, (_, i) => work(i))));
  return (clients * each * 4 * 1000) / (took as number);
}

async function watched(api: Api): Promise<number[]> {
  const { metadata } = JSON.parse(await api.expect(200, 'GET', MAPS)) as { metadata: { resourceVersion: string } };
  const path = `${MAPS}?watch=1&resourceVersion=${metadata.resourceVersion}`;
  let heard = 0;
  let all = (): void => {};
  const onChunk = (text: string): void => {
    heard += text.split('\n').length - 1;
    if (heard === WATCHES) all();
  };
  const watches = await Promise.all(
    Array.from({ length: WATCHES }, () => api.send('GET', path, undefined, undefined, onChunk)),
  );
  const took = await timed(CHANGES, async (i) => {
    heard = 0;
    const everybody = new Promise<void>((resolve) => {
      all = resolve;
    });
    await Promise.all([api.expect(201, 'POST', MAPS, map(`change-${i}`)), everybody]);
  });
  for (const watch of watches) watch.end();
  return took;
}

async function applied(kubeconfig: string): Promise<[number, number]> {
  const folder = mkdtempSync(join(tmpdir(), 'aiopslab-bench-apply-'));
  const file = join(folder, 'objects.json');
  const items = Array.from({ length: APPLIED }, (_, i) => map(`applied-${i}`, { a: 'b' }));
  writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  const kubectl = join(clientFolder(), 'kubectl');
  const args = ['--kubeconfig', kubeconfig, '--cache-dir', folder, '-n', NAMESPACE];
  try {
    await promisify(execFile)(kubectl, [...args, 'api-resources']);
    const took = await timed(2, () => promisify(execFile)(kubectl, [...args, 'apply', '-f', file]));
    return took as [number, number];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
