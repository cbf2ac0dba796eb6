import type { Json, KubeObject } from '../../kube/object.ts';
import { applyStatus } from './own-status.ts';
import type { Registry } from './registry.ts';

const GROUP = 'flowcontrol.apiserver.k8s.io';
const SCHEMA = { group: GROUP, version: 'v1', kind: 'FlowSchema' };
const LEVEL = { group: GROUP, version: 'v1', kind: 'PriorityLevelConfiguration' };
const MANAGER = 'api-priority-and-fairness-config-consumer-v1';
const DANGLING = 'Dangling';

/** Tells in the status of flow schemas whether the priority level that they name is there. Nothing is throttled by them. */
export function followFlowSchemas(registry: Registry): void {
  const sync = (name: string): void => {
    const schema = registry.ctx.get(SCHEMA, undefined, name);
    if (!schema || schema.metadata.deletionTimestamp) return;
    const level: string = schema['spec']?.priorityLevelConfiguration?.name ?? '';
    const condition = conditionOf(level, registry.ctx.get(LEVEL, undefined, level) !== undefined);
    const { lastTransitionTime, ...known } = currentOf(schema) ?? {};
    if (known.message === condition.message) return;
    const since = known.status === condition.status ? lastTransitionTime : registry.world.nowIso;
    const conditions = [{ ...condition, lastTransitionTime: since }];
    applyStatus(registry, `${GROUP}/v1/FlowSchema`, name, { conditions }, MANAGER);
  };
  const later = (name: string): void => {
    registry.world.after(0, () => sync(name));
  };
  registry.store.listen(`${GROUP}/flowschemas`, ({ type, stored }) => {
    if (type !== 'DELETED') later(stored.object.metadata.name);
  });
  registry.store.listen(`${GROUP}/prioritylevelconfigurations`, ({ type, stored }) => {
    if (type === 'MODIFIED') return;
    for (const schema of registry.ctx.list(SCHEMA))
      if (schema['spec']?.priorityLevelConfiguration?.name === stored.object.metadata.name) later(schema.metadata.name);
  });
}

function currentOf(schema: KubeObject): Json {
  return (schema['status']?.conditions ?? []).find((one: Json) => one.type === DANGLING);
}

function conditionOf(level: string, isThere: boolean): Json {
  const text = `This FlowSchema references the PriorityLevelConfiguration object named ${JSON.stringify(level)}`;
  return {
    type: DANGLING,
    status: isThere ? 'False' : 'True',
    reason: isThere ? 'Found' : 'NotFound',
    message: `${text} ${isThere ? 'and it exists' : 'but there is no such object'}`,
  };
}
