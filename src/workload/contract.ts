/** A load as problems ask for it. */
export interface Load {
  /** Requests per second. */
  rate: number;
  seconds: number;
}

export interface LoadReport {
  /** Attempts, answered or not. */
  requests: number;
  /** Non-2xx answers, socket errors and time-outs. */
  errors: number;
  /** Milliseconds. */
  p50Ms: number;
  p99Ms: number;
}
