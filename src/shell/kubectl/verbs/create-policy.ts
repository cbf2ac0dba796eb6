import type { Json } from '../../../kube/object.ts';
import { resolveResource } from '../builder.ts';
import type { Call, Verb } from '../context.ts';
import { KubectlError, KubectlExit } from '../errors.ts';
import { flag, generator, strip } from './generator.ts';

const VERBS = [
  ...['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection', 'use', 'bind', 'escalate'],
  ...['impersonate', 'approve', 'sign', 'attest', '*'],
];

/** One rule per API group, the groups found by discovery as for any resource that a user names. */
async function rules(call: Call): Promise<Json[]> {
  const verbs = [...new Set(call.flags.list('verb'))];
  for (const verb of verbs) if (!VERBS.includes(verb)) call.err(`Warning: '${verb}' is not a standard resource verb\n`);
  const resourceNames = call.flags.list('resource-name');
  const groups = new Map<string, string[]>();
  for (const text of call.flags.list('resource')) {
    const [named = '', subresource] = text.split('/');
    const [group, name] = named === '*' ? ['', '*'] : await groupAndName(call, named);
    const resources = groups.get(group) ?? [];
    groups.set(group, [...resources, subresource ? `${name}/${subresource}` : name]);
  }
  return [...groups].map(([group, resources]) => ({
    apiGroups: [group],
    ...(resourceNames.length > 0 ? { resourceNames } : {}),
    resources,
    verbs,
  }));
}

async function groupAndName(call: Call, text: string): Promise<[string, string]> {
  try {
    const { group, name } = await resolveResource(call, text);
    return [group, name];
  } catch (error) {
    // kubectl says this one without its usual "error: "
    if (error instanceof KubectlError) throw new KubectlExit(error.message);
    throw error;
  }
}

const ruleFlags = [flag('verb', 'strings'), flag('resource', 'strings'), flag('resource-name', 'array')];
export const role = (kind: string): Verb =>
  generator(kind.toLowerCase(), [], ruleFlags, async (call, name) => {
    if (call.flags.list('verb').length === 0) throw new KubectlError('at least one verb must be specified');
    return { apiVersion: 'rbac.authorization.k8s.io/v1', kind, metadata: strip(name), rules: await rules(call) };
  });

export const binding = (kind: string): Verb =>
  generator(
    kind.toLowerCase(),
    [],
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
      const accounts = flags.list('serviceaccount').map((text) => {
        const [namespace, account, ...rest] = text.split(':');
        if (!namespace || !account || rest.length > 0)
          throw new KubectlError('serviceaccount must be <namespace>:<name>');
        return { kind: 'ServiceAccount', name: account, namespace };
      });
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

export const quota = generator(
  'quota',
  ['resourcequota'],
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
          .map((pair) => {
            const parts = pair.split('=');
            if (parts.length !== 2)
              throw new KubectlError(`Invalid argument syntax ${pair}, expected <resource>=<value>`);
            return parts;
          }),
      ),
      ...(call.flags.str('scopes') ? { scopes: call.flags.str('scopes').split(',') } : {}),
    },
    status: {},
  }),
);

export const pdb = generator(
  'poddisruptionbudget',
  ['pdb'],
  [flag('selector', 'string'), flag('min-available', 'string'), flag('max-unavailable', 'string')],
  (call, name) => {
    const bound = (text: string): Json => (/^\d+$/.test(text) ? Number(text) : text);
    const [min, max] = [call.flags.str('min-available'), call.flags.str('max-unavailable')];
    if (!min && !max) throw new KubectlError('one of min-available or max-unavailable must be specified');
    if (min && max) throw new KubectlError('min-available and max-unavailable cannot be both specified');
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

export const priorityClass = generator(
  'priorityclass',
  ['pc'],
  [
    flag('value', 'int'),
    flag('global-default', 'bool'),
    flag('description', 'string'),
    flag('preemption-policy', 'string', { default: 'PreemptLowerPriority' }),
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

export const ingress = generator(
  'ingress',
  ['ing'],
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
