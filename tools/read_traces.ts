import { z } from 'zod';
import { agentTool, READ_ONLY } from './tool.ts';

export const readTraces = agentTool({
  name: 'read_traces',
  title: 'Read an exported traces file',
  description: 'Prints a CSV file that get_traces exported, as an aligned table.',
  input: { file_path: z.string().min(1).max(1024).describe('Path of the CSV file, as get_traces printed it') },
  annotations: READ_ONLY,
  async handle(view, { file_path }) {
    return { text: await view.readTraces(file_path) };
  },
});
