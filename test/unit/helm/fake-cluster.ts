import type { Cluster, ClusterRequest, ClusterResponse } from '../../../src/cluster/cluster.ts';

interface Stored {
  kind: string;
  metadata: { name: string; labels?: Record<string, string> };
  [field: string]: unknown;
}

const RESOURCES: Record<string, { name: string; kind: string; namespaced: boolean }[]> = {
  '/api/v1': [
    { name: 'namespaces', kind: 'Namespace', namespaced: false },
    { name: 'configmaps', kind: 'ConfigMap', namespaced: true },
    { name: 'secrets', kind: 'Secret', namespaced: true },
  ],
  '/apis/apps/v1': [{ name: 'deployments', kind: 'Deployment', namespaced: true }],
};

/**
 * The few requests that releases make, answered from a map of path → object: discovery, GET, LIST by labels, POST, PUT,
 * apply (which replaces), DELETE. Nothing runs; deployments are never ready. `refuse` answers for chosen paths.
 */
export class FakeCluster implements Cluster {
  readonly kind = 'embedded';
  readonly objects = new Map<string, Stored>();
  readonly requests: string[] = [];
  refuse: (method: string, path: string) => { code: number; message: string } | undefined = () => undefined;
  #now = Date.UTC(2026, 0, 1);
  readonly clock = {
    now: () => this.#now,
    sleep: async (ms: number) => {
      this.#now += ms;
    },
  };

  async request(request: ClusterRequest): Promise<ClusterResponse> {
    const [path = '', query = ''] = request.path.split('?');
    this.requests.push(`${request.method} ${path}`);
    const refused = this.refuse(request.method, path);
    if (refused) return this.#answer(refused.code, { kind: 'Status', ...refused });
    if (path === '/version') return this.#answer(200, { gitVersion: 'v1.35.4' });
    if (RESOURCES[path]) return this.#answer(200, { resources: RESOURCES[path] });
    const body = request.body ? (JSON.parse(request.body) as Stored) : undefined;
    return this.#handle(request.method, path, new URLSearchParams(query), body);
  }

  #handle(method: string, path: string, query: URLSearchParams, body: Stored | undefined): ClusterResponse {
    if (method === 'POST' && body) {
      const at = `${path}/${body.metadata.name}`;
      this.objects.set(at, body);
      return this.#answer(201, body);
    }
    if ((method === 'PUT' || method === 'PATCH') && body) {
      this.objects.set(path, body);
      return this.#answer(200, body);
    }
    const found = this.objects.get(path);
    if (method === 'DELETE') return this.objects.delete(path) ? this.#answer(200, {}) : this.#notFound(path);
    if (found) return this.#answer(200, found);
    if (query.has('labelSelector'))
      return this.#answer(200, { items: this.#select(path, query.get('labelSelector') ?? '') });
    return this.#notFound(path);
  }

  #select(path: string, selector: string): Stored[] {
    const wanted = selector.split(',').map((pair) => pair.split('='));
    const within = ([at]: [string, Stored]): boolean => at.startsWith(`${path}/`) || path === '/api/v1/secrets';
    const objects = [...this.objects].filter(within).map(([, object]) => object);
    return objects.filter((object) => wanted.every(([key = '', value]) => object.metadata.labels?.[key] === value));
  }

  #notFound(path: string): ClusterResponse {
    return this.#answer(404, { kind: 'Status', code: 404, reason: 'NotFound', message: `${path} not found` });
  }

  #answer(status: number, body: unknown): ClusterResponse {
    return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  }

  stream = (): never => {
    throw new Error('releases open no streams');
  };
  exec = (): never => {
    throw new Error('releases run no commands');
  };
  get disturbances(): never {
    throw new Error('releases disturb nothing');
  }
  async close(): Promise<void> {}
}
