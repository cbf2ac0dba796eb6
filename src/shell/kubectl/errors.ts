import type { Status } from '../../kube/status.ts';

/** Ends a kubectl command: `message` goes to stderr as it is (a newline is added when missing). */
export class KubectlExit extends Error {
  override readonly name = 'KubectlExit';
  constructor(
    message: string,
    readonly exitCode = 1,
  ) {
    super(message);
  }
}

/** An error of kubectl's own: printed as `error: …`. */
export class KubectlError extends Error {
  override readonly name = 'KubectlError';
  /** @param printed what a printer had written to stdout before it failed. */
  constructor(
    message: string,
    readonly printed = '',
  ) {
    super(message);
  }
}

/** A wrong way to call a verb: printed with the hint `See 'kubectl <verb> -h' for help and examples`. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The API server's refusal. */
export class StatusError extends Error {
  override readonly name = 'StatusError';
  constructor(readonly status: Status) {
    super(status.message ?? status.reason ?? 'unknown');
  }
  get code(): number {
    return this.status.code ?? 500;
  }
  get reason(): string {
    return this.status.reason ?? '';
  }
}

/** Several errors of one command; each is printed on a line of its own. */
export class AggregateKubectlError extends Error {
  override readonly name = 'AggregateKubectlError';
  constructor(readonly errors: Error[]) {
    super(errors.map((error) => error.message).join('\n'));
  }
}

export function isNotFound(error: unknown): error is StatusError {
  return error instanceof StatusError && error.code === 404;
}

function statusMessage(error: StatusError): string {
  const { status } = error;
  if (status.reason === 'Unauthorized') return `error: You must be logged in to the server (${status.message ?? ''})`;
  if (status.reason) return `Error from server (${status.reason}): ${status.message ?? ''}`;
  return `Error from server: ${status.message ?? ''}`;
}

function invalidMessage(status: Status): string {
  const details = status.details;
  let text = 'The request is invalid';
  if (!details) return status.message ? `${text}: ${status.message}` : text;
  const causes = details.causes ?? [];
  if (details.kind || details.name) text = `The ${details.kind ?? ''} ${JSON.stringify(details.name ?? '')} is invalid`;
  else if (status.message && causes.length === 0) text += `: ${status.message}`;
  const seen = [...new Set(causes.map((cause) => `${cause.field ?? ''}: ${cause.message ?? ''}`))];
  if (seen.length === 0) return text;
  if (seen.length === 1) return `${text}: ${seen[0]}\n`;
  return `${text}: \n${seen.map((cause) => `* ${cause}\n`).join('')}`;
}

function plainMessage(error: unknown): string {
  if (error instanceof StatusError) return statusMessage(error);
  return error instanceof Error ? error.message : String(error);
}

/** Without errors that say the same as one before, as get and describe print them. */
export function distinctErrors(errors: Error[]): Error[] {
  return errors.filter((error, at) => errors.findIndex(({ message }) => message === error.message) === at);
}

/** The text that kubectl's checkErr prints for an error (staging/src/k8s.io/kubectl/pkg/cmd/util/helpers.go). */
export function errorText(error: unknown): string {
  let text: string;
  if (error instanceof KubectlExit) text = error.message;
  else if (error instanceof StatusError && error.reason === 'Invalid') text = invalidMessage(error.status);
  else if (error instanceof StatusError) text = statusMessage(error);
  else if (error instanceof AggregateKubectlError && error.errors.length === 1) return errorText(error.errors[0]);
  else if (error instanceof AggregateKubectlError) text = error.errors.map(plainMessage).join('\n');
  else {
    const message = error instanceof Error ? error.message : String(error);
    text = message.startsWith('error: ') ? message : `error: ${message}`;
  }
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}
