import { FAULT_TYPES, SYSTEM_LEVELS, type TaskDef } from './task.ts';

export const analysis: TaskDef = {
  stage: 'analysis',
  assignment:
    'The application misbehaves. Find the root cause: the level of the system it lies at and the type of the fault.',
  submission:
    `an object {"system_level": …, "fault_type": …}; system_level is one of ${SYSTEM_LEVELS.join(', ')}; ` +
    `fault_type is one of ${FAULT_TYPES.join(', ')}`,
};
