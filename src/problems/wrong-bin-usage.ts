import { recreate, setCommand } from '../faults/set-command.ts';
import { HOTEL, NAMESPACE, WAIT } from './hotel-reservation.ts';
import type { Family } from './problem.ts';

const ready = `kubectl rollout status deployment/profile -n ${NAMESPACE} ${WAIT}`;
const patch = (command: string): string =>
  `kubectl patch deployment profile -n ${NAMESPACE} --type=json -p '[{"op":"replace","path":"/spec/template/spec/containers/0/command","value":["${command}"]}]'`;

export const wrongBinUsage: Family = {
  name: 'wrong_bin_usage',
  application: HOTEL,
  variants: [
    {
      suffix: '-1',
      fault: setCommand('profile', ['geo']),
      harmless: recreate('profile'),
      load: { rate: 10, seconds: 10 },
      truth: {
        localization: ['profile'],
        analysis: [{ system_level: 'Application', fault_type: 'Network/Storage Issue' }],
      },
      investigation: [
        `kubectl get pods -n ${NAMESPACE}`,
        `kubectl logs deployment/frontend -n ${NAMESPACE} --tail=5`,
        `kubectl logs deployment/profile -n ${NAMESPACE} --tail=20`,
        `kubectl get deployment profile -n ${NAMESPACE} -o jsonpath='{.spec.template.spec.containers[0].command}'`,
      ],
      repairs: [
        { name: 'patch the command', commands: [patch('profile'), ready] },
        { name: 'patch with the binary’s full path', commands: [patch('/go/bin/profile'), ready] },
        {
          name: 'replace an edited manifest',
          commands: [
            `kubectl get deployment profile -n ${NAMESPACE} -o yaml | sed 's/^        - geo$/        - profile/' | kubectl replace -f -`,
            ready,
          ],
        },
        {
          name: 'helm rollback',
          commands: [`helm rollback hotel-reservation 1 -n ${NAMESPACE} --force-conflicts`, ready],
        },
      ],
      tasks: ['detection', 'localization', 'analysis', 'mitigation'],
    },
  ],
};
