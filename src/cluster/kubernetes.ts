import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import { bytesOf, TextStream } from '../core/bytes.ts';
import { UserError } from '../core/errors.ts';
import { ChaosMesh } from './chaos-mesh.ts';
import type {
  Cluster,
  ClusterClock,
  ClusterExec,
  ClusterExecResult,
  ClusterRequest,
  ClusterResponse,
  ClusterStream,
} from './cluster.ts';
import { ClusterUnreachable } from './cluster.ts';
import { execOverWebSocket } from './exec-client.ts';

/** Real time, handed in by the composition root. */
export interface WallClock {
  now(): number;
  /** Calls `run` once after `ms`; the result forgets it. */
  after(ms: number, run: () => void): () => void;
}

export interface KubernetesOptions {
  /** The kubeconfig's text, not its path. */
  kubeconfig: string;
  /** Default: the kubeconfig's current context. */
  context?: string;
  wall: WallClock;
  /** Where Chaos Mesh resources are put. */
  chaosNamespace?: string;
}

/** How long one request may take. */
const REQUEST_LIMIT_MS = 120_000;
const CHAOS_NAMESPACE = 'chaos-mesh';

/** Any cluster that a kubeconfig reaches, behind the seam. Time is the wall clock; disturbances need Chaos Mesh there. */
export class KubernetesCluster implements Cluster {
  readonly kind = 'kubernetes';
  readonly clock: ClusterClock;
  readonly disturbances: ChaosMesh;
  readonly #config = new KubeConfig();
  readonly #server: URL;
  readonly #wall: WallClock;
  readonly #open = new Set<() => void>();
  #closed = false;

  /** Throws a UserError when the kubeconfig or the context cannot be used. */
  constructor({ kubeconfig, context, wall, chaosNamespace = CHAOS_NAMESPACE }: KubernetesOptions) {
    this.#wall = wall;
    this.#config.loadFromString(kubeconfig);
    if (context !== undefined) {
      if (!this.#config.getContextObject(context))
        throw new UserError('NOT_FOUND', `the kubeconfig has no context ${JSON.stringify(context)}`);
      this.#config.setCurrentContext(context);
    }
    const cluster = this.#config.getCurrentCluster();
    if (!cluster) throw new UserError('INVALID_ARGUMENT', 'the kubeconfig names no cluster', 'pass a context of it');
    this.#server = new URL(cluster.server);
    this.clock = { now: () => wall.now(), sleep: (ms, signal) => this.#sleep(ms, signal) };
    this.disturbances = new ChaosMesh(this, chaosNamespace);
  }

  async request(request: ClusterRequest): Promise<ClusterResponse> {
    const { answer, stop } = await this.#send(request, REQUEST_LIMIT_MS);
    const decoder = new TextStream();
    let body = '';
    try {
      for await (const chunk of answer) body += decoder.push(chunk);
      body += decoder.end();
    } catch (error) {
      request.signal?.throwIfAborted();
      throw new ClusterUnreachable((error as Error).message);
    } finally {
      stop();
    }
    return { ...headOf(answer), body };
  }

  async stream(request: ClusterRequest, onChunk: (text: string) => void): Promise<ClusterStream> {
    const { answer, stop } = await this.#send(request);
    const response = { ...headOf(answer), body: '' };
    let ended = false;
    const over = (): void => {
      ended = true;
      stop();
    };
    const decoder = new TextStream();
    const take = (text: string): void => {
      if (response.status >= 400) response.body += text;
      else if (text !== '') onChunk(text);
    };
    answer.on('data', (chunk: Buffer) => take(decoder.push(chunk)));
    answer.on('end', () => take(decoder.end()));
    answer.on('error', over);
    answer.on('close', over);
    if (response.status >= 400) await new Promise((resolve) => answer.once('close', resolve));
    return {
      response,
      get ended() {
        return ended;
      },
      close: () => answer.destroy(),
    };
  }

  async exec(request: ClusterExec): Promise<ClusterExecResult> {
    if (this.#closed) throw closedError();
    const options = await this.#options();
    const path = `${this.#server.pathname.replace(/\/$/, '')}/api/v1/namespaces/${encodeURIComponent(request.namespace)}/pods/${encodeURIComponent(request.pod)}/exec`;
    const url = new URL(path, this.#server);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    return execOverWebSocket(url, options, request, this.#wall);
  }

  get closed(): boolean {
    return this.#closed;
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const stop of [...this.#open]) stop();
  }

  /** Credentials and TLS of the kubeconfig; looked up each time, since tokens of exec plugins and files run out. */
  async #options(): Promise<RequestOptions> {
    const options: RequestOptions = {};
    const cluster = this.#config.getCurrentCluster();
    // The library refuses plain HTTP unless TLS checks are off; there is no TLS to check.
    if (cluster && this.#server.protocol === 'http:') Object.assign(cluster, { skipTLSVerify: true });
    await this.#config.applyToHTTPSOptions(options);
    return options;
  }

  async #send(request: ClusterRequest, limitMs?: number): Promise<{ answer: IncomingMessage; stop(): void }> {
    if (this.#closed) throw closedError();
    const { method, path, body, headers, signal } = request;
    const options = await this.#options();
    const url = new URL(this.#server.pathname.replace(/\/$/, '') + path, this.#server);
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const bytes = body === undefined ? undefined : bytesOf(body);
      const length = bytes === undefined ? {} : { 'content-length': String(bytes.length) };
      const all = { accept: 'application/json', ...(options.headers as object), ...headers, ...length };
      const call = send(url, { ...options, method, headers: all, signal }, (answer) => {
        resolve({ answer, stop });
      });
      const destroy = (): void => void call.destroy();
      const forget = limitMs === undefined ? () => {} : this.#wall.after(limitMs, destroy);
      const stop = (): void => {
        forget();
        this.#open.delete(destroy);
      };
      this.#open.add(destroy);
      call.on('error', (error) => {
        stop();
        reject(signal?.aborted ? signal.reason : new ClusterUnreachable(error.message));
      });
      call.end(bytes);
    });
  }

  #sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const abort = (): void => {
        forget();
        reject(signal?.reason);
      };
      const forget = this.#wall.after(ms, () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      });
      signal?.addEventListener('abort', abort, { once: true });
    });
  }
}

function headOf(answer: IncomingMessage): Omit<ClusterResponse, 'body'> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(answer.headers))
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  return { status: answer.statusCode ?? 0, headers };
}

function closedError(): UserError {
  return new UserError('STATE', 'the cluster is closed');
}
