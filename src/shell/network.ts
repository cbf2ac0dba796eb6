/**
 * The network as a machine beside the cluster sees it. The embedder supplies it: the embedded cloud dials from the control-plane
 * node's network namespace; without one every connection fails as on a machine without a route.
 */
export interface ShellNetwork {
  /** One HTTP exchange. Throws {@link ShellNetworkError}. Time passes on the cluster's clock. */
  http(request: ShellHttpRequest): Promise<ShellHttpResponse>;
  /** Opens and closes a TCP connection. Throws {@link ShellNetworkError}. */
  connect(host: string, port: number, timeoutMs: number, signal?: AbortSignal): Promise<{ ip: string }>;
  /** Addresses of a name. Throws {@link ShellNetworkError} ENOTFOUND or EAI_AGAIN. */
  resolve(host: string, signal?: AbortSignal): Promise<string[]>;
  /** Sends one message of another protocol and gives the answer (DNS, plain bytes). Absent: nothing but HTTP is carried. */
  exchange?(request: ShellExchange): Promise<unknown>;
  /** Name servers of the machine. */
  readonly nameservers?: readonly string[];
}

export interface ShellExchange {
  host: string;
  port: number;
  transport: 'tcp' | 'udp';
  /** A message as the simulated network carries them. */
  message: unknown;
  timeoutMs: number;
  signal?: AbortSignal;
}

export interface ShellHttpRequest {
  scheme: 'http' | 'https';
  host: string;
  port: number;
  method: string;
  /** With query. */
  path: string;
  headers: Record<string, string>;
  body?: string;
  connectTimeoutMs: number;
  timeoutMs: number;
  signal?: AbortSignal;
}

export interface ShellHttpResponse {
  status: number;
  /** `OK`; looked up from the code when missing. */
  statusText?: string;
  headers: Record<string, string>;
  body: string;
  /** Address that was reached. */
  ip?: string;
  connectMs?: number;
  totalMs?: number;
}

export type ShellNetworkCode =
  | 'ENOTFOUND'
  | 'EAI_AGAIN'
  | 'ECONNREFUSED'
  | 'ETIMEDOUT'
  | 'EHOSTUNREACH'
  | 'ENETUNREACH'
  | 'ECONNRESET'
  | 'EMPTY_REPLY'
  | 'TLS'
  | 'TIMEOUT_REPLY';

export class ShellNetworkError extends Error {
  override readonly name = 'ShellNetworkError';
  constructor(
    readonly code: ShellNetworkCode,
    message?: string,
    readonly elapsedMs = 0,
  ) {
    super(message ?? code);
  }
}

/** No network at all. */
export const noNetwork: ShellNetwork = {
  http: async () => {
    throw new ShellNetworkError('ENETUNREACH');
  },
  connect: async () => {
    throw new ShellNetworkError('ENETUNREACH');
  },
  resolve: async () => {
    throw new ShellNetworkError('ENOTFOUND');
  },
};
