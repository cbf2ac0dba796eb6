import { FIRST_LOOK, HOTEL } from './hotel-reservation.ts';
import type { Problem } from './problem.ts';

/** No fault: the expected answer is No. The id is AIOpsLab's, with the task in the middle. */
export const noopDetectionHotelReservation: Problem = {
  id: 'noop_detection_hotel_reservation-1',
  application: HOTEL,
  family: 'noop',
  task: 'detection',
  load: { rate: 10, seconds: 10 },
  expected: { detection: 'No' },
  investigation: FIRST_LOOK,
  repairs: [],
};
