import { isUtf8 } from 'node:buffer';
import type { Json } from '../../../kube/object.ts';
import { gather, throwIfAny } from '../builder.ts';
import type { Call, Verb } from '../context.ts';
import { KubectlError } from '../errors.ts';
import { readText } from '../files.ts';
import { ingress } from './create-ingress.ts';
import { binding, pdb, priorityClass, quota, role } from './create-policy.ts';
import { token } from './create-token.ts';
import { base64, dataFlags, flag, generator, literalData, podSpec, required, strip } from './generator.ts';
import { hashed } from './name-hash.ts';

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
    if (images.length > 1 && command?.length)
      throw new KubectlError('cannot specify multiple --image options and command');
    const port = call.flags.int('port');
    const containers = images.map((image) => ({
      ...(command?.length ? { command } : {}),
      image,
      name: image
        .split('/')
        .at(-1)!
        .split(/[:@]/)[0]!
        .replace(/[^a-z0-9-]/g, '-'),
      ...(port >= 0 ? { ports: [{ containerPort: port }] } : {}),
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
  const [texts, binaries] = [new Map<string, string>(), new Map<string, string>()];
  for (const [key, bytes] of await literalData(call, 'ConfigMap', name))
    if (isUtf8(bytes)) texts.set(key, Buffer.from(bytes).toString());
    else binaries.set(key, Buffer.from(bytes).toString('base64'));
  return hashed(call, {
    apiVersion: 'v1',
    ...(binaries.size > 0 ? { binaryData: Object.fromEntries(binaries) } : {}),
    ...(texts.size > 0 ? { data: Object.fromEntries(texts) } : {}),
    kind: 'ConfigMap',
    metadata: strip(name),
  });
});

const secretGeneric = generator('generic', [], [...dataFlags, flag('type', 'string')], async (call, name) => {
  const data = base64(await literalData(call, 'Secret', name));
  return hashed(call, {
    apiVersion: 'v1',
    ...(Object.keys(data).length > 0 ? { data } : {}),
    kind: 'Secret',
    metadata: strip(name),
    ...(call.flags.str('type') ? { type: call.flags.str('type') } : {}),
  });
});

/** A file of a TLS secret, with the word that kubectl has for it. */
async function pem(call: Call, field: 'cert' | 'key'): Promise<string> {
  const path = call.flags.str(field);
  return readText(call, path).catch((error: Error) => {
    throw new KubectlError(`Cannot read file ${path}, ${error.message}`);
  });
}

const secretTls = generator(
  'tls',
  [],
  [flag('cert', 'string'), flag('key', 'string'), flag('append-hash', 'bool')],
  async (call, name) => {
    const { flags } = call;
    if (!flags.str('cert') || !flags.str('key')) throw new KubectlError('key and cert must be specified');
    const [cert, key] = [await pem(call, 'cert'), await pem(call, 'key')];
    if (!/-----BEGIN CERTIFICATE-----/.test(cert))
      throw new KubectlError('tls: failed to find any PEM data in certificate input');
    if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(key))
      throw new KubectlError(
        /-----BEGIN CERTIFICATE-----/.test(key)
          ? 'tls: found a certificate rather than a key in the PEM for the private key'
          : 'tls: failed to find any PEM data in key input',
      );
    const data = base64(Object.entries({ 'tls.crt': cert, 'tls.key': key }));
    return hashed(call, { apiVersion: 'v1', data, kind: 'Secret', metadata: strip(name), type: 'kubernetes.io/tls' });
  },
);

const DOCKER = ['docker-username', 'docker-password', 'docker-email'] as const;

const secretDocker = generator(
  'docker-registry',
  [],
  [
    ...DOCKER.map((name) => flag(name, 'string')),
    flag('docker-server', 'string', { default: 'https://index.docker.io/v1/' }),
    flag('from-file', 'array'),
    flag('append-hash', 'bool'),
  ],
  async (call, name) => {
    const { flags } = call;
    const [username, password, email] = DOCKER.map((one) => flags.str(one));
    const files = flags.list('from-file').length > 0;
    if (!files && (!username || !password || !flags.str('docker-server')))
      throw new KubectlError(
        'either --from-file or the combination of --docker-username, --docker-password and --docker-server is required',
      );
    const auth = Buffer.from(`${username}:${password}`).toString('base64');
    const entry = { username, password, ...(email ? { email } : {}), auth };
    const config = JSON.stringify({ auths: { [flags.str('docker-server')]: entry } });
    const data = files ? await literalData(call, 'Secret', name) : Object.entries({ '.dockerconfigjson': config });
    return hashed(call, {
      apiVersion: 'v1',
      data: base64(data),
      kind: 'Secret',
      metadata: strip(name),
      type: 'kubernetes.io/dockerconfigjson',
    });
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
    status: {},
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
      if (!/^\d+$/.test(port))
        throw new KubectlError(`strconv.ParseUint: parsing ${JSON.stringify(port)}: invalid syntax`);
      if (Number(port) > 65535)
        throw new KubectlError(`strconv.ParseUint: parsing ${JSON.stringify(port)}: value out of range`);
      if (/^\d+$/.test(target) && (Number(target) < 1 || Number(target) > 65535))
        throw new KubectlError('must be between 1 and 65535, inclusive');
      if (!/^\d+$/.test(target) && !/^[a-z0-9-]{1,15}$/i.test(target))
        throw new KubectlError(
          target.length > 15
            ? 'must be no more than 15 characters'
            : 'must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)',
        );
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
      ...(call.flags.str('clusterip') ? { clusterIP: call.flags.str('clusterip') } : {}),
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
