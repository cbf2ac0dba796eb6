/** Names that the problems of HotelReservation share. */
export const HOTEL = 'hotel-reservation';
export const NAMESPACE = 'test-hotel-reservation';

/** Waits that fit into one exec_shell call. */
export const WAIT = '--timeout=45s';

/** What one looks at first in any incident. */
export const FIRST_LOOK = [
  `kubectl get pods -n ${NAMESPACE}`,
  `kubectl get events -n ${NAMESPACE} --field-selector type=Warning`,
];

/** Deletes the pods of a service and waits for the new ones: crash loops go on without delay. */
export function restartCommands(service: string): string[] {
  return [
    `kubectl delete pod -l io.kompose.service=${service} -n ${NAMESPACE} --wait=false`,
    `kubectl rollout status deployment/${service} -n ${NAMESPACE} ${WAIT}`,
  ];
}
