/**
 * Three families of errors never mix: what the simulated system says is text and an exit code and is no exception here;
 * what the caller did wrong is a {@link UserError}; what we did wrong is an {@link InternalError} and voids a run.
 */
export type UserErrorCode =
  | 'INVALID_ARGUMENT'
  | 'NOT_FOUND'
  | 'NOT_ALLOWED'
  | 'CONFLICT'
  | 'LIMIT'
  | 'TIMEOUT'
  | 'UNSUPPORTED'
  | 'STATE';

/** A mistake of the caller: says what is wrong and, in `hint`, how to mend it. */
export class UserError extends Error {
  override readonly name = 'UserError';
  constructor(
    readonly code: UserErrorCode,
    message: string,
    readonly hint?: string,
  ) {
    super(message);
  }
}

/** A mistake of ours. A grader that throws it voids the run instead of failing the agent. */
export class InternalError extends Error {
  override readonly name = 'InternalError';
}

/** Asserts what must hold; stays on in production. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InternalError(message);
}

/**
 * Base of errors that the simulated world throws in great numbers (refused connections, failed calls). They carry no stack: taking one
 * costs more than the failing call itself.
 */
export class StacklessError extends Error {
  constructor(message: string) {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    super(message);
    Error.stackTraceLimit = limit;
  }
}
