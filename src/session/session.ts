import { can } from '../cluster/capabilities.ts';
import { KubeClient } from '../cluster/client.ts';
import { InternalError, UserError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Verdict } from '../evaluators/evaluator.ts';
import type { Problem } from '../problems/problem.ts';
import { type Stage, stagesOf } from '../tasks/task.ts';
import { AgentActions, exportedFiles } from './actions.ts';
import type { AgentView, Progress, SessionEnd, SessionState, SessionSummary, SubmitReply } from './agent-view.ts';
import type { SessionDeps, World } from './deps.ts';
import { describe, instruct } from './description.ts';
import { WallPace } from './pace.ts';
import { prepare } from './prepare.ts';
import { combine, countTokens, scoreStage } from './score.ts';
import type { SessionResult } from './store.ts';
import { Transcript } from './transcript.ts';

/** A reply in the making: what a tool's handler gives back to the choke point. */
export interface PerformedReply {
  text: string;
  structured?: Record<string, unknown>;
  isError?: boolean;
}

/** One call of the agent as the choke point sees it. */
export interface AgentCall {
  tool: string;
  args: Record<string, unknown>;
  /** The reason why a stage does not allow the tool, if it does not. */
  allowed: (stage: Stage) => string | undefined;
  signal?: AbortSignal;
}

const PREPARING_HINT = 'call get_session with wait_s until its state is running';

/** One drill from deployment to score. All calls of the agent pass {@link perform}, one after another. */
export class Session {
  readonly id: string;
  readonly problem: Problem;
  state: SessionState = 'created';
  result: SessionResult | undefined;

  readonly #deps: Omit<SessionDeps, 'app' | 'cluster' | 'seen' | 'shell'>;
  readonly #description: string;
  /** Let go when the session is over: it is nearly all that a session keeps in memory. */
  #world: World | undefined;
  /** Cluster time at which the world was let go (epoch ms). */
  #endedVirtualMs = 0;
  readonly #transcript: Transcript;
  readonly #verdicts = new Map<Stage, Verdict>();
  readonly #startedWallMs: number;
  /** The last stage's answer was judged: the session ends once the reply is recorded. */
  #answered = false;
  #stageIndex = 0;
  #steps = 0;
  #refusals = 0;
  #startedVirtualMs = 0;
  #conversationStartMs = 0;
  #queue: Promise<unknown> = Promise.resolve();
  #pace: WallPace | undefined;
  #closing: Promise<void> | undefined;
  readonly #stopped = new AbortController();
  #prepared: Promise<void> = Promise.resolve();

  constructor({ app, cluster, seen, shell, ...deps }: SessionDeps) {
    this.#deps = deps;
    this.#description = describe(app.summary, deps.problem.task);
    this.#world = { app, cluster, shell, kube: new KubeClient(cluster), seen: new KubeClient(seen) };
    this.id = deps.id;
    this.problem = deps.problem;
    this.#transcript = new Transcript(deps.record);
    this.#startedWallMs = deps.wall.now();
    deps.record.journal({
      event: 'created',
      sessionId: deps.id,
      problemId: deps.problem.id,
      task: deps.problem.task,
      seed: deps.seed,
      agent: deps.agent,
      versions: deps.versions,
      owner: deps.owner,
      wallMs: this.#startedWallMs,
    });
  }

