import type { TaskDef } from './task.ts';

export const localization: TaskDef = {
  stage: 'localization',
  assignment:
    'The application misbehaves. Find the component in which the fault lies, by the name of its Service or Deployment, not one that merely suffers from it.',
  submission:
    'a list with the names of the faulty components, for example ["search"]; naming more than needed costs accuracy',
};
