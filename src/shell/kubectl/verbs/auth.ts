import type { Json } from '../../../kube/object.ts';
import { resolveResource } from '../builder.ts';
import type { Call, Verb, VerbResult } from '../context.ts';
import { KubectlError, StatusError } from '../errors.ts';
import { objectPrinter, outputFlags, PLAIN } from '../printers/output.ts';
import { tableWriter } from '../tabwriter.ts';
import { reconcile } from './reconcile.ts';
import { dryRunFlag, fileFlags } from './shared.ts';

/** A rule as kubectl sorts and prints it: one resource, one name, or one path each. */
type Rule<T = string> = Record<'verbs' | 'apiGroups' | 'resources' | 'resourceNames' | 'nonResourceURLs', T>;

/** The smallest rules that a rule stands for. */
function broken(rule: Partial<Rule<string[]>>): Rule<string[]>[] {
  const none = { apiGroups: [], resources: [], resourceNames: [], nonResourceURLs: [] };
  const out: Rule<string[]>[] = [];
  for (const verb of rule.verbs ?? []) {
    for (const group of rule.apiGroups ?? [])
      for (const resource of rule.resources ?? [])
        for (const names of rule.resourceNames?.length ? rule.resourceNames.map((name) => [name]) : [[]])
          out.push({ ...none, verbs: [verb], apiGroups: [group], resources: [resource], resourceNames: names });
    for (const url of rule.nonResourceURLs ?? []) out.push({ ...none, verbs: [verb], nonResourceURLs: [url] });
  }
  return out;
}

/** Rules of one resource and name become one with all their verbs. */
function compact(rules: Rule<string[]>[]): Rule<string[]>[] {
  const merged = new Map<string, Rule<string[]>>();
  const others: Rule<string[]>[] = [];
  for (const rule of rules) {
    if (rule.nonResourceURLs.length > 0) {
      others.push(rule);
      continue;
    }
    const key = JSON.stringify([rule.apiGroups, rule.resources, rule.resourceNames]);
    const known = merged.get(key);
    if (!known) merged.set(key, { ...rule, verbs: [...rule.verbs] });
    else known.verbs.push(...rule.verbs.filter((verb) => !known.verbs.includes(verb)));
  }
  return [...merged.values(), ...others];
}

/** Lists as Go prints them. */
function text(rule: Rule<string[]>): Rule {
  return Object.fromEntries(Object.entries(rule).map(([name, items]) => [name, `[${items.join(' ')}]`])) as Rule;
}

async function list(call: Call): Promise<void> {
  const body = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectRulesReview',
    spec: { namespace: call.namespace },
  };
  const { status } = await call.client.json('POST', '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', body);
  const rules = [...(status.resourceRules ?? []), ...(status.nonResourceRules ?? [])].flatMap(broken);
  const order = (rule: Rule): string =>
    `${rule.verbs} ${rule.apiGroups} ${rule.resources} ${rule.resourceNames} ${rule.nonResourceURLs}`;
  const rows = compact(rules).map((rule) => ({ rule, key: order(text(rule)) }));
  rows.sort((x, y) => (x.key < y.key ? -1 : x.key > y.key ? 1 : 0));
  const writer = tableWriter();
  if (!call.flags.bool('no-headers')) writer.write('Resources\tNon-Resource URLs\tResource Names\tVerbs\n');
  for (const { rule } of rows) {
    const { verbs, nonResourceURLs, resourceNames } = text(rule);
    const [resource = '', group = ''] = [rule.resources[0], rule.apiGroups[0]];
    writer.write(`${resource}${group ? `.${group}` : ''}\t${nonResourceURLs}\t${resourceNames}\t${verbs}\n`);
  }
  call.out(writer.take());
}

async function canI(call: Call): VerbResult {
  const { flags, args } = call;
  if (flags.bool('list')) {
    if (args.length > 0) throw new KubectlError('list option must be specified with no arguments');
    return list(call);
  }
  if (args.length < 2 || args.length > 3)
    throw new KubectlError(
      "you must specify two arguments: verb resource or verb resource/resourceName.\nSee 'kubectl auth can-i -h' for help and examples.",
    );
  const [verb = '', target = '', named] = args;
  let spec: Json;
  if (target.startsWith('/')) spec = { nonResourceAttributes: { path: target, verb } };
  else {
    const [type = '', name = named ?? ''] = target.split('/');
    let [resource, group] = [type, ''];
    try {
      const found = await resolveResource(call, type);
      [resource, group] = [found.name, found.group];
      if (!found.namespaced)
        call.err(
          `Warning: resource '${found.name}' is not namespace scoped${found.group ? ` in group '${found.group}'` : ''}\n\n`,
        );
    } catch (error) {
      if (!(error instanceof KubectlError)) throw error;
      if (type !== '*') call.err(`Warning: the server doesn't have a resource type '${type}'\n\n`);
    }
    spec = {
      resourceAttributes: {
        group,
        name,
        namespace: flags.bool('all-namespaces') ? '' : call.namespace,
        resource,
        subresource: flags.str('subresource'),
        verb,
      },
    };
  }
  const answer = await call.client.json('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec,
  });
  const allowed = answer.status?.allowed === true;
  if (!flags.bool('quiet')) {
    const reason = answer.status?.reason && !allowed ? ` - ${answer.status.reason}` : '';
    call.out(allowed ? 'yes\n' : `no${reason}\n`);
  }
  return allowed ? 0 : 1;
}

async function whoami(call: Call): Promise<void> {
  const printer = await objectPrinter(call, { ...PLAIN, typed: true });
  let answer: Json;
  try {
    answer = await call.client.json('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'SelfSubjectReview',
    });
  } catch (error) {
    if (error instanceof StatusError && error.code === 404)
      throw new KubectlError('the selfsubjectreviews API is not enabled in the cluster');
    throw error;
  }
  if (printer) return call.out(printer(answer));
  const user = answer.status.userInfo;
  const writer = tableWriter();
  writer.write('ATTRIBUTE\tVALUE\n');
  if (user.username) writer.write(`Username\t${user.username}\n`);
  if (user.uid) writer.write(`UID\t${user.uid}\n`);
  if (user.groups?.length) writer.write(`Groups\t[${user.groups.join(' ')}]\n`);
  for (const key of Object.keys(user.extra ?? {}).sort())
    writer.write(`Extra: ${key}\t[${user.extra[key].join(' ')}]\n`);
  call.out(writer.take());
}

export const auth: Verb = {
  name: 'auth',
  flags: [],
  subcommands: [
    {
      name: 'can-i',
      flags: [
        { name: 'all-namespaces', short: 'A', type: 'bool' },
        { name: 'list', type: 'bool' },
        { name: 'quiet', short: 'q', type: 'bool' },
        { name: 'subresource', type: 'string' },
        { name: 'no-headers', type: 'bool' },
      ],
      run: canI,
    },
    {
      name: 'reconcile',
      flags: [
        ...fileFlags,
        ...outputFlags,
        dryRunFlag,
        { name: 'remove-extra-permissions', type: 'bool' },
        { name: 'remove-extra-subjects', type: 'bool' },
      ],
      run: reconcile,
    },
    {
      name: 'whoami',
      flags: outputFlags,
      run: whoami,
    },
  ],
};
