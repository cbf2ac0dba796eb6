import type { Bash } from 'just-bash';

interface Ceilings {
  maxCommandCount: number;
  maxLoopIterations: number;
}

/**
 * Keeps an interpreter from starting anything more, with the output made so far. The interpreter's own abort drops that output, so
 * its ceilings are lowered instead; it has no documented way to do that while a script runs (test/unit/shell/interpreter.test.ts
 * fails when a new version keeps them elsewhere).
 */
export function stop(bash: Bash): void {
  const limits = ceilings(bash);
  limits.maxCommandCount = 0;
  limits.maxLoopIterations = 0;
}

/** Ends the innermost script at its next loop (`timeout` sees to it that there is one before each statement); returns the way back. */
export function stopInner(bash: Bash): () => void {
  const limits = ceilings(bash);
  const { maxLoopIterations } = limits;
  limits.maxLoopIterations = 0;
  return () => {
    limits.maxLoopIterations = maxLoopIterations;
  };
}

function ceilings(bash: Bash): Ceilings {
  return (bash as unknown as { limits: Ceilings }).limits;
}

/** Removes what the interpreter says when it was stopped. */
export function withoutStopNotice(stderr: string): string {
  return stderr.replace(/bash: [^\n]*(too many|limit reached)[^\n]*\n?/g, '');
}
