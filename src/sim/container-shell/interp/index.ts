export { Input } from '../streams.ts';
export { newShell, shellProgram } from './main.ts';
export { parseScript } from './parse.ts';
export { exitCodeOf, runExitTrap, runScript } from './run.ts';
export type { Shell } from './shell.ts';
