import type { AppDefinition } from '../apps/index.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { UserError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Logger } from '../core/log.ts';
import { findProblem, problems } from '../problems/index.ts';
import type { AgentShell } from '../shell/index.ts';
import { type Stage, stagesOf, type TaskType } from '../tasks/task.ts';
import type { ProblemListing, Progress, SessionControl, SessionEnd, SessionSummary } from './agent-view.ts';
import type { WallTime } from './pace.ts';
import type { AgentCall, PerformedReply, Session } from './session.ts';
import type { ProcessId, SessionResult, SessionStore } from './store.ts';

/**
 * A cluster of its own for one session, and the shell of the agent on it. Closing the cluster takes away what the session made there,
 * the incident's traces included.
 */
export interface Cloud {
  cluster: Cluster;
  /** The cluster as the agent's tools see it, where that is less. */
  seen?: Cluster;
  shell: AgentShell;
}

export interface ManagerDeps {
  /** A fresh cloud; `seed` decides everything in it. */
  createCloud(seed: string, app: AppDefinition): Promise<Cloud>;
  loadApp(name: string): AppDefinition | Promise<AppDefinition>;
  store: SessionStore;
  wall: WallTime;
  /** This process, as others will recognise it in the journal. */
  owner: ProcessId;
  /** An unguessable id, and a seed where the caller gave none. */
  newId(): string;
  versions: Record<string, string>;
  log: Logger;
  /** Name of the agent in results. */
  agent: string;
  stepsMax?: number;
  /** Only problems of this task type. */
  task?: TaskType;
  /** How the clusters' time goes while sessions run; `stepped` unless given. */
  pace?: 'stepped' | 'wall';
}

interface StartRequest {
  problemId: string;
  seed?: string;
  signal?: AbortSignal;
  progress?: Progress;
}

/** Which tools a stage allows. Given by the front, so that this folder does not know the tools. */
export type ToolGate = (tool: string, stage: Stage) => boolean;

/** All sessions of this process: several at once, each with a world of its own. */
export class SessionManager implements SessionControl {
  readonly #deps: ManagerDeps;
  readonly #sessions = new Map<string, Session>();
  #gate: ToolGate = () => true;
  #toolNames: readonly string[] = [];
  #recovered = false;

  constructor(deps: ManagerDeps) {
    this.#deps = deps;
  }

  /** Tells which tools exist and when they are allowed. */
  useTools(names: readonly string[], gate: ToolGate): void {
    this.#toolNames = names;
    this.#gate = gate;
  }

  listProblems(): ProblemListing[] {
    const only = this.#deps.task;
    const offered = problems.filter((problem) => only === undefined || problem.task === only);
    return offered.map(({ id, application, task, family, twinOf }) => ({
      id,
      application,
      task,
      family,
      ...(twinOf === undefined ? {} : { twin_of: twinOf }),
    }));
  }

