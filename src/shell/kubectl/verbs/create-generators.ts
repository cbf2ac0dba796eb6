import type { Json } from '../../../kube/object.ts';
import { pathOf, withQuery } from '../client.ts';
import type { Call, Verb } from '../context.ts';
import { KubectlError } from '../errors.ts';
import { readText, resolvePath } from '../files.ts';
import type { FlagSpec } from '../flags.ts';
import { outputFlags, resultPrinter } from '../printers/output.ts';
import { dryRunFlag, dryRunOf, fieldManagerFlag, validateFlag, writeQuery } from './shared.ts';

type Build = (call: Call, name: string) => Json | Promise<Json>;

const flag = (name: string, type: FlagSpec['type'], help?: string, more: Partial<FlagSpec> = {}): FlagSpec => ({
  name,
  type,
  help,
  ...more,
});

/** Sends a generated object, or prints it in a client dry run. */
export async function createObject(call: Call, object: Json, done = 'created'): Promise<Json> {
  const resource = await call.client.find((one) => one.kind === object.kind && one.groupVersion === object.apiVersion);
  if (!resource)
    throw new KubectlError(
      `no matches for kind ${JSON.stringify(object.kind)} in version ${JSON.stringify(object.apiVersion)}`,
    );
  const dry = dryRunOf(call) === 'client';
  if (resource.namespaced && (!dry || call.namespaceGiven))
    object.metadata = { ...object.metadata, namespace: call.namespace };
  const print = await resultPrinter(call, done);
  const made = dry
    ? object
    : await call.client.json('POST', withQuery(pathOf(resource, call.namespace), writeQuery(call)), object);
  print(made, resource);
  return made;
}

function generator(name: string, aliases: string[], usage: string, flags: FlagSpec[], build: Build): Verb {
  return {
    name,
    aliases,
    short: `Create a ${name}`,
    usage,
    flags: [
      ...outputFlags,
      dryRunFlag,
      validateFlag,
      fieldManagerFlag('kubectl-create'),
      flag('save-config', 'bool'),
      ...flags,
    ],
    run: async (call) => {
      const before = call.dashAt ?? call.args.length;
      if (before !== 1)
        throw new KubectlError(
          `exactly one NAME is required, got ${before}\nSee '${call.command} -h' for help and examples`,
        );
      await createObject(call, await build(call, call.args[0]!));
    },
  };
}

const strip = (name: string): Json => ({ name });

