import type { Json } from '../../../kube/object.ts';
import { resolveResource } from '../builder.ts';
import type { Call, Verb, VerbResult } from '../context.ts';
import { KubectlError, StatusError } from '../errors.ts';
import { goJson } from '../printers/json.ts';
import { tableWriter } from '../tabwriter.ts';

async function list(call: Call): Promise<void> {
  const body = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectRulesReview',
    spec: { namespace: call.namespace },
  };
  const { status } = await call.client.json('POST', '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', body);
  const writer = tableWriter();
  writer.write('Resources\tNon-Resource URLs\tResource Names\tVerbs\n');
  const show = (items: Json): string => `[${(items ?? []).join(' ')}]`;
  for (const rule of status.resourceRules ?? [])
    for (const resource of rule.resources ?? [])
      writer.write(
        `${resource}${rule.apiGroups?.[0] ? `.${rule.apiGroups[0]}` : ''}\t[]\t${show(rule.resourceNames)}\t${show(rule.verbs)}\n`,
      );
  for (const rule of status.nonResourceRules ?? [])
    writer.write(`\t${show(rule.nonResourceURLs)}\t[]\t${show(rule.verbs)}\n`);
  call.out(writer.take());
}

async function canI(call: Call): VerbResult {
  const { flags, args } = call;
  if (flags.bool('list')) return list(call);
  if (args.length < 2)
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
  if (call.flags.str('output') === 'json') return call.out(`${goJson(answer, 4)}\n`);
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
  short: 'Inspect authorization',
  usage: 'SUBCOMMAND',
  flags: [],
  subcommands: [
    {
      name: 'can-i',
      short: 'Check whether an action is allowed',
      usage: 'VERB [TYPE | TYPE/NAME | NONRESOURCEURL]',
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
      name: 'whoami',
      short: 'Experimental: Check self subject attributes',
      usage: '',
      flags: [{ name: 'output', short: 'o', type: 'string' }],
      run: whoami,
    },
  ],
};
