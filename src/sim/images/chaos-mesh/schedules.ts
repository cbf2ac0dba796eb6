import type { Json, KubeObject } from '../../../kube/object.ts';
import { parseCron } from '../../controllers/lib/cron.ts';
import { controllerRef } from '../../controllers/lib/objects.ts';
import type { ChaosAction, ChaosHost } from './action.ts';
import { isOver } from './experiment.ts';

const GROUP = 'chaos-mesh.org/v1alpha1';
export const SCHEDULE = `${GROUP}/Schedule`;
const PAUSE = 'experiment.chaos-mesh.org/pause';
const MANAGED_BY = 'managed-by';

/** Makes experiments of a Schedule's template at its times, and removes those that are over. */
export class Schedules {
  constructor(
    readonly host: ChaosHost,
    readonly actions: Readonly<Record<string, ChaosAction>>,
  ) {}

  /** Answers when to look again, in ms. */
  reconcile(namespace: string, name: string): number | undefined {
    const { api, world } = this.host;
    const schedule = api.get(SCHEDULE, namespace, name);
    if (!schedule || schedule.metadata.deletionTimestamp) return undefined;
    const { spec, metadata, status } = schedule;
    const action = this.actions[spec.type];
    const cron = parseCron(spec.schedule);
    if (!action || !cron) {
      const reason = action ? `parse schedule ${spec.schedule}` : `spawn ${spec.type}: not supported by this cluster`;
      this.#tell(schedule, 'Failed', `Failed to ${reason}`, 'Warning');
      return undefined;
    }
    const made = this.#made(schedule);
    this.#forget(schedule, made, action);
    if (metadata.annotations?.[PAUSE] === 'true') return undefined;
    const lastMs = Date.parse(status?.time ?? metadata.creationTimestamp);
    const dueMs = cron.next(lastMs);
    if (dueMs === undefined) return undefined;
    if (dueMs > world.nowMs) return dueMs - world.nowMs;
    this.#spawn(schedule, made, action);
    return undefined;
  }

  #made(schedule: KubeObject): KubeObject[] {
    const { metadata, spec } = schedule;
    const ref = `${GROUP}/${spec.type}`;
    return [...this.host.api.list(ref, metadata.namespace, { matchLabels: { [MANAGED_BY]: metadata.name } })].sort(
      (a, b) => Date.parse(a.metadata.creationTimestamp as string) - Date.parse(b.metadata.creationTimestamp as string),
    );
  }

  #forget(schedule: KubeObject, made: readonly KubeObject[], action: ChaosAction): void {
    const over = made.filter((one) => !one.metadata.deletionTimestamp && isOver(action, one));
    for (const { metadata } of over.slice(0, Math.max(0, over.length - (schedule.spec.historyLimit ?? 1))))
      this.host.api.delete(`${GROUP}/${schedule.spec.type}`, metadata.namespace, metadata.name);
  }

  #spawn(schedule: KubeObject, made: readonly KubeObject[], action: ChaosAction): void {
    const { api, world } = this.host;
    const { metadata, spec } = schedule;
    const running = made.find((one) => !isOver(action, one));
    const time = world.nowIso;
    if (running && spec.concurrencyPolicy !== 'Allow') {
      const message = `Forbid spawning new job because: ${running.metadata.name} is still running`;
      this.#tell(schedule, 'Forbid', message, 'Warning');
      this.#modify(schedule, { time });
      return;
    }
    const field = spec.type[0].toLowerCase() + spec.type.slice(1);
    const object = api.create({
      apiVersion: GROUP,
      kind: spec.type,
      metadata: {
        generateName: `${metadata.name}-`,
        namespace: metadata.namespace,
        labels: { [MANAGED_BY]: metadata.name },
        ownerReferences: [controllerRef(schedule)],
      },
      spec: structuredClone(spec[field]),
    });
    const { name, namespace, uid, resourceVersion } = object.metadata;
    const active = { apiVersion: GROUP, kind: spec.type, name, namespace, resourceVersion, uid };
    this.#modify(schedule, { active: [active], time });
    this.#tell(schedule, 'Spawned', `Create new object: ${name}`);
  }

  #modify({ metadata }: KubeObject, status: Json): void {
    this.host.api.modify(SCHEDULE, metadata.namespace, metadata.name, (draft) => {
      draft.status = { ...draft.status, ...status };
    });
  }

  #tell(regarding: KubeObject, reason: string, message: string, type: 'Normal' | 'Warning' = 'Normal'): void {
    this.host.api.events.record({ regarding, type, reason, message, component: 'schedule-cron' });
  }
}
