import { UserError } from '../core/errors.ts';
import type { Json } from '../kube/object.ts';
import type { Cluster, ClusterExecResult } from './cluster.ts';

export type { Json };

/** The cluster answered with an error Status. */
export class KubeError extends Error {
  override readonly name = 'KubeError';
  constructor(
    readonly code: number,
    readonly reason: string | undefined,
    message: string,
  ) {
    super(message);
  }
}

/** Names the field manager of what the harness writes: it must look like any operator's work. */
const USER_AGENT = 'kubectl/v1.35.2 (linux/amd64) kubernetes/unknown';

/** API group version and plural of the kinds that the harness itself touches. */
const RESOURCES = {
  pods: 'api/v1',
  services: 'api/v1',
  endpoints: 'api/v1',
  configmaps: 'api/v1',
  secrets: 'api/v1',
  events: 'api/v1',
  nodes: 'api/v1',
  namespaces: 'api/v1',
  persistentvolumes: 'api/v1',
  persistentvolumeclaims: 'api/v1',
  serviceaccounts: 'api/v1',
  resourcequotas: 'api/v1',
  limitranges: 'api/v1',
  deployments: 'apis/apps/v1',
  replicasets: 'apis/apps/v1',
  statefulsets: 'apis/apps/v1',
  daemonsets: 'apis/apps/v1',
  jobs: 'apis/batch/v1',
  cronjobs: 'apis/batch/v1',
  networkpolicies: 'apis/networking.k8s.io/v1',
  roles: 'apis/rbac.authorization.k8s.io/v1',
  rolebindings: 'apis/rbac.authorization.k8s.io/v1',
  subjectaccessreviews: 'apis/authorization.k8s.io/v1',
  horizontalpodautoscalers: 'apis/autoscaling/v2',
} as const;

export type Resource = keyof typeof RESOURCES;

/** The Kubernetes API as the harness uses it: typed paths, errors as {@link KubeError}, plain JSON objects. */
export class KubeClient {
  constructor(readonly cluster: Cluster) {}

  async get(resource: Resource, namespace: string | undefined, name: string): Promise<Json | undefined> {
    try {
      return await this.#send('GET', path(resource, namespace, name));
    } catch (error) {
      if (error instanceof KubeError && error.code === 404) return undefined;
      throw error;
    }
  }

  async list(resource: Resource, namespace?: string, labelSelector?: string): Promise<Json[]> {
    const query = labelSelector ? `?labelSelector=${encodeURIComponent(labelSelector)}` : '';
    const list = await this.#send('GET', path(resource, namespace) + query);
    return list.items ?? [];
  }

  create(resource: Resource, namespace: string | undefined, object: Json): Promise<Json> {
    return this.#send('POST', path(resource, namespace), object);
  }

  replace(resource: Resource, namespace: string | undefined, name: string, object: Json): Promise<Json> {
    return this.#send('PUT', path(resource, namespace, name), object);
  }

  /** Strategic merge patch unless a JSON patch (an array) is given. */
  patch(resource: Resource, namespace: string | undefined, name: string, patch: Json): Promise<Json> {
    const type = Array.isArray(patch) ? 'application/json-patch+json' : 'application/strategic-merge-patch+json';
    return this.#send('PATCH', path(resource, namespace, name), patch, type);
  }

  /** Deletes; a missing object is fine. */
  async delete(
    resource: Resource,
    namespace: string | undefined,
    name: string,
    options: { propagationPolicy?: string; gracePeriodSeconds?: number } = {},
  ): Promise<void> {
    try {
      await this.#send('DELETE', path(resource, namespace, name), {
        kind: 'DeleteOptions',
        apiVersion: 'v1',
        ...options,
      });
    } catch (error) {
      if (!(error instanceof KubeError && error.code === 404)) throw error;
    }
  }

  exec(namespace: string, pod: string, command: string[], container?: string): Promise<ClusterExecResult> {
    return this.cluster.exec({ namespace, pod, container, command, timeoutMs: 60_000 });
  }

  /** Text of a pod's log. */
  async logs(namespace: string, pod: string, query = ''): Promise<string> {
    const response = await this.cluster.request({
      method: 'GET',
      path: `/api/v1/namespaces/${namespace}/pods/${pod}/log${query}`,
    });
    if (response.status >= 400) throw toError(response.status, response.body);
    return response.body;
  }

  /** GET through the API server's service proxy. */
  async serviceProxy(namespace: string, service: string, pathAndQuery: string): Promise<Json> {
    const response = await this.cluster.request({
      method: 'GET',
      path: `/api/v1/namespaces/${namespace}/services/${service}/proxy${pathAndQuery}`,
    });
    if (response.status >= 400) throw toError(response.status, response.body);
    return JSON.parse(response.body);
  }

  /** Polls until `done` holds, in the cluster's time. Throws TIMEOUT after `limitMs`. */
  async waitFor<T>(
    what: string,
    done: () => Promise<T | undefined>,
    options: { limitMs: number; pollMs?: number; signal?: AbortSignal },
  ): Promise<T> {
    const { clock } = this.cluster;
    const end = clock.now() + options.limitMs;
    for (;;) {
      options.signal?.throwIfAborted();
      const value = await done();
      if (value !== undefined) return value;
      if (clock.now() >= end)
        throw new UserError('TIMEOUT', `${what} did not happen within ${options.limitMs / 1000} s`);
      await clock.sleep(options.pollMs ?? 1_000, options.signal);
    }
  }

  async #send(method: string, target: string, body?: Json, contentType = 'application/json'): Promise<Json> {
    const response = await this.cluster.request({
      method,
      path: target,
      headers: {
        accept: 'application/json',
        'user-agent': USER_AGENT,
        ...(body === undefined ? {} : { 'content-type': contentType }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (response.status >= 400) throw toError(response.status, response.body);
    return JSON.parse(response.body);
  }
}

function path(resource: Resource, namespace: string | undefined, name?: string): string {
  const scope = namespace === undefined ? '' : `/namespaces/${namespace}`;
  return `/${RESOURCES[resource]}${scope}/${resource}${name === undefined ? '' : `/${name}`}`;
}

function toError(code: number, body: string): KubeError {
  try {
    const status = JSON.parse(body);
    return new KubeError(code, status.reason, status.message ?? body);
  } catch {
    return new KubeError(code, undefined, body);
  }
}
