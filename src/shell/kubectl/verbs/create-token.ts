import { goYaml } from '../../../kube/go-yaml.ts';
import type { Json } from '../../../kube/object.ts';
import type { Call, Verb } from '../context.ts';
import { KubectlError, StatusError, UsageError } from '../errors.ts';
import { objectPrinter, outputFlags, PLAIN } from '../printers/output.ts';
import { flag } from './generator.ts';

const BOUND: Record<string, string> = { Node: 'v1', Pod: 'v1', Secret: 'v1' };

function boundObject(call: Call): Json {
  const { flags } = call;
  const [kind, name, uid] = ['kind', 'name', 'uid'].map((one) => flags.str(`bound-object-${one}`));
  if (!kind) {
    if (name) throw new KubectlError('--bound-object-name can only be set if --bound-object-kind is provided');
    if (uid) throw new KubectlError('--bound-object-uid can only be set if --bound-object-kind is provided');
    return undefined;
  }
  if (!BOUND[kind]) throw new KubectlError(`supported --bound-object-kind values are ${Object.keys(BOUND).join(', ')}`);
  if (!name) throw new KubectlError('--bound-object-name is required if --bound-object-kind is provided');
  return { kind, apiVersion: BOUND[kind], name, ...(uid ? { uid } : {}) };
}

async function run(call: Call): Promise<void> {
  const { flags, args } = call;
  if (args.length !== 1) throw new UsageError(`exactly one NAME is required, got ${args.length}`);
  const ms = flags.duration('duration');
  if (ms < 0) throw new KubectlError('--duration must be greater than or equal to 0');
  if (ms % 1000 !== 0) throw new KubectlError('--duration cannot be expressed in units less than seconds');
  const spec: Json = {};
  const boundObjectRef = boundObject(call);
  if (flags.list('audience').length > 0) spec.audiences = flags.list('audience');
  if (ms > 0) spec.expirationSeconds = ms / 1000;
  if (boundObjectRef) spec.boundObjectRef = boundObjectRef;
  const printer = await objectPrinter(call, PLAIN);
  const path = `/api/v1/namespaces/${call.namespace}/serviceaccounts/${args[0]}/token`;
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec };
  const answer = await call.client.json('POST', path, body).catch((error: Error) => {
    throw error instanceof StatusError ? new KubectlError(`failed to create token: ${error.message}`) : error;
  });
  if (!answer.status?.token) throw new KubectlError('failed to create token: no token in server response');
  call.out(printer ? (flags.str('output') === 'yaml' ? goYaml(answer) : printer(answer)) : `${answer.status.token}\n`);
}

export const token: Verb = {
  name: 'token',
  flags: [
    ...outputFlags,
    flag('audience', 'array'),
    flag('bound-object-kind', 'string'),
    flag('bound-object-name', 'string'),
    flag('bound-object-uid', 'string'),
    flag('duration', 'duration', { default: '0s' }),
  ],
  run,
};
