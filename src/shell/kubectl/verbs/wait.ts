import type { Json } from '../../../kube/object.ts';
import { gather, type Info, throwIfAny } from '../builder.ts';
import { pathOf } from '../client.ts';
import type { Call, Verb } from '../context.ts';
import { isNotFound, KubectlError, StatusError } from '../errors.ts';
import { findPath, valueText } from '../printers/jsonpath.ts';
import { outputFlags, resultPrinter } from '../printers/output.ts';
import { allFlag, fileFlags, selectorFlags } from './shared.ts';

/** Is the wanted state reached? Undefined stands for a missing object. */
type Test = (object: Json | undefined) => boolean;

/** `{.status.phase}=Running`, or a path alone whose value does not matter. */
function jsonPathCondition(text: string): { path: string; wanted: string | undefined } {
  const input = text.replace(/^'|'$/g, '');
  const equals = /^((?:\{[\s\S]*?\}|[^{}=]+))=(=?)([\s\S]*)$/.exec(input);
  if (!equals) return { path: input, wanted: undefined };
  const wanted = equals[3]!.trim().replace(/^(["'])(.*)\1$/, '$2');
  if (equals[3] === '')
    throw new KubectlError(
      "jsonpath wait has to have a value after equal sign, like --for=jsonpath='{.status.readyReplicas}'=3",
    );
  return { path: equals[1]!, wanted };
}

function parseFor(text: string): Test {
  const lower = text.toLowerCase();
  if (lower === 'delete') return (object) => object === undefined;
  if (lower === 'create') return (object) => object !== undefined;
  if (lower.startsWith('condition=')) {
    const [type = '', value = 'true'] = text.slice(10).split(/==?/);
    return (object) => {
      const condition = (object?.status?.conditions ?? []).find(
        (c: Json) => c.type.toLowerCase() === type.toLowerCase(),
      );
      const stale =
        condition?.observedGeneration !== undefined &&
        condition.observedGeneration < (object?.metadata.generation ?? 0);
      return !!condition && !stale && condition.status.toLowerCase() === value.toLowerCase();
    };
  }
  if (lower.startsWith('jsonpath=')) {
    const { path, wanted } = jsonPathCondition(text.slice(9));
    return (object) => {
      if (object === undefined) return false;
      const found = findPath(path, object);
      if (found.length > 1) throw new KubectlError('given jsonpath expression matches more than one value');
      if (found.length === 0) return false;
      return wanted === undefined || valueText(found[0]) === wanted;
    };
  }
  throw new KubectlError(`unrecognized condition: ${JSON.stringify(text)}`);
}

async function live(call: Call, info: Info): Promise<Json | undefined> {
  try {
    return await call.client.get(pathOf(info.resource, info.namespace, info.name));
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

async function run(call: Call): Promise<number> {
  const { flags } = call;
  const wanted = flags.str('for');
  const test = parseFor(wanted);
  const [deleting, creating] = [wanted.toLowerCase() === 'delete', wanted.toLowerCase() === 'create'];
  const timeout = flags.duration('timeout');
  const until = call.time.now() + (timeout < 0 ? 7 * 864e5 : timeout);
  const options = {
    selector: flags.str('selector'),
    fieldSelector: flags.str('field-selector'),
    all: flags.bool('all'),
    allNamespaces: flags.bool('all-namespaces'),
  };
  const local = flags.bool('local');
  const first = await gather(call, { ...options, live: !local, local });
  let { infos } = first;
  let errors: Error[] = first.errors;
  while (creating && errors.every((error) => isNotFound(error)) && errors.length > 0) {
    if (call.time.now() >= until) throw new KubectlError('timed out waiting for the condition');
    await call.time.sleep(500, call.signal);
    ({ infos, errors } = await gather(call, { ...options, live: true }));
  }
  if (deleting) errors = errors.filter((error) => !isNotFound(error));
  throwIfAny(errors);
  if (infos.length === 0) {
    if (deleting) return 0;
    throw new KubectlError('no matching resources found');
  }
  const print = await resultPrinter(call, deleting ? 'deleted' : 'condition met');
  const late: Error[] = [];
  for (const info of infos) {
    let reached: Json | undefined;
    for (let object: Json | undefined = info.object; ; object = await live(call, info)) {
      reached = object;
      if (test(object)) break;
      if (object === undefined && !deleting && !creating)
        throw new StatusError({
          kind: 'Status',
          apiVersion: 'v1',
          metadata: {},
          status: 'Failure',
          reason: 'NotFound',
          code: 404,
          message: `${info.resource.group ? `${info.resource.name}.${info.resource.group}` : info.resource.name} ${JSON.stringify(info.name)} not found`,
        });
      if (local || call.time.now() >= until) {
        const why = timeout === 0 ? 'condition not met for' : 'timed out waiting for the condition on';
        late.push(new KubectlError(`${why} ${info.resource.name}/${info.name}`));
        break;
      }
      await call.time.sleep(Math.min(250, until - call.time.now()), call.signal);
    }
    if (!late.some((error) => error.message.endsWith(` ${info.resource.name}/${info.name}`)))
      print(reached ?? info.object!, info.resource);
  }
  for (const error of late) call.err(`error: ${error.message}\n`);
  return late.length > 0 ? 1 : 0;
}

export const wait: Verb = {
  name: 'wait',
  flags: [
    ...fileFlags,
    ...selectorFlags,
    allFlag,
    { name: 'all-namespaces', short: 'A', type: 'bool' },
    { name: 'for', type: 'string' },
    { name: 'timeout', type: 'duration', default: '30s' },
    { name: 'local', type: 'bool' },
    ...outputFlags,
  ],
  run,
};
