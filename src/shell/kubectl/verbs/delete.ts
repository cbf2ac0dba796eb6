import { gather, type Info, throwIfAny } from '../builder.ts';
import { pathOf, withQuery } from '../client.ts';
import type { Call, Verb } from '../context.ts';
import { isNotFound, KubectlError } from '../errors.ts';
import { located } from './apply.ts';
import { sendRaw } from './raw.ts';
import { allFlag, dryRunFlag, dryRunOf, fileFlags, selectorFlags } from './shared.ts';

/** DeleteOptions' word for a value of --cascade. */
export function propagationOf(cascade: string): string {
  const found = CASCADE[cascade];
  if (found) return found;
  throw new KubectlError(`invalid cascade value (${cascade}). Must be "background", "foreground", or "orphan"`);
}

const CASCADE: Record<string, string> = {
  background: 'Background',
  true: 'Background',
  foreground: 'Foreground',
  orphan: 'Orphan',
  false: 'Orphan',
};

/** Waits until the object is gone or another one of that name; kubectl's --wait. */
export async function waitGone(call: Call, info: Info, uid: string | undefined, timeoutMs: number): Promise<void> {
  const until = timeoutMs > 0 ? call.time.now() + timeoutMs : Number.POSITIVE_INFINITY;
  for (;;) {
    try {
      const live = await call.client.get(pathOf(info.resource, info.namespace, info.name));
      if (uid && live.metadata.uid !== uid) return;
    } catch (error) {
      if (isNotFound(error)) return;
      throw error;
    }
    if (call.time.now() >= until)
      throw new KubectlError(`timed out waiting for the condition on ${info.resource.name}/${info.name}`);
    await call.time.sleep(Math.min(500, until - call.time.now()), call.signal);
  }
}

interface DeletePlan {
  grace: number;
  propagation: string;
  dryRun: 'none' | 'client' | 'server';
  force: boolean;
}

function plan(call: Call): DeletePlan {
  const { flags } = call;
  const propagation = propagationOf(flags.str('cascade'));
  let grace = flags.int('grace-period');
  if (flags.bool('now')) {
    if (grace !== -1) throw new KubectlError('--now and --grace-period cannot be specified together');
    grace = 1;
  }
  const force = flags.bool('force');
  if (grace === 0 && !force) grace = 1;
  if (force && grace < 0) grace = 0;
  if (force && grace > 0)
    throw new KubectlError('--force and --grace-period greater than 0 cannot be specified together');
  return { grace, propagation, dryRun: dryRunOf(call), force };
}

function report(call: Call, info: Info, { grace, dryRun }: DeletePlan): void {
  if (call.flags.str('output') === 'name') {
    call.out(
      `${info.resource.kind.toLowerCase()}${info.resource.group ? `.${info.resource.group}` : ''}/${info.name}\n`,
    );
    return;
  }
  const kind = info.resource.group
    ? `${info.resource.kind.toLowerCase()}.${info.resource.group}`
    : info.resource.kind.toLowerCase();
  const operation = grace === 0 ? 'force deleted' : 'deleted';
  const where = info.namespace ? ` from ${info.namespace} namespace` : '';
  const suffix = dryRun === 'client' ? ' (dry run)' : dryRun === 'server' ? ' (server dry run)' : '';
  call.out(`${kind} ${JSON.stringify(info.name)} ${operation}${where}${suffix}\n`);
}

/** Asks with the first word of standard input for an answer. */
function isConfirmed(call: Call, infos: Info[]): boolean {
  const kind = ({ resource }: Info): string =>
    `${resource.kind.toLowerCase()}${resource.group ? `.${resource.group}` : ''}`;
  const lines = infos.map((info) => `${kind(info)}/${info.name}\n`).join('');
  call.out(
    `You are about to delete the following ${infos.length} resource(s):\n${lines}Do you want to continue? (y/N): `,
  );
  return /^[ \t]*y[ \t]*(\r?\n|$)/i.test(call.stdin);
}

async function run(call: Call): Promise<void> {
  const { flags } = call;
  const wanted = plan(call);
  const output = flags.str('output');
  if (output !== '' && output !== 'name')
    throw new KubectlError(`unexpected -o output mode: ${output}. We only support '-o name'`);
  if (flags.bool('all') && (flags.str('selector') || flags.str('field-selector')))
    throw new KubectlError("setting 'all' parameter but found a non empty selector. ");
  if (wanted.force && wanted.grace === 0)
    call.err(
      'Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.\n',
    );
  if (flags.str('raw')) return sendRaw(call, 'DELETE');
  const ignore = flags.bool('ignore-not-found') || flags.bool('all');
  const { infos, errors } = await gather(call, {
    selector: flags.str('selector'),
    fieldSelector: flags.str('field-selector'),
    all: flags.bool('all'),
    allNamespaces: flags.bool('all-namespaces'),
  });
  const failed = errors.filter((error) => !(ignore && isNotFound(error)));
  if (call.namespaceGiven && !flags.bool('all-namespaces') && infos.some(({ resource }) => !resource.namespaced))
    call.err('Warning: deleting cluster-scoped resources, not scoped to the provided namespace\n');
  if (flags.bool('interactive') && infos.length > 0 && !isConfirmed(call, infos))
    return call.out('deletion is cancelled\n');
  const waiting: { info: Info; uid: string | undefined }[] = [];
  for (const info of infos) {
    try {
      if (wanted.dryRun !== 'client') {
        const body = {
          apiVersion: 'v1',
          kind: 'DeleteOptions',
          gracePeriodSeconds: wanted.grace >= 0 ? wanted.grace : undefined,
          propagationPolicy: wanted.propagation,
        };
        const path = withQuery(pathOf(info.resource, info.namespace, info.name), {
          dryRun: wanted.dryRun === 'server' ? 'All' : undefined,
        });
        const answer = await call.client.json('DELETE', path, body);
        waiting.push({ info, uid: answer?.details?.uid ?? answer?.metadata?.uid });
      }
      report(call, info, wanted);
    } catch (error) {
      if (!(ignore && isNotFound(error)))
        failed.push(info.source === undefined ? (error as Error) : located(error as Error, info.source, 'deleting'));
    }
  }
  if (flags.bool('wait') && wanted.dryRun === 'none' && !wanted.force)
    for (const { info, uid } of waiting) await waitGone(call, info, uid, flags.duration('timeout'));
  throwIfAny(failed);
  if (infos.length === 0 && errors.length === 0) call.out('No resources found\n');
}

export const deleteVerb: Verb = {
  name: 'delete',
  flags: [
    ...fileFlags,
    ...selectorFlags,
    allFlag,
    dryRunFlag,
    { name: 'all-namespaces', short: 'A', type: 'bool' },
    {
      name: 'cascade',
      type: 'string',
      default: 'background',
      bare: 'background',
    },
    { name: 'force', type: 'bool' },
    { name: 'grace-period', type: 'int', default: '-1' },
    { name: 'ignore-not-found', type: 'bool' },
    { name: 'interactive', short: 'i', type: 'bool' },
    { name: 'raw', type: 'string' },
    { name: 'now', type: 'bool' },
    { name: 'output', short: 'o', type: 'string' },
    { name: 'timeout', type: 'duration', default: '0s' },
    { name: 'wait', type: 'bool', default: 'true' },
  ],
  run,
};
