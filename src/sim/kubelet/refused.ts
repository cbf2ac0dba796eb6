import { ApiError } from '../../kube/status.ts';

/** After this time a kubelet looks again at what it could not write. */
export const REFUSED_MS = 10_000;

/** Does a write that the API server may refuse (admission, quotas …). A kubelet lives on and tries again. False when it was refused. */
export function accepted(write: () => void): boolean {
  try {
    write();
    return true;
  } catch (error) {
    if (error instanceof ApiError) return false;
    throw error;
  }
}
