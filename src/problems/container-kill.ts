import { killContainer } from '../faults/disturb.ts';
import { FIRST_LOOK, HOTEL, NAMESPACE, restartCommands } from './hotel-reservation.ts';
import type { Family } from './problem.ts';

export const containerKill: Family = {
  name: 'container_kill',
  application: HOTEL,
  variants: [
    {
      suffix: '',
      fault: killContainer('geo', 'hotel-reserv-geo', 30_000),
      load: { rate: 100, seconds: 10 },
      truth: {
        localization: ['geo'],
        analysis: [
          { system_level: 'Virtualization', fault_type: 'Operation Error' },
          { system_level: 'Operating System', fault_type: 'Operation Error' },
        ],
      },
      investigation: [...FIRST_LOOK, `kubectl describe pod -l io.kompose.service=geo -n ${NAMESPACE}`],
      repairs: [{ name: 'replace the pod', commands: restartCommands('geo') }],
      tasks: ['detection', 'localization'],
    },
  ],
};
