import { renamePodImages } from '../faults/fail-pod.ts';
import type { Fault } from '../faults/fault.ts';
import { FIRST_LOOK, NAMESPACE, restartCommands } from './hotel-reservation.ts';
import type { Variant } from './problem.ts';

/** Families whose fault sits in the one pod of service user: a new pod is healthy. */
function userPod(fault: Fault): Pick<Variant, 'suffix' | 'fault' | 'load' | 'repairs' | 'tasks'> {
  return {
    suffix: '-1',
    fault,
    load: { rate: 10, seconds: 10 },
    repairs: [{ name: 'replace the pod', commands: restartCommands('user') }],
    tasks: ['detection', 'localization'],
  };
}

export function failedPodVariant(fault: Fault): Variant {
  return {
    ...userPod(fault),
    harmless: renamePodImages('user'),
    truth: {
      localization: ['user'],
      analysis: [
        { system_level: 'Virtualization', fault_type: 'Operation Error' },
        { system_level: 'Virtualization', fault_type: 'Misconfiguration' },
      ],
    },
    investigation: [...FIRST_LOOK, `kubectl describe pod -l io.kompose.service=user -n ${NAMESPACE}`],
  };
}

/** One percent of the load reaches service user, so the reference asks it directly. */
const ASK_USER = `curl -s -o /dev/null -w '%{http_code} %{time_total}\\n' -m 20 -X POST 'http://frontend.${NAMESPACE}:5000/user?username=Cornell_1&password=1111111111'`;

export function disturbedNetworkVariant(fault: Fault): Variant {
  return {
    ...userPod(fault),
    truth: {
      localization: ['user'],
      analysis: [
        { system_level: 'Operating System', fault_type: 'Network/Storage Issue' },
        { system_level: 'Virtualization', fault_type: 'Network/Storage Issue' },
      ],
    },
    investigation: [`kubectl get pods -n ${NAMESPACE}`, ASK_USER],
  };
}
