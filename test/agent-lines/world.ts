export const SEED = 'agent-lines';
export const NAMESPACE = 'test-hotel-reservation';
/** Virtual time between two lines. */
export const SETTLE_MS = 1_000;
