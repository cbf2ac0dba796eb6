import type { Json } from '../../../kube/object.ts';
import { gather, throwIfAny } from '../builder.ts';
import type { Verb } from '../context.ts';
import { KubectlError, StatusError } from '../errors.ts';
import { readText } from '../files.ts';
import { binding, ingress, pdb, priorityClass, quota, role } from './create-policy.ts';
import { base64, dataFlags, flag, generator, literalData, podSpec, required, strip } from './generator.ts';

const deployment = generator(
  'deployment',
  ['deploy', 'dep'],
  [
    flag('image', 'strings'),
    flag('port', 'int', { default: '-1' }),
    flag('replicas', 'int', { short: 'r', default: '1' }),
  ],
  (call, name) => {
    const images = call.flags.list('image');
    const command = call.dashAt === undefined ? undefined : call.args.slice(call.dashAt);
    const port = call.flags.int('port');
    const containers = images.map((image) => ({
      ...(command?.length ? { command } : {}),
      image,
      name: image
        .split('/')
        .at(-1)!
        .split(/[:@]/)[0]!
        .replace(/[^a-z0-9-]/g, '-'),
      ...(port > 0 ? { ports: [{ containerPort: port }] } : {}),
      resources: {},
    }));
    const labels = { app: name };
    return {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { labels, name },
      spec: {
        replicas: call.flags.int('replicas'),
        selector: { matchLabels: labels },
        strategy: {},
        template: { metadata: { labels }, spec: { containers } },
      },
      status: {},
    };
  },
  ['image'],
);

const configMap = generator('configmap', ['cm'], dataFlags, async (call, name) => {
  const data = await literalData(call);
  return {
    apiVersion: 'v1',
    ...(Object.keys(data).length > 0 ? { data } : {}),
    kind: 'ConfigMap',
    metadata: strip(name),
  };
});

const secretGeneric = generator('generic', [], [...dataFlags, flag('type', 'string')], async (call, name) => {
  const data = base64(await literalData(call));
  return {
    apiVersion: 'v1',
    ...(Object.keys(data).length > 0 ? { data } : {}),
    kind: 'Secret',
    metadata: strip(name),
    ...(call.flags.str('type') ? { type: call.flags.str('type') } : {}),
  };
});

const secretTls = generator('tls', [], [flag('cert', 'string'), flag('key', 'string')], async (call, name) => {
  required(call, 'cert', 'key');
  const data = base64({
    'tls.crt': await readText(call, call.flags.str('cert')),
    'tls.key': await readText(call, call.flags.str('key')),
  });
  return { apiVersion: 'v1', data, kind: 'Secret', metadata: strip(name), type: 'kubernetes.io/tls' };
});

const secretDocker = generator(
  'docker-registry',
  [],
  ['docker-username', 'docker-password', 'docker-email']
    .map((name) => flag(name, 'string'))
    .concat(flag('docker-server', 'string', { default: 'https://index.docker.io/v1/' })),
  (call, name) => {
    required(call, 'docker-username', 'docker-password');
    const [username, password, email] = ['docker-username', 'docker-password', 'docker-email'].map((one) =>
      call.flags.str(one),
    );
    const entry = {
      auth: Buffer.from(`${username}:${password}`).toString('base64'),
      ...(email ? { email } : {}),
      password,
      username,
    };
    const config = JSON.stringify({
      auths: {
        [call.flags.str('docker-server')]: {
          username: entry.username,
          password: entry.password,
          ...(email ? { email } : {}),
          auth: entry.auth,
        },
      },
    });
    return {
      apiVersion: 'v1',
      data: base64({ '.dockerconfigjson': config }),
      kind: 'Secret',
      metadata: strip(name),
      type: 'kubernetes.io/dockerconfigjson',
    };
  },
);

