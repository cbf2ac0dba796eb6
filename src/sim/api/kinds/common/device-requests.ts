import type { Json } from '../../../../kube/object.ts';
import type { FieldError } from '../../../../kube/status.ts';
import { invalids, required } from './field.ts';
import { dnsSubdomain } from './names.ts';

const ONE_OF = 'exactly one of `exactly` or `firstAvailable` is required';

/** Defaults of the requests of a claim: one device each. */
export function setDeviceRequestDefaults(devices: Json): void {
  for (const request of devices?.requests ?? [])
    for (const one of [...(request.exactly ? [request.exactly] : []), ...(request.firstAvailable ?? [])]) {
      one.allocationMode ||= 'ExactCount';
      if (one.allocationMode === 'ExactCount') one.count ||= 1;
    }
}

export function validateDeviceRequests(devices: Json, path: string): FieldError[] {
  return (devices?.requests ?? []).flatMap((request: Json, at: number): FieldError[] => {
    const field = `${path}.requests[${at}]`;
    const { exactly, firstAvailable = [] } = request;
    if ((exactly === undefined) === (firstAvailable.length === 0)) return [required(field, ONE_OF)];
    const named = exactly
      ? [[`${field}.exactly`, exactly]]
      : firstAvailable.map((one: Json, i: number) => [`${field}.firstAvailable[${i}]`, one]);
    return named.flatMap(([at, one]: [string, Json]) =>
      one.deviceClassName
        ? invalids(`${at}.deviceClassName`, one.deviceClassName, dnsSubdomain(one.deviceClassName))
        : [required(`${at}.deviceClassName`)],
    );
  });
}
