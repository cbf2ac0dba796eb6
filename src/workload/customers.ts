import type { DeployedApp } from '../apps/index.ts';
import { deleteNamespace, ensureNamespace, ownsNamespace } from '../apps/index.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { UserError } from '../core/errors.ts';
import { KubeClient } from '../helm/releases/kube.ts';
import type { Load, LoadReport, Workload } from './contract.ts';
import { createJob, type JobPod, jobLog, putConfigMap, waitForJob } from './jobs.ts';

/** Customers of the corner shop: a busybox script that orders one item after another, so that it runs wherever the shop does. */

const NAMESPACE = 'test-corner-shop-customers';
const STEADY = 'customers';
const RUSH = 'customers-rush';
const SURVEY = 'customers-survey';
const IMAGE = 'busybox:1.36';
const FILE = 'customers.sh';

/** `customers.sh URL COUNT PAUSE`: COUNT requests, 0 being without end, PAUSE seconds between two. */
const SCRIPT = `#!/bin/sh
url=$1 count=$2 pause=$3
requests=0 errors=0
while [ "$count" -eq 0 ] || [ $requests -lt "$count" ]; do
  requests=$((requests + 1))
  case $((requests % 5)) in
    0) path=/cgi-bin/products ;;
    1) path='/cgi-bin/order?item=tea&n=1' ;;
    2) path='/cgi-bin/order?item=bread&n=2' ;;
    3) path='/cgi-bin/order?item=milk&n=1' ;;
    *) path='/cgi-bin/order?item=coffee&n=1' ;;
  esac
  if ! timeout 8 wget -q -O /dev/null "$url$path"; then
    errors=$((errors + 1))
    echo "request $requests failed: $path"
  fi
  [ $((requests % 50)) -eq 0 ] && echo "requests=$requests errors=$errors"
  sleep "$pause"
done
echo "requests=$requests errors=$errors"
`;

/** One customer every two seconds. */
const STEADY_PAUSE_S = 2;
/** Enough that one request in a hundred failing is seen. */
const SURVEY_REQUESTS = 100;
const SURVEY_LIMIT_MS = 300_000;

function podSpec(app: DeployedApp, count: number, pauseS: number, restartPolicy: 'Never' | 'Always'): JobPod {
  const url = `http://${app.frontend.service}.${app.namespace}:${app.frontend.port}`;
  return {
    restartPolicy,
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: 1,
    // Customers are no part of the cluster: what keeps pods off its nodes does not keep them away.
    tolerations: [{ operator: 'Exists' }],
    containers: [
      {
        name: 'customers',
        image: IMAGE,
        command: ['sh', `/scripts/${FILE}`, url, String(count), String(pauseS)],
        volumeMounts: [{ name: 'scripts', mountPath: '/scripts' }],
      },
    ],
    volumes: [{ name: 'scripts', configMap: { name: STEADY } }],
  };
}

async function prepare(kube: KubeClient): Promise<void> {
  await ensureNamespace(kube, NAMESPACE);
  await putConfigMap(kube, NAMESPACE, STEADY, { [FILE]: SCRIPT });
}

async function start(cluster: Cluster, app: DeployedApp): Promise<void> {
  const kube = new KubeClient(cluster);
  await prepare(kube);
  const labels = { app: STEADY };
  await kube.json('POST', `/apis/apps/v1/namespaces/${NAMESPACE}/deployments`, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: STEADY, labels },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: podSpec(app, 0, STEADY_PAUSE_S, 'Always') },
    },
  });
}

async function run(cluster: Cluster, app: DeployedApp, load: Load): Promise<void> {
  const kube = new KubeClient(cluster);
  await prepare(kube);
  const count = Math.max(1, Math.round(load.rate * load.seconds));
  await createJob(kube, NAMESPACE, RUSH, podSpec(app, count, 1 / load.rate, 'Never'), { app: RUSH });
  const started = (s: { ready?: number; succeeded?: number; failed?: number }): boolean =>
    (s.ready ?? 0) + (s.succeeded ?? 0) + (s.failed ?? 0) > 0;
  await waitForJob(kube, NAMESPACE, RUSH, started, SURVEY_LIMIT_MS);
}

async function measure(cluster: Cluster, app: DeployedApp): Promise<LoadReport> {
  const kube = new KubeClient(cluster);
  await prepare(kube);
  const pod = podSpec(app, SURVEY_REQUESTS, 0.05, 'Never');
  await createJob(kube, NAMESPACE, SURVEY, pod, { app: SURVEY });
  await waitForJob(kube, NAMESPACE, SURVEY, (s) => (s.succeeded ?? 0) + (s.failed ?? 0) > 0, SURVEY_LIMIT_MS);
  const log = await jobLog(kube, NAMESPACE, SURVEY, pod);
  const [, requests, errors] = /^requests=(\d+) errors=(\d+)\n$/m.exec(log.split('\n').slice(-2).join('\n')) ?? [];
  if (requests === undefined) throw new UserError('STATE', 'the load printed no report', log.slice(-500));
  return { requests: Number(requests), errors: Number(errors) };
}

async function remove(cluster: Cluster): Promise<void> {
  const kube = new KubeClient(cluster);
  if (await ownsNamespace(kube, NAMESPACE)) await deleteNamespace(kube, NAMESPACE, 120_000);
}

export const customers: Workload = { place: { namespace: NAMESPACE, steady: STEADY }, start, run, measure, remove };
