import type { Controller, ControllerOptions } from './context.ts';
import * as registry from './registry.ts';

export type { Controller, ControllerOptions, PodMetrics } from './context.ts';

/** All controllers of the controller manager, by file name. */
export const controllers: Readonly<Record<string, Controller>> = registry;

/** Starts every controller on the world's event queue. */
export function startControllers(options: ControllerOptions): void {
  for (const controller of Object.values(controllers)) controller.start(options);
}
