import { clone, type Json } from '../../kube/object.ts';
import type { UserInfo } from './admission.ts';
import { applyConfig } from './managed/manager.ts';
import type { Registry } from './registry.ts';

const SERVER: UserInfo = { username: 'system:apiserver', groups: ['system:masters'] };

/** What a part of the API server itself applies to the status of a cluster-wide object, under a manager's name of its own. */
export function applyStatus(registry: Registry, ref: string, name: string, status: Json, manager: string): void {
  const kind = registry.kinds.byRef(ref);
  const old = kind && registry.current(kind, undefined, name);
  if (!kind || !old) return;
  const { apiVersion, kind: kindName } = old.object;
  const config: Json = { apiVersion, kind: kindName, metadata: { name }, status };
  const writer = { manager, subresource: 'status', time: registry.world.nowIso };
  const applied = applyConfig(old.managed, old.object, config, kind.info, writer, true);
  const draft = clone(applied.object);
  draft.metadata.resourceVersion = old.object.metadata.resourceVersion;
  const options = { user: SERVER, fieldManager: manager, subresource: 'status', managed: applied.managed };
  registry.update(kind, old, draft, options);
}
