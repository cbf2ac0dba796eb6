import type { Agent } from './agent.ts';

/** Does nothing at all; the session is then scored as it stands. */
export const noop: Agent = {
  name: 'noop',
  kind: 'noop',
  about: 'does nothing; the session is scored as it stands',
  async run() {},
};
