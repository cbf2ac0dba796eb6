import { defineKind } from './common/define.ts';
import { notSupported, required } from './common/field.ts';
import { age, columns } from './common/table.ts';

const RESPONSES = ['Queue', 'Reject'];
const TYPES = ['Exempt', 'Limited'];

/** flowcontrol.apiserver.k8s.io/v1 PriorityLevelConfiguration. */
export const priorityLevelConfiguration = defineKind({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'PriorityLevelConfiguration',
  hasStatus: true,
  setDefaults({ spec }) {
    if (spec?.limited && spec.limited.lendablePercent === undefined) spec.limited.lendablePercent = 0;
  },
  validate({ spec }) {
    if (!TYPES.includes(spec.type)) return [notSupported('spec.type', spec.type, TYPES)];
    if (spec.type === 'Limited' && !spec.limited)
      return [required('spec.limited', 'must not be empty when type is Limited')];
    const response = spec.limited?.limitResponse?.type ?? '';
    if (spec.limited && !RESPONSES.includes(response))
      return [notSupported('spec.limited.limitResponse.type', response, RESPONSES)];
    return [];
  },
  columns: columns('Name', 'Type', 'NominalConcurrencyShares', 'Queues', 'HandSize', 'QueueLengthLimit', 'Age'),
  row: (object, ctx) => {
    const { type = '', limited, exempt } = object.spec ?? {};
    const { queues, handSize, queueLengthLimit } = limited?.limitResponse?.queuing ?? {};
    const shares = (limited ?? exempt)?.nominalConcurrencyShares;
    const shown = [shares, queues, handSize, queueLengthLimit].map((value) => value ?? '<none>');
    return [object.metadata.name, type, ...shown, age(object, ctx)];
  },
});
