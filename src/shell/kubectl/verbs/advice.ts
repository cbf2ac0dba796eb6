import type { Verb } from '../context.ts';
import { KubectlExit } from '../errors.ts';
import { fileFlags } from './shared.ts';

/** A verb that needs a terminal or a tunnel: it says what to use instead, and fails. */
function instead(name: string, advice: string): Verb {
  return {
    name,

    flags: [
      ...fileFlags,
      { name: 'output', short: 'o', type: 'string' },
      { name: 'address', type: 'strings' },
      { name: 'port', short: 'p', type: 'string' },
      { name: 'container', short: 'c', type: 'string' },
      { name: 'stdin', short: 'i', type: 'bool' },
      { name: 'tty', short: 't', type: 'bool' },
      { name: 'image', type: 'string' },
      { name: 'target', type: 'string' },
      { name: 'subresource', type: 'string' },
    ],
    run: async () => {
      throw new KubectlExit(`error: kubectl ${name} is interactive and not supported in this shell: ${advice}`);
    },
  };
}

export const edit = instead(
  'edit',
  'use kubectl patch, kubectl set, or kubectl get -o yaml > f.yaml, change it and kubectl apply -f f.yaml',
);
export const portForward = instead(
  'port-forward',
  'use curl http://SERVICE.NAMESPACE:PORT from this shell, or kubectl exec into a pod',
);
export const attach = instead('attach', 'use kubectl logs or kubectl exec POD -- COMMAND');
export const proxy = instead('proxy', 'use kubectl get --raw PATH');
export const debug = instead('debug', 'use kubectl exec POD -- COMMAND or kubectl run');

const absent = (name: string): Verb => ({
  name,

  flags: [],
  run: async () => Promise.reject(new KubectlExit(`error: kubectl ${name} is not supported in this shell`)),
});

export const certificate = absent('certificate');
export const kustomize = absent('kustomize');
