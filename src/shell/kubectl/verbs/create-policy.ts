import type { Json } from '../../../kube/object.ts';
import { quantityNumber } from '../../../kube/quantity.ts';
import { resolveResource } from '../builder.ts';
import type { Call, Verb } from '../context.ts';
import { KubectlError, KubectlExit } from '../errors.ts';
import { flag, generator, required, strip } from './generator.ts';

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
    const [group, name] =
      named === '*' ? ['', '*'] : named.startsWith('*.') ? [named.slice(2), '*'] : await groupAndName(call, named);
    const resources = groups.get(group) ?? [];
    const full = subresource ? `${name}/${subresource}` : name;
    groups.set(group, resources.includes(full) ? resources : [...resources, full]);
  }
  const sorted = [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([group, resources]) => ({
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

const clusterFlags = [flag('aggregation-rule', 'strings'), flag('non-resource-url', 'strings')];
const ruleFlags = [flag('verb', 'strings'), flag('resource', 'strings'), flag('resource-name', 'array')];
export const role = (kind: string): Verb =>
  generator(
    kind.toLowerCase(),
    [],
    kind === 'Role' ? ruleFlags : [...ruleFlags, ...clusterFlags],
    async (call, name) => {
      const aggregated = call.flags.list('aggregation-rule');
      const base = { apiVersion: 'rbac.authorization.k8s.io/v1', kind, metadata: strip(name) };
      if (aggregated.length > 0) {
        if (['verb', 'resource', 'resource-name', 'non-resource-url'].some((one) => call.flags.list(one).length > 0))
          throw new KubectlError(
            'aggregation rule must be specified without nonResourceURLs, verbs, resources or resourceNames',
          );
        const matchLabels = Object.fromEntries(aggregated.map((pair) => pair.split('=')));
        return { ...base, aggregationRule: { clusterRoleSelectors: [{ matchLabels }] }, rules: null };
      }
      const verbs = [...new Set(call.flags.list('verb'))];
      if (verbs.length === 0) throw new KubectlError('at least one verb must be specified');
      const urls = call.flags.list('non-resource-url');
      if (call.flags.list('resource').length === 0 && urls.length === 0)
        throw new KubectlError(
          kind === 'Role'
            ? 'at least one resource must be specified'
            : 'one of resource or nonResourceURL must be specified',
        );
      if (urls.some((url) => url !== '*' && !url.startsWith('/')))
        throw new KubectlError('nonResourceURL should start with /');
      const nonResource = urls.length > 0 ? [{ nonResourceURLs: urls, verbs }] : [];
      return { ...base, rules: [...(await rules(call)), ...nonResource] };
    },
  );

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
      if (kind === 'ClusterRoleBinding') required(call, 'clusterrole');
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
      const subjects = [...people('User', flags.list('user')), ...people('Group', flags.list('group')), ...accounts];
      return {
        apiVersion: `${apiGroup}/v1`,
        kind,
        metadata: strip(name),
        roleRef: {
          apiGroup,
          kind: flags.str('role') ? 'Role' : 'ClusterRole',
          name: flags.str('role') || flags.str('clusterrole'),
        },
        ...(subjects.length > 0 ? { subjects } : {}),
      };
    },
  );

/** `cpu=1,memory=1Gi` as the API has it. */
export function resourceList(text: string): Record<string, string> {
  const pairs = text.split(',').filter(Boolean);
  return Object.fromEntries(
    pairs.map((pair) => {
      const parts = pair.split('=');
      if (parts.length !== 2) throw new KubectlError(`Invalid argument syntax ${pair}, expected <resource>=<value>`);
      assertQuantity(parts[1]!);
      return parts as [string, string];
    }),
  );
}

/** Go's resource.ParseQuantity refuses what is no quantity. */
function assertQuantity(text: string): void {
  if (quantityNumber(text) === undefined)
    throw new KubectlError(
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    );
}

export const quota = generator(
  'quota',
  ['resourcequota'],
  [flag('hard', 'string'), flag('scopes', 'string')],
  (call, name) => ({
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: strip(name),
    spec: {
      ...(call.flags.str('hard') === ''
        ? {}
        : {
            hard: resourceList(call.flags.str('hard')),
          }),
      ...(call.flags.str('scopes') ? { scopes: call.flags.str('scopes').split(',') } : {}),
    },
    status: {},
  }),
);

const OPERATORS: Record<string, string> = { in: 'In', notin: 'NotIn' };

/** A selector's text as a LabelSelector. */
function selectorObject(text: string): Json {
  const matchLabels: Record<string, string> = {};
  const matchExpressions: Json[] = [];
  for (const [part] of text.matchAll(/[^,(]+(\([^)]*\))?/g)) {
    const set = /^\s*(\S+)\s+(in|notin)\s*\(([^)]*)\)\s*$/.exec(part);
    const [key = '', value] = part.trim().split(/\s*!?==?\s*/);
    if (set)
      matchExpressions.push({
        key: set[1],
        operator: OPERATORS[set[2]!],
        values: set[3]!
          .split(',')
          .map((v) => v.trim())
          .sort(),
      });
    else if (part.includes('!=')) matchExpressions.push({ key, operator: 'NotIn', values: [value] });
    else if (value !== undefined) matchLabels[key] = value;
    else if (key.startsWith('!')) matchExpressions.push({ key: key.slice(1), operator: 'DoesNotExist' });
    else matchExpressions.push({ key, operator: 'Exists' });
  }
  return {
    ...(matchExpressions.length > 0 ? { matchExpressions } : {}),
    ...(Object.keys(matchLabels).length > 0 ? { matchLabels } : {}),
  };
}

export const pdb = generator(
  'poddisruptionbudget',
  ['pdb'],
  [flag('selector', 'string'), flag('min-available', 'string'), flag('max-unavailable', 'string')],
  (call, name) => {
    if (!call.flags.str('selector')) throw new KubectlError('a selector must be specified');
    const [min, max] = [call.flags.str('min-available'), call.flags.str('max-unavailable')];
    if (!min && !max) throw new KubectlError('one of min-available or max-unavailable must be specified');
    if (min && max) throw new KubectlError('min-available and max-unavailable cannot be both specified');
    const bound = (text: string, field: string): Json => {
      if (!/^\d+%?$/.test(text)) throw new KubectlError(`invalid format specified for ${field}`);
      return text.endsWith('%') ? text : Number(text);
    };
    const selector = selectorObject(call.flags.str('selector'));
    return {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: strip(name),
      spec: {
        ...(min ? { minAvailable: bound(min, 'min-available') } : { maxUnavailable: bound(max, 'max-unavailable') }),
        selector,
      },
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
