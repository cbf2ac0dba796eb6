import type { TaskDef } from './task.ts';

export const detection: TaskDef = {
  stage: 'detection',
  assignment: 'Find out whether anything is wrong with the application right now. It may also be healthy.',
  submission: 'the text "Yes" if there is a fault, or "No" if there is none',
};
