import type { TaskDef } from './task.ts';

export const mitigation: TaskDef = {
  stage: 'mitigation',
  assignment:
    'The application misbehaves. Repair it: every workload ready, requests answered as before the incident, nothing else broken. Any repair that works is right.',
  submission: 'nothing (null); the state of the cluster is examined when you submit',
};
