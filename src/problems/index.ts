import { UserError } from '../core/errors.ts';
import { containerKill } from './container-kill.ts';
import { cornerShopBadCommand } from './corner-shop-bad-command.ts';
import { cornerShopBadReadinessProbe } from './corner-shop-bad-readiness-probe.ts';
import { cornerShopClaimLost } from './corner-shop-claim-lost.ts';
import { cornerShopMemoryLimitTooLow } from './corner-shop-memory-limit-too-low.ts';
import { cornerShopMissingSecretKey } from './corner-shop-missing-secret-key.ts';
import { cornerShopNodeTainted } from './corner-shop-node-tainted.ts';
import { cornerShopQuotaExceeded } from './corner-shop-quota-exceeded.ts';
import { cornerShopRightsRevoked } from './corner-shop-rights-revoked.ts';
import { cornerShopScaledToZero } from './corner-shop-scaled-to-zero.ts';
import { cornerShopSelectorTypo } from './corner-shop-selector-typo.ts';
import { cornerShopServiceAccountGone } from './corner-shop-service-account-gone.ts';
import { cornerShopWrongConfigValue } from './corner-shop-wrong-config-value.ts';
import { cornerShopWrongImageTag } from './corner-shop-wrong-image-tag.ts';
import { cornerShopWrongTargetPort } from './corner-shop-wrong-target-port.ts';
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
  cornerShopBadCommand,
  cornerShopBadReadinessProbe,
  cornerShopClaimLost,
  cornerShopMemoryLimitTooLow,
  cornerShopMissingSecretKey,
  cornerShopNodeTainted,
  cornerShopQuotaExceeded,
  cornerShopRightsRevoked,
  cornerShopScaledToZero,
  cornerShopSelectorTypo,
  cornerShopServiceAccountGone,
  cornerShopWrongConfigValue,
  cornerShopWrongImageTag,
  cornerShopWrongTargetPort,
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