async function literalData(call: Call): Promise<Record<string, string>> {
  const data: Record<string, string> = {};
  for (const pair of call.flags.list('from-literal')) {
    const at = pair.indexOf('=');
    if (at <= 0) throw new KubectlError(`invalid literal source ${pair}, expected key=value`);
    data[pair.slice(0, at)] = pair.slice(at + 1).replace(/^(["'])(.*)\1$/s, '$2');
  }
  for (const source of call.flags.list('from-file')) {
    const at = source.indexOf('=');
    const path = at >= 0 ? source.slice(at + 1) : source;
    const full = resolvePath(call, path);
    if ((await call.fs.exists(full)) && (await call.fs.stat(full)).isDirectory) {
      for (const name of (await call.fs.readdir(full)).sort()) data[name] = await readText(call, `${path}/${name}`);
    } else data[at >= 0 ? source.slice(0, at) : path.split('/').at(-1)!] = await readText(call, path);
  }
  for (const path of call.flags.list('from-env-file'))
    for (const line of (await readText(call, path)).split('\n'))
      if (line.trim() !== '' && !line.trim().startsWith('#'))
        data[line.slice(0, line.indexOf('=')).trim()] = line.slice(line.indexOf('=') + 1);
  return data;
}

const dataFlags = [
  flag('from-literal', 'array', 'key=value'),
  flag('from-file', 'array', 'File, directory or key=file'),
  flag('from-env-file', 'array', 'File of key=value lines'),
  flag('append-hash', 'bool'),
];
const base64 = (data: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]));

function podSpec(call: Call, name: string): Json {
  const command = call.dashAt === undefined ? undefined : call.args.slice(call.dashAt);
  return {
    containers: [{ ...(command?.length ? { command } : {}), image: call.flags.str('image'), name, resources: {} }],
  };
}

const required = (call: Call, ...names: string[]): void => {
  const missing = names.filter((name) => !call.flags.changed.has(name)).map((name) => JSON.stringify(name));
  if (missing.length > 0) throw new KubectlError(`required flag(s) ${missing.join(', ')} not set`);
};

const deployment = generator(
  'deployment',
  ['deploy', 'dep'],
  'NAME --image=image -- [COMMAND] [args...]',
  [
    flag('image', 'strings', 'Images'),
    flag('port', 'int', 'Port', { default: '-1' }),
    flag('replicas', 'int', 'Replicas', { short: 'r', default: '1' }),
  ],
  (call, name) => {
    required(call, 'image');
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
);

const configMap = generator(
  'configmap',
  ['cm'],
  'NAME [--from-file=[key=]source] [--from-literal=key1=value1]',
  dataFlags,
  async (call, name) => {
    const data = await literalData(call);
    return {
      apiVersion: 'v1',
      ...(Object.keys(data).length > 0 ? { data } : {}),
      kind: 'ConfigMap',
      metadata: strip(name),
    };
  },
);

const secretGeneric = generator(
  'generic',
  [],
  'NAME [--type=string] [--from-file=[key=]source] [--from-literal=key1=value1]',
  [...dataFlags, flag('type', 'string', 'Type of the secret')],
  async (call, name) => {
    const data = base64(await literalData(call));
    return {
      apiVersion: 'v1',
      ...(Object.keys(data).length > 0 ? { data } : {}),
      kind: 'Secret',
      metadata: strip(name),
      ...(call.flags.str('type') ? { type: call.flags.str('type') } : {}),
    };
  },
);

const secretTls = generator(
  'tls',
  [],
  'NAME --cert=path/to/cert/file --key=path/to/key/file',
  [flag('cert', 'string'), flag('key', 'string')],
  async (call, name) => {
    required(call, 'cert', 'key');
    const data = base64({
      'tls.crt': await readText(call, call.flags.str('cert')),
      'tls.key': await readText(call, call.flags.str('key')),
    });
    return { apiVersion: 'v1', data, kind: 'Secret', metadata: strip(name), type: 'kubernetes.io/tls' };
  },
);

const secretDocker = generator(
  'docker-registry',
  [],
  'NAME --docker-username=user --docker-password=password',
  ['docker-username', 'docker-password', 'docker-email']
    .map((name) => flag(name, 'string'))
    .concat(flag('docker-server', 'string', 'Registry', { default: 'https://index.docker.io/v1/' })),
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

const job = generator(
  'job',
  [],
  'NAME --image=image [--from=cronjob/name] -- [COMMAND] [args...]',
  [flag('image', 'string'), flag('from', 'string', 'cronjob/NAME')],
  async (call, name) => {
    const from = call.flags.str('from');
    if (!from && !call.flags.str('image')) throw new KubectlError('either --image or --from must be specified');
    if (!from)
      return {
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: strip(name),
        spec: { template: { metadata: {}, spec: { ...podSpec(call, name), restartPolicy: 'Never' } } },
        status: {},
      };
    const [type = '', source] = from.split('/');
    if (!/^(cronjobs?|cj)(\.batch)?$/.test(type)) throw new KubectlError(`from must be an existing cronjob`);
    const cron = await call.client.get(`/apis/batch/v1/namespaces/${call.namespace}/cronjobs/${source}`);
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
  },
);

const cronJob = generator(
  'cronjob',
  ['cj'],
  "NAME --image=image --schedule='0/5 * * * ?' -- [COMMAND] [args...]",
  [
    flag('image', 'string'),
    flag('schedule', 'string'),
    flag('restart', 'string', 'Restart policy', { default: 'OnFailure' }),
  ],
  (call, name) => {
    required(call, 'image', 'schedule');
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
);

function service(type: string, command: string): Verb {
  const flags = [
    flag('tcp', 'strings', 'port:targetPort'),
    flag('clusterip', 'string'),
    flag('node-port', 'int'),
    flag('external-name', 'string'),
  ];
  return generator(command, [], 'NAME [--tcp=<port>:<targetPort>]', flags, (call, name) => {
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

const rules = (call: Call): Json[] =>
  call.flags.list('resource').map((text) => {
    const [resource = '', ...group] = text.split('.');
    const names = call.flags.list('resource-name');
    return {
      apiGroups: [
        group.join('.') || (/^(deployments|replicasets|statefulsets|daemonsets)/.test(resource) ? 'apps' : ''),
      ],
      ...(names.length > 0 ? { resourceNames: names } : {}),
      resources: [resource],
      verbs: call.flags.list('verb'),
    };
  });
const ruleFlags = [flag('verb', 'strings'), flag('resource', 'strings'), flag('resource-name', 'array')];
const role = (kind: string): Verb =>
  generator(kind.toLowerCase(), [], 'NAME --verb=verb --resource=resource.group', ruleFlags, (call, name) => {
    if (call.flags.list('verb').length === 0) throw new KubectlError('at least one verb must be specified');
    return { apiVersion: 'rbac.authorization.k8s.io/v1', kind, metadata: strip(name), rules: rules(call) };
  });

const binding = (kind: string): Verb =>
  generator(
    kind.toLowerCase(),
    [],
    'NAME --clusterrole=NAME|--role=NAME [--user=username] [--group=groupname] [--serviceaccount=namespace:name]',
    [
      flag('clusterrole', 'string'),
      flag('role', 'string'),
      flag('user', 'array'),
      flag('group', 'array'),
      flag('serviceaccount', 'array'),
    ],
    (call, name) => {
      const { flags } = call;
      if (!flags.str('clusterrole') === !flags.str('role'))
        throw new KubectlError('exactly one of clusterrole or role must be specified');
      const apiGroup = 'rbac.authorization.k8s.io';
      const accounts = flags
        .list('serviceaccount')
        .map((text) => ({ kind: 'ServiceAccount', name: text.split(':')[1], namespace: text.split(':')[0] }));
      const people = (kindOf: string, list: string[]): Json[] =>
        list.map((one) => ({ apiGroup, kind: kindOf, name: one }));
      return {
        apiVersion: `${apiGroup}/v1`,
        kind,
        metadata: strip(name),
        roleRef: {
          apiGroup,
          kind: flags.str('role') ? 'Role' : 'ClusterRole',
          name: flags.str('role') || flags.str('clusterrole'),
        },
        subjects: [...people('User', flags.list('user')), ...people('Group', flags.list('group')), ...accounts],
      };
    },
  );

const quota = generator(
  'quota',
  ['resourcequota'],
  'NAME [--hard=key1=value1,key2=value2]',
  [flag('hard', 'string'), flag('scopes', 'string')],
  (call, name) => ({
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: strip(name),
    spec: {
      hard: Object.fromEntries(
        call.flags
          .str('hard')
          .split(',')
          .filter(Boolean)
          .map((pair) => pair.split('=')),
      ),
      ...(call.flags.str('scopes') ? { scopes: call.flags.str('scopes').split(',') } : {}),
    },
    status: {},
  }),
);

const pdb = generator(
  'poddisruptionbudget',
  ['pdb'],
  'NAME --selector=SELECTOR --min-available=N',
  [flag('selector', 'string'), flag('min-available', 'string'), flag('max-unavailable', 'string')],
  (call, name) => {
    const bound = (text: string): Json => (/^\d+$/.test(text) ? Number(text) : text);
    const [min, max] = [call.flags.str('min-available'), call.flags.str('max-unavailable')];
    const matchLabels = Object.fromEntries(
      call.flags
        .str('selector')
        .split(',')
        .filter(Boolean)
        .map((pair) => pair.split(/==?/)),
    );
    return {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: strip(name),
      spec: { ...(min ? { minAvailable: bound(min) } : { maxUnavailable: bound(max) }), selector: { matchLabels } },
      status: { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 },
    };
  },
);

const priorityClass = generator(
  'priorityclass',
  ['pc'],
  'NAME --value=VALUE',
  [
    flag('value', 'int'),
    flag('global-default', 'bool'),
    flag('description', 'string'),
    flag('preemption-policy', 'string', '', { default: 'PreemptLowerPriority' }),
  ],
  (call, name) => ({
    apiVersion: 'scheduling.k8s.io/v1',
    description: call.flags.str('description') || undefined,
    globalDefault: call.flags.bool('global-default') || undefined,
    kind: 'PriorityClass',
    metadata: strip(name),
    preemptionPolicy: call.flags.str('preemption-policy'),
    value: call.flags.int('value'),
  }),
);

const ingress = generator(
  'ingress',
  ['ing'],
  'NAME --rule=host/path=service:port[,tls[=secret]]',
  [flag('rule', 'array'), flag('class', 'string'), flag('default-backend', 'string'), flag('annotation', 'array')],
  (call, name) => {
    const backend = (text: string): Json => {
      const [service, port = ''] = text.split(':');
      return { service: { name: service, port: /^\d+$/.test(port) ? { number: Number(port) } : { name: port } } };
    };
    const rulesOf = call.flags.list('rule').map((rule) => {
      const [where = '', target = ''] = rule.split(',')[0]!.split('=');
      const host = where.slice(0, where.indexOf('/'));
      const path = where.slice(where.indexOf('/'));
      return {
        ...(host ? { host } : {}),
        http: {
          paths: [
            {
              backend: backend(target),
              path: path.replace(/\*$/, ''),
              pathType: path.endsWith('*') ? 'Prefix' : 'Exact',
            },
          ],
        },
      };
    });
    const fallback = call.flags.str('default-backend');
    return {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: strip(name),
      spec: {
        ...(fallback ? { defaultBackend: backend(fallback) } : {}),
        ...(call.flags.str('class') ? { ingressClassName: call.flags.str('class') } : {}),
        rules: rulesOf,
      },
      status: { loadBalancer: {} },
    };
  },
);

const token: Verb = {
  name: 'token',
  short: 'Request a service account token',
  usage: 'SERVICE_ACCOUNT_NAME',
  flags: [flag('duration', 'duration', 'Lifetime', { default: '0s' }), flag('audience', 'array')],
  run: async (call) => {
    const seconds = call.flags.duration('duration') / 1000;
    const spec = {
      ...(seconds ? { expirationSeconds: seconds } : {}),
      ...(call.flags.list('audience').length > 0 ? { audiences: call.flags.list('audience') } : {}),
    };
    const answer = await call.client.json(
      'POST',
      `/api/v1/namespaces/${call.namespace}/serviceaccounts/${call.args[0]}/token`,
      { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec },
    );
    call.out(`${answer.status.token}\n`);
  },
};

const group = (name: string, aliases: string[], subcommands: Verb[]): Verb => ({
  name,
  aliases,
  short: `Create a ${name} using a specified subcommand`,
  usage: 'SUBCOMMAND',
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
  generator('namespace', ['ns'], 'NAME', [], (_call, name) => ({
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
  generator('serviceaccount', ['sa'], 'NAME', [], (_call, name) => ({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: strip(name),
  })),
  token,
];
