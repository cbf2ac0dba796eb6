import { clone } from '../../../../kube/object.ts';
import { goTypeOf, roundTrip } from '../../go-shape.ts';
import type { KindDef } from '../../kind.ts';

/**
 * Completes a kind with what all share: objects are brought into the stored form of their Go type before and after
 * defaults and strategy; creation drops the status and update keeps the old one where the kind has a /status.
 */
export function defineKind(def: KindDef & { hasStatus?: boolean }): KindDef {
  const { hasStatus = false, ...kind } = def;
  const type = goTypeOf(kind.group, kind.version, kind.kind);
  const shape = (draft: Parameters<typeof roundTrip>[0]): void => {
    if (type) roundTrip(draft, type);
  };
  return {
    ...kind,
    setDefaults(draft) {
      shape(draft);
      kind.setDefaults?.(draft);
    },
    prepareForCreate(draft, ctx) {
      if (hasStatus) draft.status = {};
      kind.prepareForCreate?.(draft, ctx);
      shape(draft);
    },
    prepareForUpdate(draft, old, ctx) {
      if (hasStatus) {
        if (old.status === undefined) delete draft.status;
        else draft.status = clone(old.status);
      }
      kind.prepareForUpdate?.(draft, old, ctx);
      shape(draft);
    },
  };
}
