import { defineKind } from './common/define.ts';
import { age, columns } from './common/table.ts';

/** flowcontrol.apiserver.k8s.io/v1 PriorityLevelConfiguration. */
export const priorityLevelConfiguration = defineKind({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'PriorityLevelConfiguration',
  hasStatus: true,
  columns: columns('Name', 'Type', 'NominalConcurrencyShares', 'Queues', 'HandSize', 'QueueLengthLimit', 'Age'),
  row: (object, ctx) => {
    const { type = '', limited, exempt } = object.spec ?? {};
    const { queues, handSize, queueLengthLimit } = limited?.limitResponse?.queuing ?? {};
    const shares = (limited ?? exempt)?.nominalConcurrencyShares;
    const shown = [shares, queues, handSize, queueLengthLimit].map((value) => `${value ?? '<none>'}`);
    return [object.metadata.name, type, ...shown, age(object, ctx)];
  },
});
