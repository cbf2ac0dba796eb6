import { UserError } from '../core/errors.ts';
import type { Agent } from './agent.ts';
import * as cheats from './cheats.ts';
import { noop } from './noop.ts';
import { reference } from './reference.ts';

export const agents: readonly Agent[] = [reference, noop, ...Object.values(cheats)];

export function findAgent(name: string): Agent {
  const agent = agents.find((item) => item.name === name);
  if (agent) return agent;
  throw new UserError(
    'NOT_FOUND',
    `no agent is named ${JSON.stringify(name)}`,
    `the agents are ${agents.map((item) => item.name).join(', ')}`,
  );
}
