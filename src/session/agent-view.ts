import type { UserError } from '../core/errors.ts';
import type { Stage, TaskType } from '../tasks/task.ts';

/** All that a tool may see of a session. Nothing here, and nothing reachable from here, knows the answer. */
export interface AgentView {
  readonly sessionId: string;
  readonly task: TaskType;
  /** Where the session stands; `incident` walks through all of them, other tasks have one. */
  readonly stage: Stage;
  getLogs(namespace: string, service: string): Promise<string>;
  getMetrics(namespace: string, durationMinutes: number): Promise<string>;
  readMetrics(path: string): Promise<string>;
  getTraces(namespace: string, durationMinutes: number): Promise<string>;
  readTraces(path: string): Promise<string>;
  execShell(command: string, options: { timeoutS: number; signal?: AbortSignal }): Promise<ShellReply>;
  submit(solution: unknown): Promise<SubmitReply>;
  scaleDeployment(namespace: string, name: string, replicas: number): Promise<string>;
  restartDeployment(namespace: string, name: string): Promise<string>;
  rollbackDeployment(namespace: string, name: string, revision?: number): Promise<string>;
  patchResource(namespace: string, kind: string, name: string, patch: unknown): Promise<string>;
}

export interface ShellReply {
  stdout: string;
  stderr: string;
  exitCode: number;
  timedOut: boolean;
}

export interface SubmitReply {
  accepted: boolean;
  /** Present while an incident has further stages. */
  next_stage?: Stage;
  message: string;
}

export type SessionState =
  | 'created'
  | 'deploying'
  | 'baseline'
  | 'injecting'
  | 'running'
  | 'evaluating'
  | 'done'
  | 'void'
  | 'aborted';

/** What an operator (the person or script that runs the drill) may know of a session while it runs. */
export interface SessionSummary {
  session_id: string;
  task: TaskType;
  stage: Stage;
  state: SessionState;
  description: string;
  instructions: string;
  allowed_tools: string[];
  steps: number;
  steps_left: number;
  virtual_time: string;
}

export interface ProblemListing {
  id: string;
  application: string;
  task: TaskType;
  family: string;
  twin_of?: string;
}

/** A reader of progress: at most a few lines of text a second. */
export type Progress = (message: string) => void;

/** Operator tools work on this; agent tools never see it. */
export interface SessionControl {
  listProblems(): ProblemListing[];
  start(request: {
    problemId: string;
    seed?: string;
    signal?: AbortSignal;
    progress?: Progress;
  }): Promise<SessionSummary>;
  /** Waits up to `waitMs` (wall clock) for a session that is being prepared. */
  describe(sessionId?: string, waitMs?: number): Promise<SessionSummary>;
  end(sessionId?: string): Promise<SessionEnd>;
}

export interface SessionEnd {
  session_id: string;
  outcome: 'scored' | 'void' | 'aborted';
  results: Record<string, unknown>;
}

export type { UserError };
