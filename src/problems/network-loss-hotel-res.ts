import { losePackets } from '../faults/disturb.ts';
import { HOTEL } from './hotel-reservation.ts';
import type { Family } from './problem.ts';
import { disturbedNetworkVariant } from './user-pod.ts';

export const networkLossHotelRes: Family = {
  name: 'network_loss_hotel_res',
  application: HOTEL,
  variants: [disturbedNetworkVariant(losePackets('user', 0.99))],
};
