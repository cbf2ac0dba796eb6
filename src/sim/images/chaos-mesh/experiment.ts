import type { Json, KubeObject } from '../../../kube/object.ts';
import { ApiError } from '../../../kube/status.ts';
import { type ChaosAction, ChaosError, type ChaosHost, type ChaosRecord, durationMs } from './action.ts';
import { completeSpec, faultOf } from './webhook.ts';

const FINALIZER = 'chaos-mesh/records';
const PAUSE = 'experiment.chaos-mesh.org/pause';
const CLEAN = 'chaos-mesh.chaos-mesh.org/cleanFinalizer';
/** `MAX_EVENTS` of the controller: events kept in a record. */
const EVENTS_MAX = 3;

type Phase = 'Run' | 'Stop';

/**
 * Brings one experiment a step forward, as Chaos Mesh 2.6's pipeline does: finalizer, desired phase, conditions, records, clean-up. Each
 * write comes back as a change of the object and leads to the next step. Answers when to look again, in ms; throws what should be retried.
 */
export class Experiments {
  constructor(
    readonly host: ChaosHost,
    readonly ref: string,
    readonly action: ChaosAction,
  ) {}

  reconcile(namespace: string, name: string): number | undefined {
    const chaos = this.host.api.get(this.ref, namespace, name);
    if (!chaos) return undefined;
    if (this.#complete(chaos) || this.#initFinalizer(chaos)) return undefined;
    const { phase, event, againMs } = this.#desired(chaos);
    if (phase !== phaseOf(chaos)) {
      if (event) this.#tell(chaos, 'desiredphase', ...event);
      this.#modify(chaos, (status) => {
        status.experiment.desiredPhase = phase;
      });
      this.#tell(chaos, 'desiredphase', 'Updated', 'Successfully update desiredPhase of resource');
      return undefined;
    }
    if (this.#conditions(chaos) || this.#records(chaos, phase)) return undefined;
    this.#clean(chaos);
    return againMs;
  }

