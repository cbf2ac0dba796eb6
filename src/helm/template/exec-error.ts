/** A template that failed while it ran. `reason` is set when a function returned the error (Go wraps it). */
export class ExecError extends Error {
  override readonly name = 'ExecError';
  /** What the outermost template had printed before. */
  printed = '';
  constructor(
    message: string,
    readonly location: { file: string; line: number; column: number; template: string; context: string },
    readonly detail: string,
    readonly reason?: unknown,
  ) {
    super(message);
  }
}
