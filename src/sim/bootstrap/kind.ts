import type { Json } from '../../kube/object.ts';

/** What kind puts on its nodes beside the add-ons of every cluster: kube-proxy, its CNI daemon, the local-path provisioner. */

interface Daemon {
  name: string;
  labels: Record<string, string>;
  image: string;
  command?: string[];
  resources: Json;
  env?: Json[];
  priorityClassName?: string;
  /** Files of a ConfigMap, and where they are mounted. */
  config?: { name: string; path: string };
}

function daemonSet(daemon: Daemon): Json {
  const { name, labels, image, command, resources, env, priorityClassName, config } = daemon;
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name, namespace: 'kube-system', labels },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          ...(priorityClassName ? { priorityClassName } : {}),
          serviceAccountName: name,
          hostNetwork: true,
          nodeSelector: { 'kubernetes.io/os': 'linux' },
          tolerations: [{ operator: 'Exists' }],
          containers: [
            {
              name: name === 'kindnet' ? 'kindnet-cni' : name,
              image,
              imagePullPolicy: 'IfNotPresent',
              ...(command ? { command } : {}),
              ...(env ? { env } : {}),
              resources,
              securityContext: { privileged: name === 'kube-proxy' },
              volumeMounts: [
                ...(config ? [{ name: config.name, mountPath: config.path }] : []),
                { name: 'lib-modules', mountPath: '/lib/modules', readOnly: true },
              ],
            },
          ],
          volumes: [
            ...(config ? [{ name: config.name, configMap: { name: config.name } }] : []),
            { name: 'lib-modules', hostPath: { path: '/lib/modules' } },
          ],
        },
      },
    },
  };
}

const fieldEnv = (name: string, fieldPath: string): Json => ({ name, valueFrom: { fieldRef: { fieldPath } } });

const PROXY_CONFIG = `apiVersion: kubeproxy.config.k8s.io/v1alpha1
bindAddress: 0.0.0.0
clientConnection:
  kubeconfig: /var/lib/kube-proxy/kubeconfig.conf
clusterCIDR: 10.244.0.0/16
kind: KubeProxyConfiguration
mode: iptables
`;

function daemons(kubernetesVersion: string): Json[] {
  const serviceAccount = (name: string): Json => ({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, namespace: 'kube-system' },
  });
  const proxy = { 'k8s-app': 'kube-proxy' };
  const kindnet = { app: 'kindnet', 'k8s-app': 'kindnet', tier: 'node' };
  const limits = { cpu: '100m', memory: '50Mi' };
  return [
    serviceAccount('kube-proxy'),
    serviceAccount('kindnet'),
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'kube-proxy', namespace: 'kube-system', labels: { app: 'kube-proxy' } },
      data: { 'config.conf': PROXY_CONFIG },
    },
    daemonSet({
      name: 'kube-proxy',
      labels: proxy,
      image: `registry.k8s.io/kube-proxy:${kubernetesVersion}`,
      command: [
        '/usr/local/bin/kube-proxy',
        '--config=/var/lib/kube-proxy/config.conf',
        '--hostname-override=$(NODE_NAME)',
      ],
      env: [fieldEnv('NODE_NAME', 'spec.nodeName')],
      priorityClassName: 'system-node-critical',
      resources: {},
      config: { name: 'kube-proxy', path: '/var/lib/kube-proxy' },
    }),
    daemonSet({
      name: 'kindnet',
      labels: kindnet,
      image: 'docker.io/kindest/kindnetd:v20250512-df8de77b',
      env: [
        fieldEnv('HOST_IP', 'status.hostIP'),
        fieldEnv('POD_IP', 'status.podIP'),
        { name: 'POD_SUBNET', value: '10.244.0.0/16' },
        { name: 'CONTROL_PLANE_ENDPOINT', value: 'kind-control-plane:6443' },
      ],
      resources: { limits, requests: limits },
    }),
  ];
}

const STORAGE_NAMESPACE = 'local-path-storage';
const PROVISIONER_ACCOUNT = 'local-path-provisioner-service-account';
const PROVISIONER_CONFIG = {
  'config.json':
    '{\n        "nodePathMap":[\n        {\n                "node":"DEFAULT_PATH_FOR_NON_LISTED_NODES",\n                "paths":["/var/local-path-provisioner"]\n        }\n        ]\n}',
};

function localPathProvisioner(): Json[] {
  const labels = { app: 'local-path-provisioner' };
  const inNamespace = (name: string): Json => ({ name, namespace: STORAGE_NAMESPACE });
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: STORAGE_NAMESPACE } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: inNamespace(PROVISIONER_ACCOUNT) },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'local-path-provisioner-role' },
      rules: [
        {
          apiGroups: [''],
          resources: ['nodes', 'persistentvolumeclaims', 'configmaps', 'pods', 'pods/log'],
          verbs: ['get', 'list', 'watch'],
        },
        {
          apiGroups: [''],
          resources: ['persistentvolumes'],
          verbs: ['get', 'list', 'watch', 'create', 'patch', 'update', 'delete'],
        },
        { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] },
        { apiGroups: ['storage.k8s.io'], resources: ['storageclasses'], verbs: ['get', 'list', 'watch'] },
      ],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'local-path-provisioner-bind' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'local-path-provisioner-role' },
      subjects: [{ kind: 'ServiceAccount', name: PROVISIONER_ACCOUNT, namespace: STORAGE_NAMESPACE }],
    },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: inNamespace('local-path-config'), data: PROVISIONER_CONFIG },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: inNamespace('local-path-provisioner'),
      spec: {
        replicas: 1,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            nodeSelector: { 'kubernetes.io/os': 'linux' },
            serviceAccountName: PROVISIONER_ACCOUNT,
            tolerations: [{ key: 'node-role.kubernetes.io/control-plane', operator: 'Equal', effect: 'NoSchedule' }],
            containers: [
              {
                name: 'local-path-provisioner',
                image: 'docker.io/kindest/local-path-provisioner:v20250214-acbabc1a',
                imagePullPolicy: 'IfNotPresent',
                command: ['local-path-provisioner', '--debug', 'start', '--config', '/etc/config/config.json'],
                env: [fieldEnv('POD_NAMESPACE', 'metadata.namespace')],
                volumeMounts: [{ name: 'config-volume', mountPath: '/etc/config/' }],
              },
            ],
            volumes: [{ name: 'config-volume', configMap: { name: 'local-path-config' } }],
          },
        },
      },
    },
  ];
}

export function kindAddons(kubernetesVersion: string): readonly Json[] {
  return [...daemons(kubernetesVersion), ...localPathProvisioner()];
}
