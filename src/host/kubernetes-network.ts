import type { Cluster } from '../cluster/cluster.ts';
import { type ShellNetwork, ShellNetworkError } from '../shell/index.ts';

interface Listed {
  metadata: { name: string; namespace: string };
  spec: {
    clusterIP?: string;
    hostNetwork?: boolean;
    ports?: { port: number; nodePort?: number; protocol?: string }[];
  };
  status?: { podIP?: string; phase?: string };
}

/** What the API server itself adds to an answer. */
const SERVER_HEADERS = new Set(['audit-id', 'cache-control', 'transfer-encoding']);
/** Nobody waits longer for a connection that does not come. */
const TIMEOUT_MS_MAX = 20_000;
const ADDRESS = /^\d{1,3}(\.\d{1,3}){3}$/;

/**
 * The network of a real cluster as a machine beside it sees it, through the API server's proxies: addresses of Services, pods and node
 * ports answer HTTP. Names of the cluster's DNS do not resolve outside of it, and nothing else is in reach.
 */
export function kubernetesNetwork(cluster: Cluster): ShellNetwork {
  const list = async (path: string): Promise<Listed[]> => {
    const { status, body } = await cluster.request({ method: 'GET', path });
    return status === 200 ? JSON.parse(body).items : [];
  };

  /** Path of the proxy that leads to an address. */
  const proxyOf = async (host: string, port: number, scheme: string): Promise<string> => {
    const services = await list('/api/v1/services');
    const service =
      services.find(({ spec }) => spec.clusterIP === host) ??
      services.find(({ spec }) => spec.ports?.some(({ nodePort }) => nodePort === port));
    if (service) {
      const { name, namespace } = service.metadata;
      const found = service.spec.ports?.find((one) => one.port === port || one.nodePort === port);
      // What no rule of the Service takes is routed nowhere.
      if (!found || found.protocol === 'UDP') throw new ShellNetworkError('ETIMEDOUT');
      return `/api/v1/namespaces/${namespace}/services/${scheme}:${name}:${found.port}/proxy`;
    }
    const pods = await list('/api/v1/pods?fieldSelector=status.phase%3DRunning');
    const pod = pods.find(({ status, spec }) => status?.podIP === host && !spec.hostNetwork);
    if (!pod) throw new ShellNetworkError('EHOSTUNREACH');
    return `/api/v1/namespaces/${pod.metadata.namespace}/pods/${scheme}:${pod.metadata.name}:${port}/proxy`;
  };

  const resolve = async (host: string): Promise<string[]> => {
    if (!ADDRESS.test(host)) throw new ShellNetworkError('ENOTFOUND');
    return [host];
  };

  return {
    resolve,
    async http({ scheme, host, port, method, path, headers, body, connectTimeoutMs, signal }) {
      const { clock } = cluster;
      const startMs = clock.now();
      await resolve(host);
      const proxy = await proxyOf(host, port, scheme).catch(async (error: unknown) => {
        if (!(error instanceof ShellNetworkError) || error.code !== 'ETIMEDOUT') throw error;
        await clock.sleep(Math.min(connectTimeoutMs, TIMEOUT_MS_MAX), signal);
        throw new ShellNetworkError('ETIMEDOUT', undefined, clock.now() - startMs);
      });
      const { host: _, ...sent } = headers;
      const answer = await cluster.request({ method, path: proxy + path, headers: sent, body, signal });
      const code = answer.status === 503 ? unreachable(answer.body) : undefined;
      if (code) throw new ShellNetworkError(code, undefined, clock.now() - startMs);
      const answered = Object.entries(answer.headers).filter(([name]) => !SERVER_HEADERS.has(name.toLowerCase()));
      return {
        ...answer,
        headers: Object.fromEntries(answered),
        ip: host,
        connectMs: 1,
        totalMs: clock.now() - startMs,
      };
    },
    async connect(host, port) {
      await resolve(host);
      const proxy = await proxyOf(host, port, 'http');
      const { status, body } = await cluster.request({ method: 'GET', path: `${proxy}/` });
      const code = status === 503 ? unreachable(body) : undefined;
      if (code) throw new ShellNetworkError(code);
      return { ip: host };
    },
  };
}

/** Why the API server's proxy did not get through, if it was the proxy that says so. */
function unreachable(body: string): 'ECONNREFUSED' | 'ETIMEDOUT' | 'EHOSTUNREACH' | undefined {
  let message: unknown;
  try {
    message = JSON.parse(body).message;
  } catch {
    return undefined;
  }
  if (typeof message !== 'string') return undefined;
  if (/^no endpoints available|connection refused/.test(message)) return 'ECONNREFUSED';
  if (/i\/o timeout|deadline exceeded/.test(message)) return 'ETIMEDOUT';
  return /no route to host/.test(message) ? 'EHOSTUNREACH' : undefined;
}
