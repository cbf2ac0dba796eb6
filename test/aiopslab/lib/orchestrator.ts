import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mixedWorkloadType1 } from '../../../src/workload/payloads/mixed-workload-type-1.ts';
import { clientFolder } from '../../real-clients/lib/binaries.ts';
import { type Json, NAMESPACE, OPENEBS, type Revision, scriptMaps, writeHotelManifests } from './manifests.ts';
import { ApiException, type ClientLibrary } from './python-client.ts';

const HOTEL = NAMESPACE;
const JOB = 'wrk2-job';

export interface OrchestratorOptions {
  client: ClientLibrary;
  kubeconfig: string;
  /** A directory of its own: home, manifests, files that AIOpsLab puts into /tmp. */
  folder: string;
  root: string;
  revision: Revision;
  /** Seconds of the cluster per second here; all of AIOpsLab's pauses are shortened by it. */
  speed: number;
}

/**
 * The calls that AIOpsLab's orchestrator makes of a cluster in a run of HotelReservation, in its order, with its pauses and its way of
 * reading answers: stdout, or stderr when a command failed; exit codes do not count.
 */
export class Orchestrator {
  readonly commands: string[] = [];
  readonly #options: OrchestratorOptions;
  readonly #manifests: string;

  constructor(options: OrchestratorOptions) {
    this.#options = options;
    this.#manifests = join(options.folder, 'hotelReservation/kubernetes');
    writeHotelManifests(this.#manifests, options.root, options.revision);
    mkdirSync(join(options.folder, 'tmp'), { recursive: true });
    writeFileSync(join(options.folder, 'openebs-operator.yaml'), OPENEBS);
  }

  get client(): ClientLibrary {
    return this.#options.client;
  }

  sleep(seconds: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, (seconds * 1000) / this.#options.speed));
  }

  /** A command line as its `exec_command` runs it. */
  async exec(command: string): Promise<string> {
    const { stdout, stderr, code } = await this.shell(command);
    return code === 0 ? stdout : stderr;
  }

  /** A command line with the real kubectl and helm in reach. */
  shell(command: string): Promise<{ stdout: string; stderr: string; code: number }> {
    this.commands.push(command);
    const { folder, kubeconfig } = this.#options;
    const env = { HOME: folder, KUBECONFIG: kubeconfig, PATH: `${clientFolder()}:/usr/bin:/bin`, LC_ALL: 'C.UTF-8' };
    return new Promise((resolve) => {
      execFile('/bin/sh', ['-c', command], { env, cwd: folder, timeout: 60_000 }, (error, stdout, stderr) =>
        resolve({ stdout, stderr, code: error ? Number(error.code ?? 124) : 0 }),
      );
    });
  }

  /** True when the server says that it does not exist. */
  async absent(call: Promise<unknown>): Promise<boolean> {
    try {
      await call;
      return false;
    } catch (error) {
      if (error instanceof ApiException && error.status === 404) return true;
      throw error;
    }
  }

  async pods(namespace = HOTEL): Promise<Json[]> {
    return (await this.client.call('CoreV1Api.list_namespaced_pod', [namespace])).items;
  }

  /** Polls as `wait_for_ready` does: at least one pod, all containers of all pods ready. */
  async waitForReady(namespace: string, limitS = 300, pollS = 2): Promise<void> {
    for (let waited = 0; waited < limitS; waited += pollS) {
      const pods = await this.pods(namespace);
      if (pods.length > 0 && pods.every(isReady)) return;
      await this.sleep(pollS);
    }
    throw new Error(`Timeout: Not all pods in namespace '${namespace}' reached the Ready state`);
  }

  async #gone(namespace: string): Promise<void> {
    for (let waited = 0; waited < 300; waited += 2) {
      if (await this.absent(this.client.call('CoreV1Api.read_namespace', [namespace]))) return;
      await this.sleep(2);
    }
    throw new Error(`Timeout: Namespace '${namespace}' was not deleted`);
  }

  /** The application's constructor: namespace and ConfigMaps. */
  async construct(): Promise<void> {
    const known = await this.exec(`kubectl get namespace ${HOTEL}`);
    if (known.toLowerCase().includes('notfound')) await this.exec(`kubectl create namespace ${HOTEL}`);
    for (const [name, data] of [...Object.entries(scriptMaps('rate')), ...Object.entries(scriptMaps('geo'))]) {
      let existing: Json;
      const read = this.client.call('CoreV1Api.read_namespaced_config_map', [name, HOTEL]);
      const isNew = await this.absent(
        read.then((value) => {
          existing = value;
        }),
      );
      if (isNew)
        await this.client.call('CoreV1Api.create_namespaced_config_map', [HOTEL, { metadata: { name }, data }]);
      else await this.client.call('CoreV1Api.replace_namespaced_config_map', [name, HOTEL, { ...existing, data }]);
    }
  }

