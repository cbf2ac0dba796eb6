import type { ApplicationProfile } from './application.ts';
import { cornerShop } from './corner-shop.ts';
import { hotelReservation } from './hotel-reservation.ts';

const profiles: Readonly<Record<string, ApplicationProfile>> = {
  'corner-shop': cornerShop,
  'hotel-reservation': hotelReservation,
};

/** What the users of an application expect of it, by the name of its metadata file. */
export function profileOf(app: { name: string }): ApplicationProfile {
  const profile = profiles[app.name];
  if (!profile) throw new Error(`application ${app.name} has no profile`);
  return profile;
}
