import type { AppDefinition, DeployedApp } from '../apps/index.ts';
import { KubeClient } from '../cluster/client.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { UserError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Logger } from '../core/log.ts';
import type { Verdict } from '../evaluators/evaluator.ts';
import type { Baseline } from '../evaluators/mitigation.ts';
import type { Problem } from '../problems/problem.ts';
import type { AgentShell } from '../shell/index.ts';
import { type Stage, stagesOf } from '../tasks/task.ts';
import { AgentActions } from './actions.ts';
import type { AgentView, Progress, SessionEnd, SessionState, SessionSummary, SubmitReply } from './agent-view.ts';
import { describe, instruct } from './description.ts';
import { prepare } from './prepare.ts';
import { combine, countTokens, scoreStage } from './score.ts';
import type { SessionRecord, SessionResult } from './store.ts';
import { Transcript } from './transcript.ts';

export interface SessionDeps {
  id: string;
  problem: Problem;
  seed: string;
  agent: string;
  cluster: Cluster;
  shell: AgentShell;
  app: AppDefinition;
  record: SessionRecord;
  /** Wall clock, epoch ms. */
  wallNow: () => number;
  versions: Record<string, string>;
  log: Logger;
  stepsMax?: number;
}

/** A reply in the making: what a tool's handler gives back to the choke point. */
export interface PerformedReply {
  text: string;
  structured?: Record<string, unknown>;
  isError?: boolean;
}

/** One drill from deployment to score. All calls of the agent pass {@link perform}, one after another. */
export class Session {
  readonly id: string;
  readonly problem: Problem;
  readonly kube: KubeClient;
  state: SessionState = 'created';
  result: SessionResult | undefined;

