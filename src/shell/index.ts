export { defineHelmCommand, type HelmCommandOptions } from './commands/helm/index.ts';
export type { JqEngine, JqOutcome } from './commands/jq.ts';
export { type ShellNetwork, ShellNetworkError } from './network.ts';
export { type AgentShell, createShell, type ShellOptions, type ShellResult } from './shell.ts';
