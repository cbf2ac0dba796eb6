import { describe, expect, it } from 'vitest';
import { createShell } from '../../../src/shell/shell.ts';
import { discovery, fakeCluster } from '../../support/fake-cluster.ts';

const table = {
  kind: 'Table',
  columnDefinitions: [{ name: 'Name' }, { name: 'Ready' }, { name: 'IP', priority: 1 }],
  rows: [
    {
      cells: ['web-1', '1/1', '10.0.0.1'],
      object: { metadata: { name: 'web-1', namespace: 'x', labels: { app: 'web' } } },
    },
  ],
};
const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web-1', namespace: 'default' },
  spec: { containers: [{ name: 'a' }, { name: 'b' }] },
  status: { phase: 'Running' },
};
const answers = {
  ...discovery,
  'GET /api/v1/namespaces/default/pods': table,
  'GET /api/v1/pods': table,
  'GET /api/v1/namespaces/default/pods/web-1': pod,
  'GET /api/v1/namespaces/default/pods/web-1/log': 'line\n',
};

async function kubectl(command: string, timeoutMs?: number) {
  const { stdout, stderr, exitCode } = await createShell({ cluster: fakeCluster(answers) }).exec(command, {
    timeoutMs,
  });
  return { stdout, stderr, exitCode };
}

const ok = (stdout: string, stderr = '') => ({ stdout, stderr, exitCode: 0 });
const bad = (stderr: string, exitCode = 1) => ({ stdout: '', stderr, exitCode });

describe('kubectl prints what the real one prints', () => {
  it.each([
    ['kubectl get po', ok('NAME    READY\nweb-1   1/1\n')],
    ['kubectl get pods -o wide', ok('NAME    READY   IP\nweb-1   1/1     10.0.0.1\n')],
    ['kubectl get pods -A', ok('NAMESPACE   NAME    READY\nx           web-1   1/1\n')],
    ['kubectl get pods --show-labels --no-headers', ok('web-1   1/1   app=web\n')],
    ['kubectl get pod/web-1 -o name', ok('pod/web-1\n')],
    ['kubectl logs web-1', ok('line\n', 'Defaulted container "a" out of: a, b\n')],
    ['kubectl exec web-1 -c b -- echo hi', ok('echo hi\n')],
    ['echo data | kubectl exec -i web-1 -c b -- cat', ok('catdata\n\n')],
    [
      'kubectl exec web-1 -c b -- false',
      { stdout: 'false\n', stderr: 'command terminated with exit code 1\n', exitCode: 1 },
    ],
    ['kubectl logs -f web-1 -c a', { stdout: 'first\n', stderr: '', exitCode: 124 }],
    ['kubectl get pod nosuch', bad('Error from server (NotFound): pods "nosuch" not found\n')],
    ['kubectl get nosuch', bad('error: the server doesn\'t have a resource type "nosuch"\n')],
    ['kubectl get pods --foo', bad("error: unknown flag: --foo\nSee 'kubectl get --help' for usage.\n")],
    ['kubectl rollout foo', bad('error: unknown command "foo"\nSee \'kubectl rollout -h\' for help and examples\n')],
    ['kubectl gte pods', bad('error: unknown command "gte" for "kubectl"\n\nDid you mean this?\n\tget\n')],
    [
      'kubectl patch pod web-1',
      bad('error: must specify --patch or --patch-file containing the contents of the patch\n'),
    ],
    [
      'kubectl delete',
      bad(
        "error: You must provide one or more resources by argument or filename.\nExample resource specifications include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'\n   '<resource> <name>'\n   '<resource>'\n",
      ),
    ],
    [
      'kubectl get pods --server=http://x',
      bad('error: --server is not supported in this shell: it speaks to one cluster as one user\n'),
    ],
    ['kubectl config set-context --current --namespace=z', ok('Context "kubernetes-admin@kubernetes" modified.\n')],
  ])('%s', async (command, expected) => {
    expect(await kubectl(command, 10_000)).toEqual(expected);
  });
});
