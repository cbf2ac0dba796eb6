import type { ApiClient } from '../api/api.ts';
import type { World } from '../world.ts';
import { Scheduler } from './scheduler.ts';

export interface SchedulerOptions {
  world: World;
  api: ApiClient;
}

/** Starts the default scheduler: it watches pods and nodes and binds on the world's event queue. */
export function startScheduler({ world, api }: SchedulerOptions): void {
  new Scheduler(world, api).start();
}
