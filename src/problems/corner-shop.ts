import type { Fault } from '../faults/fault.ts';
import type { AnalysisAnswer, Family, Repair } from './problem.ts';

/** What the problems of the corner shop share. */
export const SHOP = 'corner-shop';
export const SHOP_NAMESPACE = 'test-corner-shop';

const N = `-n ${SHOP_NAMESPACE}`;

/** Waits until a Deployment has what it wants, within one exec_shell call. */
export function ready(deployment: string): string {
  return `kubectl rollout status deployment/${deployment} ${N} --timeout=45s`;
}

/** Back to the release as it was installed. */
export function helmRollback(...then: string[]): Repair {
  return { name: 'helm rollback', commands: [`helm rollback ${SHOP} 1 ${N} --force-conflicts`, ...then] };
}

export function rolloutUndo(deployment: string): Repair {
  return {
    name: 'roll the deployment back',
    commands: [`kubectl rollout undo deployment/${deployment} ${N}`, ready(deployment)],
  };
}

/** A JSON patch as a kubectl command. */
export function jsonPatch(object: string, operations: unknown): string {
  return `kubectl patch ${object} ${N} --type=json -p '${JSON.stringify(operations)}'`;
}

/** Reads an object, edits its YAML with sed and puts it back. */
export function editWithSed(object: string, script: string): string {
  return `kubectl get ${object} ${N} -o yaml | sed '${script}' | kubectl replace -f -`;
}

export interface ShopIncident {
  fault: Fault;
  /** What is at fault: a service, or another part of the application. */
  service: string;
  /** A change of the same object by the same hand that does no harm: that something was changed must not tell that something is wrong. */
  harmless: Fault;
  analysis: readonly AnalysisAnswer[];
  investigation: readonly string[];
  repairs: readonly Repair[];
}

/** A family with one variant, all tasks and a healthy twin. */
export function shopFamily(name: string, incident: ShopIncident): Family {
  const { fault, harmless, service, analysis, investigation, repairs } = incident;
  return {
    name: `corner_shop_${name}`,
    application: SHOP,
    variants: [
      {
        suffix: '-1',
        fault,
        harmless,
        load: { rate: 2, seconds: 10 },
        truth: { localization: [service], analysis },
        investigation: [
          `kubectl get pods,services ${N}`,
          `kubectl get events ${N} --field-selector type=Warning`,
          ...investigation,
        ],
        repairs,
        tasks: ['detection', 'localization', 'analysis', 'mitigation'],
      },
    ],
  };
}