  readonly #deps: SessionDeps;
  readonly #transcript: Transcript;
  readonly #verdicts = new Map<Stage, Verdict>();
  readonly #startedWallMs: number;
  #deployed: DeployedApp | undefined;
  #baseline: Baseline | undefined;
  #undo: unknown;
  /** The last stage's answer was judged: the session ends once the reply is recorded. */
  #answered = false;
  #stageIndex = 0;
  #steps = 0;
  #refusals = 0;
  #startedVirtualMs = 0;
  #conversationStartMs = 0;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(deps: SessionDeps) {
    this.#deps = deps;
    this.id = deps.id;
    this.problem = deps.problem;
    this.kube = new KubeClient(deps.cluster);
    this.#transcript = new Transcript(deps.record);
    this.#startedWallMs = deps.wallNow();
    deps.record.journal({
      event: 'created',
      sessionId: deps.id,
      problemId: deps.problem.id,
      seed: deps.seed,
      agent: deps.agent,
      pid: process.pid,
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
  async start(progress: Progress, signal?: AbortSignal): Promise<void> {
    const { cluster, app, record } = this.#deps;
    this.#startedVirtualMs = cluster.clock.now();
    try {
      const prepared = await prepare(
        { cluster, kube: this.kube, app, problem: this.problem, progress, signal },
        {
          state: (state) => this.#enter(state),
          injected: (undo) => {
            this.#undo = undo;
            record.journal({ event: 'injected', undo, wallMs: this.#deps.wallNow() });
          },
        },
      );
      this.#deployed = prepared.app;
      this.#baseline = prepared.baseline;
      this.#conversationStartMs = cluster.clock.now();
      this.#enter('running');
    } catch (error) {
      await this.#close(signal?.aborted ? 'aborted' : 'void', error instanceof Error ? error.message : String(error));
      throw error;
    }
  }

  summary(allowedTools: string[]): SessionSummary {
    const app = this.#deployed;
    return {
      session_id: this.id,
      task: this.problem.task,
      stage: this.stage,
      state: this.state,
      description: app ? describe(app, this.problem.task) : '',
      instructions: instruct(this.stage),
      allowed_tools: allowedTools,
      steps: this.#steps,
      steps_left: Math.max(0, this.#stepsMax - this.#steps),
      virtual_time: new Date(this.#deps.cluster.clock.now()).toISOString(),
    };
  }

  /** What the tools of the agent work on. */
  view(): AgentView {
    const app = this.#deployed;
    if (!app)
      throw new UserError('STATE', `the session is ${this.state}`, 'ask get_session until its state is running');
    const actions = new AgentActions(this.kube, app, this.#deps.shell);
    const { id } = this;
    const { task } = this.problem;
    const submit = (solution: unknown): Promise<SubmitReply> => this.#submit(solution);
    return Object.assign(actions, { sessionId: id, task, stage: this.stage, submit });
  }

  /**
   * The choke point of all agent calls: counts the step, charges its time, records call and answer, and sorts errors: the
   * caller's become text, ours void the session.
   */
  perform(
    call: { tool: string; args: Record<string, unknown>; allowed: (stage: Stage) => string | undefined },
    run: (view: AgentView) => Promise<PerformedReply>,
  ): Promise<PerformedReply> {
    const next = this.#queue.then(() => this.#perform(call, run));
    this.#queue = next.catch(() => {});
    return next;
  }

  async #perform(
    call: { tool: string; args: Record<string, unknown>; allowed: (stage: Stage) => string | undefined },
    run: (view: AgentView) => Promise<PerformedReply>,
  ): Promise<PerformedReply> {
    if (this.state !== 'running') {
      throw new UserError(
        'STATE',
        `this session is ${this.state}; it takes no more calls`,
        'start_problem opens a new one',
      );
    }
    const step = ++this.#steps;
    this.#note(step, 'assistant', call.tool, JSON.stringify(call.args));
    let reply: PerformedReply;
    const refusal = call.allowed(this.stage);
    if (refusal !== undefined) {
      this.#refusals++;
      reply = { text: refusal, isError: true };
    } else {
      reply = await this.#run(call.tool, run);
    }
    this.#note(step, 'env', call.tool, reply.text);
    if (this.#answered) await this.#finish();
    else if (this.state === 'running' && this.#exhausted()) await this.conclude();
    return reply;
  }

  async #run(tool: string, run: (view: AgentView) => Promise<PerformedReply>): Promise<PerformedReply> {
    const { clock } = this.#deps.cluster;
    try {
      await clock.sleep(limits.actionCostMs);
      return await run(this.view());
    } catch (error) {
      if (error instanceof UserError) {
        return { text: error.hint ? `${error.message}. ${error.hint}` : error.message, isError: true };
      }
      this.#deps.log.error({ error: String(error), stack: (error as Error).stack, tool }, 'a call failed on our side');
      await this.#close('void', `${tool}: ${error instanceof Error ? error.message : String(error)}`);
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
      await this.#close('void', error instanceof Error ? error.message : String(error));
    }
  }

  /** Ends the session unscored, unless it is over. */
  async abort(reason: string): Promise<void> {
    await this.#queue;
    if (this.open) await this.#close('aborted', reason);
  }

  /** The transcript so far as JSON lines. */
  transcriptText(): string {
    return this.#transcript.text();
  }

  end(): SessionEnd {
    const { result } = this;
    if (!result) throw new UserError('STATE', 'the session has not ended');
    return { session_id: this.id, outcome: result.outcome, results: result.results };
  }

  async #judge(solution: unknown): Promise<void> {
    const app = this.#deployed as DeployedApp;
    const baseline = this.#baseline as Baseline;
    const seconds = (this.#deps.cluster.clock.now() - this.#conversationStartMs) / 1000;
    if (this.stage === 'mitigation') this.#enter('evaluating');
    const verdict = await scoreStage(this.stage, solution, seconds, {
      problem: this.problem,
      kube: this.kube,
      app,
      baseline,
    });
    this.#verdicts.set(this.stage, verdict);
  }

  async #finish(): Promise<void> {
    if (this.state !== 'evaluating') this.#enter('evaluating');
    await this.#close('scored');
  }

  /** Recovers the fault, takes the world down, writes the result. */
  async #close(outcome: SessionResult['outcome'], reason?: string): Promise<void> {
    if (this.result) return;
    const { cluster, record, log } = this.#deps;
    const virtualS = (cluster.clock.now() - this.#startedVirtualMs) / 1000;
    const verdict = combine(this.#verdicts, this.problem.task === 'incident');
    const scored = outcome === 'scored';
    const tokens = scored ? await countTokens(this.#transcript.trace) : { in: 0, out: 0 };
    const steps = this.#steps;
    this.result = {
      agent: this.#deps.agent,
      session_id: this.id,
      problem_id: this.problem.id,
      start_time: this.#startedWallMs / 1000,
      end_time: this.#deps.wallNow() / 1000,
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
      wall_ms: Math.round(this.#deps.wallNow() - this.#startedWallMs),
      virtual_s: virtualS,
      steps,
      refusals: this.#refusals,
      output_chars: this.#transcript.outputChars,
      transcript_sha256: this.#transcript.sha256(),
    };
    this.state = scored ? 'done' : outcome;
    record.result(this.result);
    record.journal({ event: 'state', state: this.state, wallMs: this.#deps.wallNow(), reason });
    try {
      if (cluster.kind === 'kubernetes' && this.#undo !== undefined && this.#deployed) {
        await this.problem.fault?.recover({ cluster, kube: this.kube, app: this.#deployed }, this.#undo);
      }
      await cluster.close();
    } catch (error) {
      log.warn({ error: String(error) }, 'cleaning up failed; the journal knows what is left');
    }
  }

  get #stepsMax(): number {
    return this.#deps.stepsMax ?? limits.sessionStepsMax;
  }

  #exhausted(): boolean {
    const virtualS = (this.#deps.cluster.clock.now() - this.#conversationStartMs) / 1000;
    return this.#steps >= this.#stepsMax || virtualS >= limits.sessionVirtualSecondsMax;
  }

  #enter(state: SessionState): void {
    this.state = state;
    this.#deps.record.journal({ event: 'state', state, wallMs: this.#deps.wallNow() });
  }

  #note(step: number, role: 'assistant' | 'env', tool: string, content: string): void {
    const at = new Date(this.#deps.cluster.clock.now()).toISOString();
    this.#transcript.add({ step, at, role, tool, content });
  }
}
