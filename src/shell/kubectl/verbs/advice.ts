import type { Call, Verb } from '../context.ts';
import { KubectlError, KubectlExit, UsageError } from '../errors.ts';
import { execPod } from './exec.ts';

/** A verb that needs a terminal or a tunnel: what is wrong with the call is said first, then what to use instead. */
function instead(name: string, flags: Verb['flags'], advice: string, check: (call: Call) => Promise<unknown>): Verb {
  return {
    name,
    flags,
    refused: advice,
    run: async (call) => {
      await check(call);
      throw new KubectlExit(`error: kubectl ${name} is interactive and not supported in this shell: ${advice}`);
    },
  };
}

export const portForward = instead(
  'port-forward',
  [
    { name: 'address', type: 'strings' },
    { name: 'pod-running-timeout', type: 'duration', default: '1m0s' },
  ],
  'use curl http://SERVICE.NAMESPACE:PORT from this shell, or kubectl exec into a pod',
  async (call) => {
    if (call.args.length < 2) throw new UsageError('TYPE/NAME and list of ports are required for port-forward');
    await execPod(call, call.args[0]!);
  },
);
export const attach = instead(
  'attach',
  [
    { name: 'container', short: 'c', type: 'string' },
    { name: 'pod-running-timeout', type: 'duration', default: '1m0s' },
    { name: 'quiet', short: 'q', type: 'bool' },
    { name: 'stdin', short: 'i', type: 'bool' },
    { name: 'tty', short: 't', type: 'bool' },
  ],
  'use kubectl logs or kubectl exec POD -- COMMAND',
  async (call) => {
    if (call.args.length === 0) throw new KubectlError('at least 1 argument is required for attach');
    await execPod(call, call.args[0]!);
  },
);
export const proxy = instead(
  'proxy',
  [
    { name: 'address', type: 'string', default: '127.0.0.1' },
    { name: 'port', short: 'p', type: 'int', default: '8001' },
  ],
  'use kubectl get --raw PATH',
  async () => {},
);
