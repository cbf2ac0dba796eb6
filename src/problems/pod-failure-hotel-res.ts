import { failPod } from '../faults/fail-pod.ts';
import { HOTEL } from './hotel-reservation.ts';
import type { Family } from './problem.ts';
import { failedPodVariant } from './user-pod.ts';

export const podFailureHotelRes: Family = {
  name: 'pod_failure_hotel_res',
  application: HOTEL,
  variants: [failedPodVariant(failPod('user'))],
};