  get stage(): Stage {
    return stagesOf(this.problem.task)[this.#stageIndex] ?? 'mitigation';
  }

  get open(): boolean {
    return this.state !== 'done' && this.state !== 'void' && this.state !== 'aborted';
  }

  /** Deploys, lets it run healthily, brings the incident about, puts the load on. The session is `running` afterwards. */
  start(progress: Progress, callersSignal?: AbortSignal): Promise<void> {
    const stopped = this.#stopped.signal;
    const started = this.#start(progress, callersSignal ? AbortSignal.any([callersSignal, stopped]) : stopped);
    this.#prepared = started.catch(() => {});
    return started;
  }

  /** Resolves when the preparation is over, however it went. */
  prepared(): Promise<void> {
    return this.#prepared;
  }

  async #start(progress: Progress, signal: AbortSignal): Promise<void> {
    const { record, wall, pace } = this.#deps;
    const world = this.#living();
    const { app, cluster, kube } = world;
    this.#startedVirtualMs = cluster.clock.now();
    try {
      signal.throwIfAborted();
      const prepared = await prepare(
        { cluster, kube, app, problem: this.problem, progress, signal },
        {
          state: (state) => this.#enter(state),
          injected: (undo) => {
            record.journal({ event: 'injected', undo, wallMs: this.#deps.wall.now() });
          },
        },
      );
      world.deployed = prepared;
      this.#conversationStartMs = cluster.clock.now();
      if (pace === 'wall') this.#pace = new WallPace(cluster.clock, wall);
      this.#enter('running');
    } catch (error) {
      if (!signal.aborted) this.#logFailure(error, 'the preparation');
      await this.#close(signal.aborted ? 'aborted' : 'void', messageOf(error));
      throw error;
    }
  }

  summary(allowedTools: string[]): SessionSummary {
    return {
      session_id: this.id,
      task: this.problem.task,
      stage: this.stage,
      state: this.state,
      description: this.#description,
      instructions: instruct(this.stage),
      allowed_tools: allowedTools,
      steps: this.#steps,
      steps_left: Math.max(0, this.#stepsMax - this.#steps),
      virtual_time: new Date(this.#now()).toISOString(),
    };
  }

  /** What the tools of the agent work on. */
  view(): AgentView {
    const { seen, shell, deployed } = this.#living();
    if (!deployed) throw this.#notRunning();
    const actions = new AgentActions(seen, deployed.app, shell);
    const { id } = this;
    const { task } = this.problem;
    const submit = (solution: unknown): Promise<SubmitReply> => this.#submit(solution);
    return Object.assign(actions, { sessionId: id, task, stage: this.stage, submit });
  }

  /**
   * The choke point of all agent calls: counts the step, charges its time, records call and answer, and sorts errors: the
   * caller's become text, ours void the session.
   */
  perform(call: AgentCall, run: (view: AgentView) => Promise<PerformedReply>): Promise<PerformedReply> {
    const next = this.#queue.then(() => this.#perform(call, run));
    this.#queue = next.catch(() => {});
    return next;
  }

  async #perform(call: AgentCall, run: (view: AgentView) => Promise<PerformedReply>): Promise<PerformedReply> {
    if (this.state !== 'running') throw this.#notRunning();
    if (call.signal?.aborted) return { text: 'cancelled', isError: true };
    const step = ++this.#steps;
    this.#note(step, 'assistant', call.tool, JSON.stringify(call.args));
    let reply: PerformedReply;
    const refusal = call.allowed(this.stage);
    if (refusal !== undefined) {
      this.#refusals++;
      reply = { text: refusal, isError: true };
    } else {
      reply = await this.#run(call, run);
    }
    const exhausted = this.state === 'running' && !this.#answered ? this.#exhausted() : undefined;
    if (exhausted !== undefined) {
      const end = `[The session ends here: ${exhausted}. It is scored with what was submitted.]`;
      reply = { ...reply, text: `${reply.text.trimEnd()}\n${end}\n` };
    }
    this.#note(step, 'env', call.tool, reply.text);
    if (this.#answered) await this.#finish();
    else if (exhausted !== undefined) await this.conclude();
    return reply;
  }

  async #run({ tool, signal }: AgentCall, run: (view: AgentView) => Promise<PerformedReply>): Promise<PerformedReply> {
    const { clock, kind } = this.#living().cluster;
    try {
      if (this.#pace) await this.#pace.catchUp(limits.sessionVirtualSecondsMax * 1000);
      else if (can(kind, 'virtual-time')) await clock.sleep(limits.actionCostMs);
      const reply = await run(this.view());
      // A mistake of ours that a command has swallowed comes out of the clock.
      await clock.sleep(0);
      await this.#pace?.waitUp();
      return reply;
    } catch (error) {
      if (error instanceof UserError) {
        return { text: error.hint ? `${error.message}. ${error.hint}` : error.message, isError: true };
      }
      if (signal?.aborted && !(error instanceof InternalError)) return { text: 'cancelled', isError: true };
      this.#logFailure(error, tool);
      await this.#close('void', `${tool}: ${messageOf(error)}`);
      return { text: 'The session had to be given up because of an internal error; it is not scored.', isError: true };
    }
  }

  async #submit(solution: unknown): Promise<SubmitReply> {
    const stages = stagesOf(this.problem.task);
    await this.#judge(solution);
    if (this.#stageIndex + 1 < stages.length) {
      this.#stageIndex++;
      return { accepted: true, next_stage: this.stage, message: `Accepted. ${instruct(this.stage)}` };
    }
    this.#answered = true;
    return { accepted: true, message: 'Accepted. The session has ended and is scored.' };
  }

  /** Scores what is there: for agents that ran out of steps or gave up without an answer (AIOpsLab evaluates these too). */
  async conclude(): Promise<void> {
    if (this.state !== 'running') return;
    try {
      for (const _ of stagesOf(this.problem.task).slice(this.#stageIndex)) {
        await this.#judge(undefined);
        this.#stageIndex++;
      }
      await this.#finish();
    } catch (error) {
      await this.#close('void', messageOf(error));
    }
  }

  /** Ends the session unscored, unless it is over. */
  async abort(reason: string): Promise<void> {
    this.#stopped.abort(new UserError('STATE', reason));
    await this.#prepared;
    await this.#queue;
    if (this.open) await this.#close('aborted', reason);
  }

  /** The transcript so far as JSON lines. */
  transcriptText(): string {
    return this.#transcript.text();
  }

  /** Paths of the telemetry files that the agent has exported. */
  exports(): string[] {
    return this.open && this.#world ? exportedFiles(this.#world.shell) : [];
  }

  /** Text of one of {@link exports}. */
  async readExport(path: string): Promise<string> {
    if (!this.exports().includes(path)) {
      throw new UserError('NOT_FOUND', `no telemetry was exported to ${path}`, 'get_metrics and get_traces export');
    }
    return this.#living().shell.fs.readFile(path);
  }

  end(): SessionEnd {
    const { result } = this;
    if (!result) throw new UserError('STATE', 'the session has not ended', 'it ends with submit or end_session');
    return { session_id: this.id, outcome: result.outcome, results: result.results };
  }

  async #judge(solution: unknown): Promise<void> {
    const { kube, deployed } = this.#living();
    if (!deployed) throw this.#notRunning();
    const seconds = (this.#now() - this.#conversationStartMs) / 1000;
    if (this.stage === 'mitigation') this.#enter('evaluating');
    const verdict = await scoreStage(this.stage, solution, seconds, {
      problem: this.problem,
      kube,
      ...deployed,
    }).catch((error: unknown) => {
      // Whatever an evaluator throws is no mistake of the caller's.
      throw error instanceof UserError ? new InternalError(error.message, { cause: error }) : error;
    });
    this.#verdicts.set(this.stage, verdict);
  }

  async #finish(): Promise<void> {
    if (this.state !== 'evaluating') this.#enter('evaluating');
    await this.#close('scored');
  }

  /** Writes the result, recovers the fault, takes the world down; once. */
  #close(outcome: SessionResult['outcome'], reason?: string): Promise<void> {
    this.#closing ??= this.#closeAs(outcome, reason);
    return this.#closing;
  }

  async #closeAs(outcome: SessionResult['outcome'], reason?: string): Promise<void> {
    const { record } = this.#deps;
    const virtualS = (this.#now() - this.#startedVirtualMs) / 1000;
    const verdict = combine(this.#verdicts, this.problem.task === 'incident');
    const scored = outcome === 'scored';
    const tokens = scored ? await countTokens(this.#transcript.trace) : { in: 0, out: 0 };
    const steps = this.#steps;
    this.result = {
      agent: this.#deps.agent,
      session_id: this.id,
      problem_id: this.problem.id,
      start_time: this.#startedWallMs / 1000,
      end_time: this.#deps.wall.now() / 1000,
      trace: this.#transcript.trace,
      results: scored ? { ...verdict.results, steps, in_tokens: tokens.in, out_tokens: tokens.out } : {},
      outcome,
      verdict: {
        success: scored && verdict.success,
        evidence: reason ? [reason, ...verdict.evidence] : verdict.evidence,
      },
      task: this.problem.task,
      seed: this.#deps.seed,
      versions: this.#deps.versions,
      wall_ms: Math.round(this.#deps.wall.now() - this.#startedWallMs),
      virtual_s: virtualS,
      steps,
      refusals: this.#refusals,
      output_chars: this.#transcript.outputChars,
      transcript_sha256: this.#transcript.sha256(),
    };
    this.state = scored ? 'done' : outcome;
    record.result(this.result);
    record.journal({ event: 'state', state: this.state, wallMs: this.#deps.wall.now(), reason });
    await this.#letGo();
  }

  /** Takes the world down with all that the session made in it. The summary still tells its last time. */
  async #letGo(): Promise<void> {
    const { cluster } = this.#living();
    this.#endedVirtualMs = this.#now();
    this.#world = undefined;
    this.#pace = undefined;
    try {
      await cluster.close();
    } catch (error) {
      this.#deps.log.warn({ error: String(error) }, 'cleaning up failed; the journal knows what is left');
    }
  }

  #living(): World {
    if (!this.#world) throw this.#notRunning();
    return this.#world;
  }

  /** Cluster time (epoch ms). */
  #now(): number {
    return this.#world?.cluster.clock.now() ?? this.#endedVirtualMs;
  }

  #logFailure(error: unknown, what: string): void {
    this.#deps.log.error({ error: String(error), stack: (error as Error).stack, what }, 'a session failed on our side');
  }

  get #stepsMax(): number {
    return this.#deps.stepsMax ?? limits.sessionStepsMax;
  }

  /** Says what is used up, if anything is. */
  #exhausted(): string | undefined {
    if (this.#steps >= this.#stepsMax) return `its ${this.#stepsMax} steps are used up`;
    const virtualS = (this.#now() - this.#conversationStartMs) / 1000;
    const limitS = limits.sessionVirtualSecondsMax;
    return virtualS >= limitS ? `its ${limitS / 3600} hours of cluster time are over` : undefined;
  }

  #notRunning(): UserError {
    return this.open
      ? new UserError('STATE', `this session is still being prepared (${this.state})`, PREPARING_HINT)
      : new UserError(
          'STATE',
          `this session is ${this.state}; it takes no more calls`,
          'start_problem opens a new one',
        );
  }

  #enter(state: SessionState): void {
    this.state = state;
    this.#deps.record.journal({ event: 'state', state, wallMs: this.#deps.wall.now() });
  }

  #note(step: number, role: 'assistant' | 'env', tool: string, content: string): void {
    const at = new Date(this.#now()).toISOString();
    this.#transcript.add({ step, at, role, tool, content });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