  /** Gives the session as it is after {@link limits.startAnswerMsMax} if it is still being prepared then; it goes on by itself. */
  async start(request: StartRequest): Promise<SessionSummary> {
    const { session, started } = await this.#create(request);
    // Whoever has been answered by then learns of a failure from get_session.
    started.catch(() => {});
    await Promise.race([started, this.#deps.wall.sleep(limits.startAnswerMsMax)]);
    return this.#summary(session);
  }

  /** As {@link start}, for callers in this process: the session is running. */
  async open(request: StartRequest): Promise<Session> {
    const { session, started } = await this.#create(request);
    await started;
    return session;
  }

  async #create(request: StartRequest): Promise<{ session: Session; started: Promise<void> }> {
    const problem = findProblem(request.problemId);
    const only = this.#deps.task;
    if (only !== undefined && problem.task !== only) {
      throw new UserError(
        'NOT_ALLOWED',
        `${problem.id} is of task type ${problem.task}; this server offers ${only} only`,
        'list_problems has the ids that it offers',
      );
    }
    const open = this.#open();
    if (open.length >= limits.sessionsOpenMax) {
      throw new UserError('LIMIT', `${open.length} sessions are open already`, 'end one with end_session');
    }
    this.#recoverOnce();
    const deps = this.#deps;
    const id = deps.newId();
    const seed = request.seed ?? deps.newId();
    const app = await deps.loadApp(problem.application);
    const cloud = await deps.createCloud(seed, app);
    // Loaded with the first session: a server that is only asked for its tools needs none of it.
    const { Session } = await import('./session.ts');
    const session = new Session({
      id,
      problem,
      seed,
      agent: deps.agent,
      cluster: cloud.cluster,
      seen: cloud.seen ?? cloud.cluster,
      shell: cloud.shell,
      app,
      record: deps.store.open(id),
      wall: deps.wall,
      pace: deps.pace ?? 'stepped',
      owner: deps.owner,
      versions: deps.versions,
      log: deps.log,
      stepsMax: deps.stepsMax,
    });
    this.#sessions.set(id, session);
    this.#forgetOld();
    return { session, started: session.start(request.progress ?? (() => {}), request.signal) };
  }

  async describe(sessionId?: string, waitMs = 0): Promise<SessionSummary> {
    const session = this.find(sessionId);
    if (waitMs > 0) await Promise.race([session.prepared(), this.#deps.wall.sleep(waitMs)]);
    return this.#summary(session);
  }

  async end(sessionId?: string): Promise<SessionEnd> {
    const session = this.find(sessionId);
    await session.abort('ended by the operator');
    return session.end();
  }

  /** Runs one agent call through the session's choke point, gated by its stage. */
  perform(
    sessionId: string | undefined,
    tool: string,
    call: Pick<AgentCall, 'args' | 'signal'>,
    run: Parameters<Session['perform']>[1],
  ): Promise<PerformedReply> {
    const session = this.find(sessionId);
    const allowed = (stage: Stage): string | undefined => this.#refusal(session.problem.task, stage, tool);
    return session.perform({ ...call, tool, allowed }, run);
  }

  /** The named session, or the only open one. */
  find(sessionId?: string): Session {
    if (sessionId !== undefined) {
      const session = this.#sessions.get(sessionId);
      if (session) return session;
      throw new UserError(
        'NOT_FOUND',
        'no session has this session_id',
        'start_problem returns one; sessions end with this server',
      );
    }
    const open = this.#open();
    if (open.length === 1) return open[0] as Session;
    const all = this.sessions();
    if (open.length === 0 && all.length === 1) return all[0] as Session;
    if (open.length === 0) throw new UserError('STATE', 'no session is open', 'start_problem opens one');
    throw new UserError('INVALID_ARGUMENT', `${open.length} sessions are open`, 'say which one with session_id');
  }

  results(): SessionResult[] {
    this.#recoverOnce();
    return this.#deps.store.results();
  }

  /** Ends all sessions, for an orderly shutdown. */
  async close(): Promise<void> {
    await Promise.all(this.#open().map((session) => session.abort('the server ended')));
  }

  /** The sessions of this process, oldest first. */
  sessions(): Session[] {
    return [...this.#sessions.values()];
  }

  /** Ended sessions stay readable, but not without end. */
  #forgetOld(): void {
    const ended = this.sessions().filter((session) => !session.open);
    for (const session of ended.slice(0, Math.max(0, ended.length - limits.sessionsEndedMax))) {
      this.#sessions.delete(session.id);
    }
  }

  #open(): Session[] {
    return this.sessions().filter((session) => session.open);
  }

  #summary(session: Session): SessionSummary {
    return session.summary(this.#toolNames.filter((name) => this.#gate(name, session.stage)));
  }

  #refusal(task: TaskType, stage: Stage, tool: string): string | undefined {
    if (this.#gate(tool, stage)) return undefined;
    const allowed = this.#toolNames.filter((name) => this.#gate(name, stage)).join(', ');
    const where = stagesOf(task).length > 1 ? `stage ${stage} of this incident` : `task type ${task}`;
    return `${tool} is not available in this session: ${where} allows ${allowed}. Call submit when you have an answer.`;
  }

  /** Once per process and not at its start: clients start servers that they never use. */
  #recoverOnce(): void {
    if (this.#recovered) return;
    this.#recovered = true;
    const ended = this.#deps.store.recover();
    if (ended > 0) this.#deps.log.info({ ended }, 'ended sessions that a killed process had left');
  }
}
