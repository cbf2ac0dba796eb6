import type { Json, KubeObject } from '../kube/object.ts';
import { admissionPlugins } from './api/admission/index.ts';
import type { UserInfo } from './api/admission.ts';
import type { ApiClient, ContainerStats } from './api/api.ts';
import { componentStatuses } from './api/component-statuses.ts';
import { kinds } from './api/kinds/index.ts';
import { type ApiServer, createApiServer } from './api/server.ts';
import { addons, PROVISIONER } from './bootstrap/addons.ts';
import { startApiServices } from './bootstrap/api-services.ts';
import { kindAddons } from './bootstrap/kind.ts';
import { ROOT_CA } from './bootstrap/root-ca.ts';
import {
  FLOW_CONTROL,
  KUBERNETES_SERVICE,
  kubernetesEndpoints,
  PRIORITY_CLASSES,
  RBAC,
  SERVICE_CIDR,
  SYSTEM_NAMESPACES,
  serviceCidrReady,
} from './bootstrap/system.ts';
import { startControllers } from './controllers/index.ts';
import { CONTROL_PLANE_REFERENCES } from './images/control-plane/image.ts';
import { clusterImages } from './images/index.ts';
import { KUBELET_PORT } from './images/prometheus/index.ts';
import { type Kubelet, startKubelet } from './kubelet/kubelet.ts';
import { KUBELET_VERSION, NODES, type NodeSpec, registerNodes } from './kubelet/node.ts';
import { startStaticPods } from './kubelet/static-pods.ts';
import { metricsKinds } from './metrics-server/api.ts';
import { METRICS_SERVER } from './metrics-server/objects.ts';
import { Sampler } from './metrics-server/sampler.ts';
import { serveApi } from './net/api-endpoint.ts';
import { NetError, type NetNamespace, type Server } from './net/net.ts';
import { createNetwork, type SimNetwork } from './net/network.ts';
import type { Message } from './net/protocols.ts';
import { dirNode } from './process/memory-fs.ts';
import type { Task } from './process/task.ts';
import { startScheduler } from './scheduler/index.ts';
import { SELECTED_NODE } from './scheduler/volumes.ts';
import { World } from './world.ts';

/** A whole simulated cluster: control plane, nodes, network, add-ons. Running, but not yet advanced. */
export interface Simulation {
  readonly world: World;
  readonly api: ApiServer;
  readonly network: SimNetwork;
  readonly kubelets: ReadonlyMap<string, Kubelet>;
  /** The control-plane node's network namespace: where tools of the cluster's host dial from. */
  readonly hostNetwork: NetNamespace;
}

export interface SimulationOptions {
  seed: string | number;
  /** Without add-ons there is no DNS, no Prometheus and no default storage class: for tests of single mechanisms. */
  addons?: boolean;
  /** Installs metrics-server: metrics.k8s.io, `kubectl top`, autoscaling by use. */
  metricsServer?: boolean;
  /** Machines, the first of which serves the API; kind's three when not given. */
  nodes?: readonly NodeSpec[];
  /** When virtual time begins (epoch ms); the same day for every run when not given. */
  epochMs?: number;
}

const CHAOS_USER = 'system:serviceaccount:chaos-mesh:chaos-controller-manager';

/** How long the control plane and the add-ons take to be ready, in virtual ms. */
const BOOT_LIMIT_MS = 120_000;

export function createSimulation(options: SimulationOptions): Simulation {
  const { seed, addons: withAddons = true, nodes = NODES, epochMs, metricsServer = false } = options;
  const world = new World({ seed, epochMs });
  const api = createApiServer({ world, kinds, admission: admissionPlugins });
  const component = (name: string, groups = ['system:masters', 'system:authenticated']): ApiClient =>
    api.client({ user: { username: `system:${name}`, groups }, fieldManager: name });
  const admin = component('bootstrap');
  for (const name of SYSTEM_NAMESPACES) {
    admin.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }
  for (const object of [...RBAC, ...PRIORITY_CLASSES, SERVICE_CIDR, KUBERNETES_SERVICE]) admin.create(object);
  const range = { group: 'networking.k8s.io', version: 'v1', kind: 'ServiceCIDR' };
  admin.modify(
    range,
    undefined,
    'kubernetes',
    (draft) => {
      draft.status = serviceCidrReady(world.nowIso);
    },
    'status',
  );
  const controlPlane = nodes[0] as NodeSpec;
  for (const object of kubernetesEndpoints(controlPlane.ip)) admin.create(object);
  const flowControl = component('api-priority-and-fairness-config-producer-v1');
  for (const object of FLOW_CONTROL) flowControl.create(object);

  startApiServices({ world, api: component('kube-aggregator') });

  const network = createNetwork({ world, api: component('kube-proxy') });
  const kubelets = new Map<string, Kubelet>();
  const manager = component('kube-controller-manager');
  const sampler = metricsServer ? new Sampler(world, kubelets) : undefined;
  const podMetrics = sampler && ((pod: KubeObject) => sampler.ofPod(pod));
  startControllers({ world, api: () => manager, provisioners: PROVISIONERS, rootCa: ROOT_CA, podMetrics });
  startScheduler({ world, api: component('kube-scheduler') });
  registerNodes({ world, api: component('kubelet'), nodes });
  const images = clusterImages(component('coredns'), {
    world,
    api: api.client({
      user: { username: CHAOS_USER, groups: ['system:masters', 'system:authenticated'] },
      fieldManager: 'chaos-controller-manager',
    }),
    network,
    killContainer: (uid, container) => [...kubelets.values()].some((node) => node.killContainer(uid, container)),
  });
  const shared = dirNode({});
  for (const { name } of nodes) {
    kubelets.set(
      name,
      startKubelet({
        world,
        api: component('kubelet'),
        nodeName: name,
        nodes,
        network,
        images,
        shared,
        prePulled: PRE_PULLED,
      }),
    );
  }
  const hostNetwork = joinNodes(nodes, network, kubelets);
  serveApi(network, hostNetwork, api.handler, authenticator(api), world.nowMs);
  api.setNodeApi((name) => kubelets.get(name));
  api.setHostDialer((th, host, port) => network.dial(th, hostNetwork, host, port));
  api.setServiceDialer((th, service, port) => network.dial(th, hostNetwork, service.spec?.clusterIP, port));
  api.aggregate(componentStatuses());
  if (sampler) {
    api.aggregate(metricsKinds(component('aggregator'), sampler));
    for (const object of METRICS_SERVER) admin.create(object);
  }
  const simulation: Simulation = { world, api, network, kubelets, hostNetwork };
  if (withAddons) boot(simulation, admin, component('kubelet'), nodes);
  return simulation;
}