const job = generator('job', [], [flag('image', 'string'), flag('from', 'string')], async (call, name) => {
  const from = call.flags.str('from');
  if (!from === !call.flags.str('image')) throw new KubectlError('either --image or --from must be specified');
  if (!from)
    return {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: strip(name),
      spec: { template: { metadata: {}, spec: { ...podSpec(call, name), restartPolicy: 'Never' } } },
      status: {},
    };
  const { infos, errors } = await gather(call, { args: [from], live: true });
  throwIfAny(errors);
  const cron = infos[0]?.object as Json;
  if (cron.kind !== 'CronJob') throw new KubectlError('from must be an existing cronjob');
  const annotations = {
    'cronjob.kubernetes.io/instantiate': 'manual',
    ...cron.spec.jobTemplate.metadata?.annotations,
  };
  const owner = {
    apiVersion: 'batch/v1',
    controller: true,
    kind: 'CronJob',
    name: cron.metadata.name,
    uid: cron.metadata.uid,
  };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { annotations, labels: cron.spec.jobTemplate.metadata?.labels, name, ownerReferences: [owner] },
    spec: cron.spec.jobTemplate.spec,
  };
});

const cronJob = generator(
  'cronjob',
  ['cj'],
  [flag('image', 'string'), flag('schedule', 'string'), flag('restart', 'string', { default: 'OnFailure' })],
  (call, name) => {
    return {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: strip(name),
      spec: {
        jobTemplate: {
          metadata: strip(name),
          spec: {
            template: { metadata: {}, spec: { ...podSpec(call, name), restartPolicy: call.flags.str('restart') } },
          },
        },
        schedule: call.flags.str('schedule'),
      },
      status: {},
    };
  },
  ['image', 'schedule'],
);

function service(type: string, command: string): Verb {
  const flags = [
    flag('tcp', 'strings'),
    flag('clusterip', 'string'),
    flag('node-port', 'int'),
    flag('external-name', 'string'),
  ];
  return generator(command, [], flags, (call, name) => {
    const ports = call.flags.list('tcp').map((text) => {
      const [port = '', target = port] = text.split(':');
      const node = call.flags.int('node-port');
      return {
        name: text.replace(':', '-'),
        port: Number(port),
        protocol: 'TCP',
        targetPort: /^\d+$/.test(target) ? Number(target) : target,
        ...(node ? { nodePort: node } : {}),
      };
    });
    if (type === 'ExternalName') required(call, 'external-name');
    const headless = call.flags.str('clusterip') === 'None';
    if (ports.length === 0 && type !== 'ExternalName' && !headless)
      throw new KubectlError('at least one tcp port specifier must be provided');
    const spec = {
      ...(headless ? { clusterIP: 'None' } : {}),
      ...(type === 'ExternalName' ? { externalName: call.flags.str('external-name') } : {}),
      ...(ports.length > 0 ? { ports } : {}),
      selector: { app: name },
      type,
    };
    return {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { labels: { app: name }, name },
      spec,
      status: { loadBalancer: {} },
    };
  });
}

const token: Verb = {
  name: 'token',
  flags: [flag('duration', 'duration', { default: '0s' }), flag('audience', 'array')],
  run: async (call) => {
    const seconds = call.flags.duration('duration') / 1000;
    const spec = {
      ...(seconds ? { expirationSeconds: seconds } : {}),
      ...(call.flags.list('audience').length > 0 ? { audiences: call.flags.list('audience') } : {}),
    };
    const path = `/api/v1/namespaces/${call.namespace}/serviceaccounts/${call.args[0]}/token`;
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec };
    const answer = await call.client.json('POST', path, body).catch((error: Error) => {
      throw error instanceof StatusError ? new KubectlError(`failed to create token: ${error.message}`) : error;
    });
    call.out(`${answer.status.token}\n`);
  },
};

const group = (name: string, aliases: string[], subcommands: Verb[]): Verb => ({
  name,
  aliases,
  flags: [],
  subcommands,
});

export const generators: Verb[] = [
  role('ClusterRole'),
  binding('ClusterRoleBinding'),
  configMap,
  cronJob,
  deployment,
  ingress,
  job,
  generator('namespace', ['ns'], [], (_call, name) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: strip(name),
    spec: {},
    status: {},
  })),
  pdb,
  priorityClass,
  quota,
  role('Role'),
  binding('RoleBinding'),
  group('secret', [], [secretDocker, secretGeneric, secretTls]),
  group(
    'service',
    ['svc'],
    [
      service('ClusterIP', 'clusterip'),
      service('ExternalName', 'externalname'),
      service('LoadBalancer', 'loadbalancer'),
      service('NodePort', 'nodeport'),
    ],
  ),
  generator('serviceaccount', ['sa'], [], (_call, name) => ({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: strip(name),
  })),
  token,
];