  async #operators(): Promise<void> {
    await this.exec('kubectl apply -f openebs-operator.yaml');
    const annotation = '{"metadata": {"annotations":{"storageclass.kubernetes.io/is-default-class":"true"}}}';
    await this.exec(`kubectl patch storageclass openebs-hostpath -p '${annotation}'`);
    await this.waitForReady('openebs');
    const status = await this.exec('helm status prometheus -n observe');
    if (!status.includes('STATUS: deployed')) throw new Error(`Prometheus would be installed now: ${status}`);
  }

  async deploy(): Promise<void> {
    await this.exec(`kubectl apply -Rf ${this.#manifests} -n ${HOTEL}`);
  }

  /** All until the fault is injected. */
  async setUp(): Promise<void> {
    await this.construct();
    await this.#operators();
    if ((await this.exec(`kubectl get all -n ${HOTEL} -o name`)) !== '')
      await this.exec(`kubectl delete -Rf ${this.#manifests} -n ${HOTEL} --timeout=10s`);
    await this.deploy();
    await this.waitForReady(HOTEL);
  }

  async #deleteJob(): Promise<void> {
    const job = [JOB, 'default'];
    if (await this.absent(this.client.call('BatchV1Api.read_namespaced_job', job))) return;
    const body = { propagationPolicy: 'Foreground' };
    await this.client.call('BatchV1Api.delete_namespaced_job', job, { body });
    await this.sleep(5);
  }

  /** Starts the load and returns once its pod is ready or has ended. */
  async startWorkload(seconds = 10): Promise<void> {
    const service = await this.client.call('CoreV1Api.read_namespaced_service', ['frontend', HOTEL]);
    const name = 'wrk2-payload-script';
    const { fileName, lua } = mixedWorkloadType1;
    await this.absent(this.client.call('CoreV1Api.delete_namespaced_config_map', [name, 'default']));
    const map = { metadata: { name }, data: { [fileName]: lua } };
    await this.client.call('CoreV1Api.create_namespaced_config_map', ['default', map]);
    await this.#deleteJob();
    const url = `http://${service.spec.clusterIP}:5000`;
    await this.client.call('BatchV1Api.create_namespaced_job', ['default', wrkJob(url, fileName, seconds)]);
    for (let polls = 0; polls < 60; polls++) {
      const { status } = await this.client.call('BatchV1Api.read_namespaced_job_status', [JOB, 'default']);
      // At many times the speed a poll may come too late to see the pod ready, where AIOpsLab would wait for ever.
      if (status?.ready || status?.failed || status?.succeeded) return;
      await this.sleep(5);
    }
    throw new Error('the load did not start');
  }

  /** `app.cleanup()`: the namespace, and the volumes that were its. */
  async cleanUp(): Promise<void> {
    if (!(await this.absent(this.client.call('CoreV1Api.delete_namespace', [HOTEL])))) await this.#gone(HOTEL);
    await this.sleep(10);
    const volumes = await this.exec(`kubectl get pv --no-headers | grep '${HOTEL}' | awk '{print $1}'`);
    for (const volume of volumes.split('\n').filter(Boolean)) {
      await this.exec(`kubectl patch pv ${volume} -p '{"metadata":{"finalizers":null}}'`);
      await this.exec(`kubectl delete pv ${volume}`);
    }
    await this.sleep(5);
  }

  /** The end of a run; Prometheus stays, as where it was there before. */
  async tearDown(): Promise<void> {
    await this.cleanUp();
    await this.exec('helm list -n observe');
    await this.exec('kubectl get pvc prometheus-pvc --ignore-not-found');
    await this.exec('kubectl delete sc openebs-hostpath openebs-device --ignore-not-found');
    await this.exec('kubectl delete -f openebs-operator.yaml');
    await this.#gone('openebs');
  }

  /** The file that its injectors write a Deployment to. */
  file(name: string, content: string): string {
    const path = join(this.#options.folder, 'tmp', name);
    writeFileSync(path, content);
    return path;
  }
}

function isReady({ status }: Json): boolean {
  return (
    status.phase === 'Succeeded' ||
    (status.containerStatuses?.length > 0 && status.containerStatuses.every((one: Json) => one.ready))
  );
}

function wrkJob(url: string, script: string, seconds: number): Json {
  const args = ['wrk', '-D', 'exp', '-t', '2', '-c', '2', '-d', `${seconds}s`, '-L', '-s', `/scripts/${script}`];
  const container = {
    name: 'wrk2',
    image: 'deathstarbench/wrk2-client:latest',
    args: [...args, url, '-R', '10', '--latency'],
    volumeMounts: [{ name: 'wrk2-scripts', mountPath: `/scripts/${script}`, subPath: script }],
  };
  const volumes = [{ name: 'wrk2-scripts', configMap: { name: 'wrk2-payload-script' } }];
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: JOB },
    spec: { template: { spec: { restartPolicy: 'Never', containers: [container], volumes } } },
  };
}