/** Images that the nodes have from the start, as clusters prepared for drills do. */
const PRE_PULLED = [
  'busybox:1.36',
  'busybox:latest',
  'alpine:3.19',
  'alpine:latest',
  ...CONTROL_PLANE_REFERENCES,
  'registry.k8s.io/pause:3.10',
  'registry.k8s.io/coredns/coredns:v1.13.1',
  'quay.io/prometheus/prometheus:v2.55.1',
  'yinfangchen/hotelreservation:latest',
  'mongo:4.4.6',
  'memcached:latest',
  'hashicorp/consul:latest',
  'jaegertracing/all-in-one:1.57',
  'deathstarbench/wrk2-client:latest',
];

/** Who asks over the pods' network: the bearer token says so, without one it is anonymous, one that is not known is nobody. */
function authenticator(api: ApiServer): (headers: Record<string, string>) => UserInfo | undefined {
  const anonymous = { username: 'system:anonymous', groups: ['system:unauthenticated'] };
  return (headers) => {
    const token = /^Bearer (.+)$/.exec(headers['authorization'] ?? '')?.[1];
    return token === undefined ? anonymous : api.userOfToken(token);
  };
}

/** Gives each node its network namespace's extra port: the kubelet's API, which Prometheus scrapes. */
function joinNodes(
  nodes: readonly NodeSpec[],
  network: SimNetwork,
  kubelets: ReadonlyMap<string, Kubelet>,
): NetNamespace {
  let first: NetNamespace | undefined;
  for (const node of nodes) {
    const ns: NetNamespace = {
      ip: node.ip,
      nodeName: node.name,
      dns: { nameservers: ['10.96.0.10'], searches: ['svc.cluster.local', 'cluster.local'], ndots: 5 },
      hosts: new Map([[node.name, node.ip]]),
    };
    network.attach(ns);
    network.listen(
      ns,
      KUBELET_PORT,
      kubeletServer(() => kubelets.get(node.name)?.stats() ?? []),
    );
    first ??= ns;
  }
  return first as NetNamespace;
}

function kubeletServer(stats: () => ContainerStats[]): Server {
  return {
    *handle(th, message): Task<Message> {
      if (message.proto !== 'otlp') throw new NetError('ECONNRESET');
      th.spend(2_000);
      return { proto: 'otlp', kind: 'response', op: 'stats', data: stats() };
    },
  };
}

/** A directory on the disk of one node, as rancher's local-path provisioner makes it: pods with the volume run on that node only. */
function localPathVolume(claim: KubeObject, _class: KubeObject, volumeName: string): Json {
  const { namespace, name, annotations } = claim.metadata;
  const node = annotations?.[SELECTED_NODE];
  const onNode = { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node] }] };
  return {
    hostPath: { path: `/var/local-path-provisioner/${volumeName}_${namespace}_${name}`, type: 'DirectoryOrCreate' },
    ...(node === undefined ? {} : { nodeAffinity: { required: { nodeSelectorTerms: [onNode] } } }),
  };
}

/** The controller manager's own provisioner (--enable-hostpath-provisioner), as local clusters use it. */
const HOST_PATH_PROVISIONER = 'kubernetes.io/host-path';

/** OpenEBS' provisioner of directories on nodes. */
const OPENEBS_PROVISIONER = 'openebs.io/local';

const PROVISIONERS = {
  [OPENEBS_PROVISIONER]: (_claim: KubeObject, _class: KubeObject, volumeName: string): Json => ({
    hostPath: { path: `/var/openebs/local/${volumeName}`, type: 'DirectoryOrCreate' },
  }),
  [PROVISIONER]: localPathVolume,
  [HOST_PATH_PROVISIONER]: (claim: KubeObject): Json => ({
    hostPath: { path: `/tmp/hostpath_pv/${claim.metadata.uid}`, type: '' },
  }),
};

function boot({ world }: Simulation, admin: ApiClient, kubelet: ApiClient, nodes: readonly NodeSpec[]): void {
  // a node without the role is a bare machine that somebody else's control plane serves
  const [controlPlane] = nodes.filter((node) => node.controlPlane);
  world.advance(1_000);
  for (const object of addons(nodes)) admin.create(object);
  if (controlPlane) {
    for (const object of kindAddons(KUBELET_VERSION)) admin.create(object);
    startStaticPods({ world, api: kubelet, node: controlPlane });
  }
  const ready = (): boolean =>
    admin
      .list('apps/v1/Deployment')
      .every((deployment) => deployment.status?.readyReplicas === deployment.spec.replicas);
  for (let waitedMs = 0; !ready() && waitedMs < BOOT_LIMIT_MS; waitedMs += 500) world.advance(500);
}