  /** What the webhook would have filled in when it was made. */
  #complete(chaos: KubeObject): boolean {
    const { namespace, name } = chaos.metadata;
    const before = JSON.stringify(chaos.spec);
    const after = JSON.parse(before);
    completeSpec(after, namespace, this.action);
    if (JSON.stringify(after) === before) return false;
    this.host.api.modify(this.ref, namespace, name, (draft) => {
      draft.spec = after;
    });
    return true;
  }

  #initFinalizer(chaos: KubeObject): boolean {
    const { namespace, name, finalizers = [], deletionTimestamp } = chaos.metadata;
    if (deletionTimestamp || finalizers.includes(FINALIZER)) return false;
    this.#tell(chaos, 'initFinalizers', 'FinalizerInited', 'Finalizer has been inited');
    this.host.api.modify(this.ref, namespace, name, (draft) => {
      draft.metadata.finalizers = [...finalizers, FINALIZER];
    });
    this.#tell(chaos, 'initFinalizers', 'Updated', 'Successfully update finalizer of resource');
    return true;
  }

  #desired(chaos: KubeObject): { phase: Phase; event?: [string, string]; againMs?: number } {
    const { deletionTimestamp, creationTimestamp, annotations } = chaos.metadata;
    if (deletionTimestamp) return { phase: 'Stop', event: ['Deleted', 'Experiment has been deleted'] };
    if (this.action.oneShot(chaos)) return { phase: 'Run' };
    const { duration } = chaos.spec;
    const leftMs =
      duration === undefined
        ? undefined
        : Date.parse(creationTimestamp as string) + durationMs(duration) - this.host.world.nowMs;
    if (leftMs !== undefined && leftMs <= 0)
      return { phase: 'Stop', event: ['TimeUp', 'Time up according to the duration'] };
    if (annotations?.[PAUSE] === 'true')
      return { phase: 'Stop', event: ['Paused', 'Experiment has been paused'], againMs: leftMs };
    return { phase: 'Run', event: ['Started', 'Experiment has started'], againMs: leftMs };
  }

  #conditions(chaos: KubeObject): boolean {
    const records = recordsOf(chaos);
    const truth = (holds: boolean): string => (holds ? 'True' : 'False');
    const all = (phase: ChaosRecord['phase']): boolean => records?.every((one) => one.phase === phase) ?? false;
    const conditions = [
      { type: 'Selected', status: truth(records !== undefined) },
      { type: 'AllInjected', status: truth(all('Injected')) },
      { type: 'AllRecovered', status: truth(all('Not Injected')) },
      { type: 'Paused', status: truth(chaos.metadata.annotations?.[PAUSE] === 'true') },
    ];
    if (JSON.stringify(conditions) === JSON.stringify(chaos.status?.conditions)) return false;
    this.#modify(chaos, (status) => {
      status.conditions = conditions;
    });
    return true;
  }

  /** Injects or recovers what is not as desired. True when the object was written; throws when something is to be tried again. */
  #records(chaos: KubeObject, phase: Phase): boolean {
    const known = recordsOf(chaos);
    const records: ChaosRecord[] = known ? structuredClone(known) : this.#select(chaos);
    if (!known && records.length === 0) return false;
    const wanted = phase === 'Run' ? 'Injected' : 'Not Injected';
    const told = { ...chaos, status: { ...chaos.status, experiment: { containerRecords: records } } };
    const failures: unknown[] = [];
    let changed = !known;
    for (const record of records) {
      if (record.phase === wanted) continue;
      changed = true;
      const failure = this.#change(told, record, wanted);
      if (failure) failures.push(failure);
    }
    if (!changed) return false;
    this.#modify(chaos, (status) => {
      status.experiment.containerRecords = records;
    });
    this.#tell(chaos, 'records', 'Updated', 'Successfully update records of resource');
    if (failures.length > 0) throw failures[0];
    return true;
  }

  #select(chaos: KubeObject): ChaosRecord[] {
    try {
      const ids = Object.entries(this.action.select(this.host, chaos));
      return ids.flatMap(([selectorKey, found]) =>
        found.map(
          (id): ChaosRecord => ({ id, selectorKey, phase: 'Not Injected', injectedCount: 0, recoveredCount: 0 }),
        ),
      );
    } catch (error) {
      if (!(error instanceof ChaosError)) throw error;
      this.#fail(chaos, 'select targets', error.message);
      return [];
    }
  }

  /** The failure, if there was one. */
  #change(chaos: KubeObject, record: ChaosRecord, wanted: ChaosRecord['phase']): ApiError | ChaosError | undefined {
    const applies = wanted === 'Injected';
    const event = (type: string, message?: string): void => {
      const operation = applies ? 'Apply' : 'Recover';
      const told = { ...(message ? { message } : {}), operation, timestamp: this.host.world.nowIso, type };
      record.events = [...(record.events ?? []), told].slice(-EVENTS_MAX);
    };
    try {
      const fault = applies ? faultOf(chaos) : undefined;
      if (fault !== undefined) throw new ChaosError(fault);
      if (applies) this.action.apply(this.host, chaos, record);
      else this.action.recover(this.host, chaos, record);
    } catch (error) {
      if (!(error instanceof ChaosError) && !(error instanceof ApiError)) throw error;
      event('Failed', error.message);
      this.#fail(chaos, applies ? 'apply chaos' : 'recover chaos', error.message);
      return error;
    }
    record.phase = wanted;
    event('Succeeded');
    if (applies) record.injectedCount++;
    else record.recoveredCount++;
    const [reason, verb] = applies ? ['Applied', 'apply'] : ['Recovered', 'recover'];
    this.#tell(chaos, 'records', reason as string, `Successfully ${verb} chaos for ${record.id}`);
    return undefined;
  }

  #clean(chaos: KubeObject): void {
    const { namespace, name, finalizers, deletionTimestamp, annotations } = chaos.metadata;
    if (!deletionTimestamp || !finalizers?.length) return;
    const recovered = recordsOf(chaos)?.every(({ phase }) => phase === 'Not Injected') ?? true;
    if (!recovered && annotations?.[CLEAN] !== 'forced') return;
    this.#tell(chaos, 'cleanFinalizers', 'FinalizerInited', 'Finalizer has been removed');
    this.host.api.modify(this.ref, namespace, name, (draft) => {
      draft.metadata.finalizers = [];
    });
  }

  #modify(chaos: KubeObject, change: (status: Json) => void): void {
    const { namespace, name } = chaos.metadata;
    this.host.api.modify(this.ref, namespace, name, (draft) => {
      draft.status = { ...draft.status, experiment: { ...draft.status?.experiment } };
      change(draft.status);
    });
  }

  #fail(chaos: KubeObject, activity: string, message: string): void {
    this.#tell(chaos, 'records', 'Failed', `Failed to ${activity}: ${message}`, 'Warning');
  }

  #tell(
    regarding: KubeObject,
    component: string,
    reason: string,
    message: string,
    type: 'Normal' | 'Warning' = 'Normal',
  ): void {
    this.host.api.events.record({ regarding, type, reason, message, component });
  }
}

function phaseOf(chaos: KubeObject): Phase | undefined {
  return chaos.status?.experiment?.desiredPhase;
}

function recordsOf(chaos: KubeObject): ChaosRecord[] | undefined {
  return chaos.status?.experiment?.containerRecords;
}

/** An experiment that will not do anything any more: what a Schedule may forget, or start anew beside. */
export function isOver(action: ChaosAction, chaos: KubeObject): boolean {
  const records = recordsOf(chaos);
  if (!records) return false;
  if (action.oneShot(chaos)) return records.every(({ phase }) => phase === 'Injected');
  return phaseOf(chaos) === 'Stop' && records.every(({ phase }) => phase === 'Not Injected');
}
