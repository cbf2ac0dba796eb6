import { type Fault, restartPods } from './fault.ts';

/** Restarts the pods of a service: what the database faults do beside the fault itself. */
export function restartPodsOf(service: string): Fault {
  return {
    async inject(ctx) {
      await restartPods(ctx, service);
      return {};
    },
    async recover() {},
  };
}
