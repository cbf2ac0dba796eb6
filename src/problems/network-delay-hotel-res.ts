import { delayPackets } from '../faults/disturb.ts';
import { HOTEL } from './hotel-reservation.ts';
import type { Family } from './problem.ts';
import { disturbedNetworkVariant } from './user-pod.ts';

export const networkDelayHotelRes: Family = {
  name: 'network_delay_hotel_res',
  application: HOTEL,
  variants: [disturbedNetworkVariant(delayPackets('user', 10_000))],
};
