import type { Json } from '../../../kube/object.ts';
import { fetchAll, gather, hasFiles, type Info, select, throwIfAny } from '../builder.ts';
import { pathOf, withQuery } from '../client.ts';
import type { Call, Verb } from '../context.ts';
import { describerOf } from '../describe/index.ts';
import { type DescribeContext, DescribeWriter } from '../describe/writer.ts';
import { distinctErrors, isNotFound, KubectlError } from '../errors.ts';
import { chunkFlag, fileFlags, selectorFlags } from './shared.ts';

async function eventsOf(call: Call, info: Info): Promise<Json[]> {
  const object = info.object!;
  const about = [`involvedObject.name=${info.name}`, `involvedObject.namespace=${info.namespace ?? ''}`];
  if (object.kind !== 'Pod') about.push(`involvedObject.kind=${object.kind}`);
  const query = (uid: string): Promise<Json> =>
    call.client.list(
      withQuery(`/api/v1${info.namespace ? `/namespaces/${info.namespace}` : ''}/events`, {
        fieldSelector: [...about, `involvedObject.uid=${uid}`].join(','),
      }),
    );
  const mirror = object.metadata.annotations?.['kubernetes.io/config.mirror'];
  const found = (await query(mirror ?? object.metadata.uid)).items;
  if (object.kind === 'Node') found.push(...(await query(info.name)).items);
  return found;
}

async function describeOne(call: Call, info: Info): Promise<string> {
  const context: DescribeContext = { client: call.client, nowMs: call.time.now(), events: undefined };
  if (call.flags.bool('show-events')) context.events = await eventsOf(call, info);
  const w = new DescribeWriter();
  await describerOf(info.resource)(info.object!, w, context);
  return w.take();
}

/** `describe pod web` also means all whose name begins with it, when none is named exactly so. */
async function byPrefix(call: Call, error: Error): Promise<Info[]> {
  const selection = await select(call, call.args, { emptyMeansAll: true });
  const only = selection.infos[0];
  if (!isNotFound(error) || selection.infos.length !== 1 || !only || call.args.some((arg) => arg.includes('/')))
    throw error;
  const list = await call.client.list(pathOf(only.resource, only.namespace));
  const found = (list.items as Json[]).filter((item) => item.metadata.name.startsWith(only.name));
  if (found.length === 0) throw error;
  return found.map((object) => ({ ...only, name: object.metadata.name, object }));
}

async function run(call: Call): Promise<void> {
  const { flags } = call;
  if (call.args.length === 0 && !hasFiles(call))
    throw new KubectlError(
      'You must specify the type of resource to describe. Use "kubectl api-resources" for a complete list of supported resources.',
    );
  const options = { selector: flags.str('selector'), allNamespaces: flags.bool('all-namespaces'), emptyMeansAll: true };
  let infos: Info[];
  let errors: Error[];
  if (hasFiles(call)) ({ infos, errors } = await gather(call, { ...options, live: true }));
  else ({ infos, errors } = await fetchAll(call, await select(call, call.args, options), options));
  if (infos.length === 0 && errors.length === 1) {
    for (const info of await byPrefix(call, errors[0]!)) call.out(`${await describeOne(call, info)}\n`);
    return;
  }
  for (const [at, info] of infos.entries()) call.out((at > 0 ? '\n\n' : '') + (await describeOne(call, info)));
  throwIfAny(distinctErrors(errors));
  if (infos.length === 0)
    call.err(options.allNamespaces ? 'No resources found\n' : `No resources found in ${call.namespace} namespace.\n`);
}

export const describe: Verb = {
  name: 'describe',
  flags: [
    ...fileFlags,
    selectorFlags[0]!,
    chunkFlag,
    { name: 'all-namespaces', short: 'A', type: 'bool' },
    { name: 'show-events', type: 'bool', default: 'true' },
  ],
  run,
};
