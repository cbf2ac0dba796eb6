import { UserError } from '../core/errors.ts';
import { containerKill } from './container-kill.ts';
import { misconfigAppHotelRes } from './misconfig-app-hotel-res.ts';
import { networkDelayHotelRes } from './network-delay-hotel-res.ts';
import { networkLossHotelRes } from './network-loss-hotel-res.ts';
import { noopDetectionHotelReservation } from './noop.ts';
import { podFailureHotelRes } from './pod-failure-hotel-res.ts';
import { podKillHotelRes } from './pod-kill-hotel-res.ts';
import { expand, type Problem } from './problem.ts';
import { redeployWithoutPv } from './redeploy-without-pv.ts';
import { revokeAuthMongodb } from './revoke-auth-mongodb.ts';
import { userUnregisteredMongodb } from './user-unregistered-mongodb.ts';
import { wrongBinUsage } from './wrong-bin-usage.ts';

const families = [
  containerKill,
  misconfigAppHotelRes,
  networkDelayHotelRes,
  networkLossHotelRes,
  podFailureHotelRes,
  podKillHotelRes,
  redeployWithoutPv,
  revokeAuthMongodb,
  userUnregisteredMongodb,
  wrongBinUsage,
];

/** All problems, in the order of their ids. */
export const problems: readonly Problem[] = [...families.flatMap(expand), noopDetectionHotelReservation].sort((a, b) =>
  a.id < b.id ? -1 : 1,
);

const byId = new Map(problems.map((problem) => [problem.id, problem]));
if (byId.size !== problems.length) throw new Error('two problems have the same id');

export function findProblem(id: string): Problem {
  const problem = byId.get(id);
  if (problem) return problem;
  throw new UserError(
    'NOT_FOUND',
    `no problem has the id ${JSON.stringify(id)}`,
    'list_problems (or `aiopslab-mcp problems`) lists all ids',
  );
}

/** Problems whose id matches one of the comma-separated globs (`*` and `?`). */
export function matchProblems(globs: string): Problem[] {
  const patterns = globs.split(',').map((glob) => {
    const source = glob
      .trim()
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replace(/\*/g, '.*')
      .replace(/\?/g, '.');
    return new RegExp(`^${source}$`);
  });
  const found = problems.filter((problem) => patterns.some((pattern) => pattern.test(problem.id)));
  if (found.length > 0) return found;
  throw new UserError(
    'NOT_FOUND',
    `no problem matches ${JSON.stringify(globs)}`,
    'list_problems (or `aiopslab-mcp problems`) lists all ids',
  );
}
