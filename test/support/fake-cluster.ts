import type { Cluster, ClusterRequest, ClusterResponse } from '../../src/cluster/cluster.ts';

/** Virtual clock and canned answers: `answers` maps `METHOD path-without-query` to JSON (or a function of the request). */
export function fakeCluster(
  answers: Record<string, unknown | ((request: ClusterRequest) => unknown)> = {},
): Cluster & { sent: ClusterRequest[] } {
  let now = Date.UTC(2026, 0, 15, 9, 0, 0);
  const sent: ClusterRequest[] = [];
  const missing = (path: string): ClusterResponse => {
    const name = path.split('/').at(-1);
    const message = `pods ${JSON.stringify(name)} not found`;
    return {
      status: 404,
      headers: {},
      body: JSON.stringify({ kind: 'Status', status: 'Failure', reason: 'NotFound', message, code: 404 }),
    };
  };
  return {
    kind: 'embedded',
    sent,
    request: async (request) => {
      sent.push(request);
      const path = request.path.split('?')[0]!;
      const answer = answers[`${request.method} ${path}`];
      if (answer === undefined) return missing(path);
      const value = typeof answer === 'function' ? answer(request) : answer;
      return { status: 200, headers: {}, body: typeof value === 'string' ? value : JSON.stringify(value) };
    },
    stream: async (_request, onChunk) => {
      onChunk('first\n');
      return { response: { status: 200, headers: {}, body: '' }, ended: false, close: () => {} };
    },
    exec: async ({ command, stdin }) => ({
      stdout: `${command.join(' ')}${stdin ?? ''}\n`,
      stderr: '',
      exitCode: command[0] === 'false' ? 1 : 0,
    }),
    clock: {
      now: () => now,
      sleep: async (ms) => {
        now += ms;
      },
    },
    disturbances: undefined as never,
    close: async () => {},
  };
}

const resource = (name: string, kind: string, extra: object = {}) => ({
  resource: name,
  responseKind: { kind },
  scope: 'Namespaced',
  singularResource: kind.toLowerCase(),
  verbs: ['get', 'list'],
  ...extra,
});
const group = (name: string, version: string, resources: object[]) => ({
  metadata: { name },
  versions: [{ version, resources }],
});

export const discovery = {
  'GET /api': {
    items: [
      group('', 'v1', [
        resource('pods', 'Pod', { shortNames: ['po'], categories: ['all'] }),
        resource('services', 'Service', { shortNames: ['svc'] }),
      ]),
    ],
  },
  'GET /apis': {
    items: [
      group('apps', 'v1', [
        resource('deployments', 'Deployment', { shortNames: ['deploy'], subresources: [{ subresource: 'scale' }] }),
      ]),
    ],
  },
};
