import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { parse, stringify } from 'yaml';
import { clientFolder, unavailable } from '../real-clients/lib/binaries.ts';
import { type Json, NAMESPACE } from './lib/manifests.ts';
import { Orchestrator } from './lib/orchestrator.ts';
import { RawClient } from './lib/python-client.ts';
import { type ServedCluster, serveCluster } from './lib/served.ts';

const root = join(import.meta.dirname, '../..');
const SPEED = 10;
const IN = `-n ${NAMESPACE}`;

/** Command lines and calls of AIOpsLab's other families, on HotelReservation where theirs is another application. */
describe.skipIf(unavailable !== undefined)(
  `AIOpsLab's other calls, with real kubectl and helm ${unavailable ?? ''}`,
  () => {
    let served: ServedCluster;
    let folder: string;
    let run: Orchestrator;
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'aiopslab-calls-'));
      const options = ['--speed', String(SPEED), '--with', 'chaos-mesh'];
      served = await serveCluster(root, join(folder, 'kubeconfig'), options);
      const config = JSON.parse(readFileSync(served.kubeconfig, 'utf8'));
      const client = new RawClient(config.clusters[0].cluster.server, config.users[0].user.token);
      const { kubeconfig } = served;
      run = new Orchestrator({ client, kubeconfig, folder, root, revision: 'edited', speed: SPEED });
      await run.construct();
      await run.deploy();
      await run.waitForReady(NAMESPACE);
      await run.startWorkload(600);
    });
    afterAll(async () => {
      expect(await served?.stop()).toBe(0);
      rmSync(folder, { recursive: true, force: true });
    });

    const json = async (command: string): Promise<Json> => JSON.parse(await run.exec(`${command} -o json`));
    const ready = async (service: string): Promise<boolean> => {
      const query = { label_selector: `io.kompose.service=${service}` };
      const { items } = await run.client.call('CoreV1Api.list_namespaced_pod', [NAMESPACE], query);
      return (
        items.length > 0 && items.every((pod: Json) => pod.status.containerStatuses?.every((one: Json) => one.ready))
      );
    };
    const until = async (what: () => Promise<boolean>): Promise<void> => {
      for (let tries = 0; !(await what()); tries++) {
        if (tries > 60) throw new Error('it did not come about');
        await run.sleep(2);
      }
    };

    it('target port: the complete Service as a strategic merge patch', async () => {
      const setPort = async (from: number, to: number): Promise<void> => {
        const service = await json(`kubectl get service geo ${IN}`);
        for (const port of service.spec.ports) if (port.targetPort === from) port.targetPort = to;
        await run.client.call('CoreV1Api.patch_namespaced_service', ['geo', NAMESPACE, service]);
      };
      const port = async (): Promise<unknown> =>
        (await run.client.call('CoreV1Api.read_namespaced_service', ['geo', NAMESPACE])).spec.ports;
      await setPort(8083, 9999);
      expect(await port()).toEqual([{ name: '8083', port: 8083, protocol: 'TCP', targetPort: 9999 }]);
      expect(await run.exec(`kubectl get endpoints geo ${IN} --no-headers`)).toMatch(/^geo\s+10\.244\.\d+\.\d+:9999 /m);
      await setPort(9999, 8083);
      expect(await port()).toEqual([{ name: '8083', port: 8083, protocol: 'TCP', targetPort: 8083 }]);
    });

    it('scaled to zero', async () => {
      const scale = (replicas: number) => run.exec(`kubectl scale deployment user --replicas=${replicas} ${IN}`);
      const read = () => run.client.call('AppsV1Api.read_namespaced_deployment', ['user', NAMESPACE]);
      expect(await scale(0)).toBe('deployment.apps/user scaled\n');
      await until(async () => (await read()).status.availableReplicas === undefined);
      expect((await read()).spec.replicas).toBe(0);
      await scale(1);
      await until(async () => (await read()).status.availableReplicas === 1);
    });

    it('assigned to a node that is not there: deleted, and applied again as it was read', async () => {
      const reapply = async (edit: (spec: Json) => void): Promise<void> => {
        const deployment = parse(await run.exec(`kubectl get deployment user ${IN} -o yaml`));
        edit(deployment.spec.template.spec);
        expect(await run.exec(`kubectl delete deployment user ${IN}`)).toMatch(/^deployment.apps "user" deleted/);
        const file = run.file('user_modified.yaml', stringify(deployment));
        expect(await run.exec(`kubectl apply -f ${file} ${IN}`)).toBe('deployment.apps/user created\n');
      };
      await reapply((spec) => {
        spec.nodeSelector = { 'kubernetes.io/hostname': 'extra-node' };
      });
      await run.sleep(25);
      const pods = (await run.pods()).filter((pod) => pod.metadata.name.startsWith('user-'));
      expect(pods.map((pod) => [pod.status.phase, pod.status.containerStatuses])).toEqual([['Pending', undefined]]);
      await reapply((spec) => {
        delete spec.nodeSelector;
      });
      await until(() => ready('user'));
    });

    it('Secrets, ConfigMaps, restarts and what else is typed', async () => {
      expect((await run.exec(`kubectl get secret mongodb-tls ${IN}`)).toLowerCase()).toContain('notfound');
      run.file('tls.pem', 'one\n');
      run.file('ca.crt', 'two\n');
      expect(
        await run.exec(
          `kubectl create secret generic mongodb-tls --from-file=tls.pem=tmp/tls.pem --from-file=ca.crt=tmp/ca.crt ${IN}`,
        ),
      ).toBe('secret/mongodb-tls created\n');
      expect(await run.exec(`kubectl rollout restart deployment user ${IN}`)).toBe('deployment.apps/user restarted\n');
      expect((await json(`kubectl get configmap mongo-geo-script ${IN}`)).data).toHaveProperty('k8s-geo-mongo.sh');
      const piped = `kubectl create configmap flags ${IN} --from-file=values.yaml=tmp/tls.pem --dry-run=client -o yaml | kubectl apply -f -`;
      expect(await run.exec(piped)).toBe('configmap/flags created\n');
      const wait = `kubectl wait --for=condition=ready pod -l io.kompose.service=frontend ${IN} --timeout=30s`;
      expect(await run.exec(wait)).toMatch(/^pod\/frontend-\S+ condition met\n$/);
      expect(await run.exec(`kubectl get service jaeger-out ${IN} -o jsonpath={.spec.ports[0].nodePort}`)).toMatch(
        /^3\d{4}$/,
      );
      expect(
        await run.exec(`kubectl get pods ${IN} -l io.kompose.service=geo -o jsonpath={.items[0].metadata.name}`),
      ).toMatch(/^geo-\w+-\w+$/);
      expect(await run.exec('kubectl get pvc prometheus-pvc')).toMatch(/Error|No resources found/);
      expect(await run.exec('helm status prometheus -n observe')).toContain('STATUS: deployed');
      expect(await run.exec('helm list -n observe')).toContain('prometheus');
    });

    it('logs, nodes and namespaces through the client library', async () => {
      const pod = (await run.pods()).find(({ metadata }) => metadata.name.startsWith('geo-'));
      const log = await run.client.call('CoreV1Api.read_namespaced_pod_log', [pod.metadata.name, NAMESPACE]);
      expect(log).toContain('Successfully registered in consul');
      const { items } = await run.client.call('CoreV1Api.list_node', []);
      const info = items[0].status.nodeInfo;
      expect([info.architecture, info.containerRuntimeVersion]).toEqual([
        'amd64',
        expect.stringMatching(/^containerd:/),
      ]);
      expect(Object.values(info).filter((value) => typeof value === 'string')).toHaveLength(10);
      const namespaces = await run.client.call('CoreV1Api.list_namespace', []);
      expect(namespaces.items.map((one: Json) => one.metadata.name)).toContain('observe');
    });

    it('exec and watches as the client library asks for them', async () => {
      const { server } = JSON.parse(readFileSync(served.kubeconfig, 'utf8')).clusters[0].cluster;
      const pod = (await run.pods()).find(({ metadata }) => metadata.name.startsWith('mongodb-geo-')).metadata.name;
      const command = ['sh', '-c', 'echo out; echo err >&2; exit 3'];
      const words = command.map((word) => `command=${encodeURIComponent(word)}`).join('&');
      const query = `${words}&stderr=True&stdin=False&stdout=True&tty=False`;
      const url = `${server.replace('http', 'ws')}/api/v1/namespaces/${NAMESPACE}/pods/${pod}/exec?${query}`;
      const channels = new Map<number, string>();
      await new Promise<void>((resolve, reject) => {
        const socket = new WebSocket(url, 'v4.channel.k8s.io');
        socket.on('message', (data: Buffer) => {
          const channel = data[0] as number;
          channels.set(channel, (channels.get(channel) ?? '') + data.subarray(1).toString());
        });
        socket.on('close', () => resolve());
        socket.on('error', reject);
      });
      expect([channels.get(1), channels.get(2)]).toEqual(['out\n', 'err\n']);
      expect(JSON.parse(channels.get(3) as string)).toMatchObject({
        status: 'Failure',
        reason: 'NonZeroExitCode',
        details: { causes: [{ reason: 'ExitCode', message: '3' }] },
      });
      const answer = await fetch(`${server}/api/v1/namespaces/${NAMESPACE}/pods?watch=True&timeoutSeconds=5`);
      const events = (await answer.text())
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).type);
      expect(events.length).toBeGreaterThanOrEqual(19);
      expect(events.slice(0, 19)).toEqual(Array(19).fill('ADDED'));
    });

    it('Chaos Mesh: installing it again fails and is passed over; experiments do what they do', async () => {
      const install = await run.shell(
        `helm install chaos-mesh ${root}/charts/chaos-mesh -n chaos-mesh --create-namespace --version 2.6.2 --set chaosDaemon.runtime=containerd`,
      );
      expect(install).toMatchObject({ code: 1, stderr: expect.stringContaining('that is still in use') });
      const experiment = (kind: string, name: string, service: string, spec: object): string => {
        const selector = { labelSelectors: { 'io.kompose.service': service } };
        const metadata = { name, namespace: NAMESPACE };
        const object = {
          apiVersion: 'chaos-mesh.org/v1alpha1',
          kind,
          metadata,
          spec: { mode: 'one', selector, ...spec },
        };
        return run.file(`${name}.yaml`, stringify(object));
      };
      const files = [
        experiment('PodChaos', 'container-kill', 'geo', {
          action: 'container-kill',
          duration: '200s',
          containerNames: ['hotel-reserv-geo'],
        }),
        experiment('PodChaos', 'pod-failure-experiment', 'user', { action: 'pod-failure', duration: '100s' }),
        experiment('NetworkChaos', 'loss', 'rate', {
          action: 'loss',
          duration: '200s',
          loss: { loss: '99', correlation: '100' },
        }),
        experiment('NetworkChaos', 'delay', 'profile', {
          action: 'delay',
          duration: '200s',
          delay: { latency: '10s', correlation: '100', jitter: '0ms' },
        }),
      ];
      for (const file of files) expect(await run.exec(`kubectl apply -f ${file}`)).toMatch(/ created\n$/);
      const phases = async () =>
        (await json(`kubectl get podchaos,networkchaos ${IN}`)).items.map((one: Json) => {
          const { type } = one.status?.conditions?.find((c: Json) => /^All/.test(c.type) && c.status === 'True') ?? {};
          return `${one.metadata.name} ${type}`;
        });
      await until(async () => (await phases()).every((phase: string) => / All/.test(phase)));
      expect(await phases()).toEqual([
        'container-kill AllInjected',
        'pod-failure-experiment AllInjected',
        'delay AllInjected',
        'loss AllInjected',
      ]);
      await until(async () => !(await ready('user')));
      expect(await run.exec(`kubectl get pods ${IN} -l io.kompose.service=geo --no-headers`)).toMatch(/ [1-9] \(/);
      await until(async () => (await phases()).includes('pod-failure-experiment AllRecovered'));
      for (const file of files) expect(await run.exec(`kubectl delete -f ${file}`)).toMatch(/ deleted/);
      await until(() => ready('user'));
      expect(await run.exec(`kubectl get podchaos,networkchaos ${IN}`)).toBe('');
      const unknown = experiment('PodChaos', 'unknown', 'user', { action: 'pod-explode' });
      expect(await run.exec(`kubectl apply -f ${unknown}`)).toContain('Unsupported value: "pod-explode"');
      expect(await run.exec(`kubectl apply -f ${experiment('KernelChaos', 'kernel', 'user', {})}`)).toContain(
        'no matches for kind "KernelChaos"',
      );
    });

    it('traces and metrics through port-forwards', async () => {
      const forward = async (args: string, paths: string[]): Promise<Json[]> => {
        const env = { PATH: `${clientFolder()}:/usr/bin:/bin`, HOME: folder, KUBECONFIG: served.kubeconfig };
        const child = spawn('kubectl', ['port-forward', ...args.split(' ')], { env });
        try {
          const port = await new Promise<number>((resolve, reject) => {
            child.stdout.on('data', (chunk) => {
              const line = /127\.0\.0\.1:(\d+) ->/.exec(String(chunk));
              if (line) resolve(Number(line[1]));
            });
            child.on('exit', () => reject(new Error('the port-forward ended')));
          });
          const answers: Json[] = [];
          for (const path of paths) answers.push(await get(port, path));
          return answers;
        } finally {
          child.kill();
        }
      };
      const lookback = 300;
      const [services, traces] = await forward(`svc/jaeger :16686 ${IN}`, [
        '/api/services',
        `/api/traces?service=frontend&lookback=${lookback}s`,
      ]);
      expect(services.data).toContain('frontend');
      expect(traces.data.length).toBeGreaterThan(10);
      const now = Math.floor(Date.now() / 1000);
      const query = `container_memory_working_set_bytes{namespace='${NAMESPACE}'}`;
      const range = `query=${encodeURIComponent(query)}&start=${now - 60}&end=${now}&step=15`;
      const [metrics] = await forward('svc/prometheus-server :80 -n observe', [`/api/v1/query_range?${range}`]);
      expect(metrics.data.result.length).toBeGreaterThan(15);
    });
  },
);

function get(port: number, path: string): Promise<Json> {
  return new Promise((resolve, reject) => {
    const call = request({ port, path, host: '127.0.0.1' }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk) => {
        text += chunk;
      });
      answer.on('end', () => resolve(JSON.parse(text)));
    });
    call.on('error', reject);
    call.end();
  });
}
