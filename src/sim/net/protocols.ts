/**
 * Messages between simulated processes: one request, one answer. `bytes` is the estimated size on the wire of the
 * message, for the network's counters; when absent a small default counts.
 */
export type Message = HttpRequest | HttpResponse | GrpcRequest | GrpcResponse | DataMessage | RawMessage;

export interface HttpRequest {
  proto: 'http';
  kind: 'request';
  method: string;
  /** Path with query. */
  path: string;
  headers: Record<string, string>;
  body: string;
  bytes?: number;
}

export interface HttpResponse {
  proto: 'http';
  kind: 'response';
  status: number;
  headers: Record<string, string>;
  body: string;
  bytes?: number;
}

export interface GrpcRequest {
  proto: 'grpc';
  kind: 'request';
  /** `/geo.Geo/Nearby` */
  method: string;
  /** The decoded message, as plain data. */
  payload: unknown;
  /** Trace context and other metadata. */
  metadata: Record<string, string>;
  /** The caller's span, already decoded from `metadata` (ids of 64 bits in two halves of any sign). */
  trace?: { traceHi: number; traceLo: number; spanHi: number; spanLo: number; sampled?: boolean };
  bytes?: number;
}

export interface GrpcResponse {
  proto: 'grpc';
  kind: 'response';
  /** `OK` or the status name, e.g. `Unavailable`. */
  code: string;
  message: string;
  payload: unknown;
  bytes?: number;
}

/** A datastore's own protocol, already decoded: `op` names the command, `data` carries its arguments or its result. */
export interface DataMessage {
  proto: 'mongodb' | 'memcached' | 'redis' | 'mysql' | 'postgresql' | 'kafka' | 'dns' | 'jaeger' | 'otlp' | 'tls';
  kind: 'request' | 'response';
  op: string;
  data: unknown;
  bytes?: number;
}

/** Plain bytes, as nc sends them. */
export interface RawMessage {
  proto: 'raw';
  kind: 'request' | 'response';
  data: string;
  bytes?: number;
}

/** What a server shows when a TLS connection begins: the answer to a message of `tls`, whose data is `{name}` (SNI). */
export interface TlsOffer {
  /** Certificates in PEM, the server's own first. */
  chain: string[];
  /** Names of the authorities whose clients it knows. */
  clientAuthorities: string[];
}
