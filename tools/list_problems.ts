import { z } from 'zod';
import { operatorTool, READ_ONLY } from './tool.ts';

const listing = z.object({
  id: z.string(),
  application: z.string(),
  task: z.string(),
  family: z.string(),
  twin_of: z.string().optional(),
});

export const listProblems = operatorTool({
  name: 'list_problems',
  title: 'List the problems',
  description: 'All problems that start_problem can start, with application, task type and family.',
  input: { filter: z.string().max(200).optional().describe('Only ids that contain this text') },
  output: { problems: z.array(listing), total: z.number().int() },
  annotations: READ_ONLY,
  async handle(control, { filter }) {
    const all = control.listProblems();
    const problems = filter ? all.filter((problem) => problem.id.includes(filter)) : all;
    const structured = { problems, total: problems.length };
    return { text: JSON.stringify(structured), structured };
  },
});
