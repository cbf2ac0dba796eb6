import type { Json } from '../../../../kube/object.ts';
import type { FieldError } from '../../../../kube/status.ts';
import { CelSyntaxError, compileFailure, Expression } from '../../cel/index.ts';
import { invalid, invalids, notSupported, required } from './field.ts';
import { dnsLabel, dnsSubdomain } from './names.ts';

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
    const { name = '', exactly } = request;
    const firstAvailable: Json[] = request.firstAvailable ?? [];
    const errors = invalids(`${field}.name`, name, dnsLabel(name));
    if (!exactly && firstAvailable.length === 0) return [...errors, required(field, ONE_OF)];
    if (exactly && firstAvailable.length > 0)
      return [...errors, invalid(field, null, `${ONE_OF}, but multiple fields are set`)];
    const named: [string, Json][] = exactly
      ? [[`${field}.exactly`, exactly]]
      : firstAvailable.map((one, i): [string, Json] => [`${field}.firstAvailable[${i}]`, one]);
    return [
      ...errors,
      ...named.flatMap(([at, one]) => [
        ...(exactly ? [] : invalids(`${at}.name`, one.name ?? '', dnsLabel(one.name ?? ''))),
        ...validateRequest(one, at),
      ]),
    ];
  });
}

function validateRequest(request: Json, path: string): FieldError[] {
  const { deviceClassName: name, selectors, allocationMode: mode, count = 0 } = request;
  const errors = name
    ? invalids(`${path}.deviceClassName`, name, dnsSubdomain(name))
    : [required(`${path}.deviceClassName`)];
  errors.push(...validateSelectors(selectors, `${path}.selectors`));
  if (mode !== 'All' && mode !== 'ExactCount')
    errors.push(notSupported(`${path}.allocationMode`, mode, ['All', 'ExactCount']));
  else if (mode === 'All' && count !== 0)
    errors.push(invalid(`${path}.count`, count, "must not be specified when allocationMode is 'All'"));
  else if (mode === 'ExactCount' && count <= 0)
    errors.push(invalid(`${path}.count`, count, 'must be greater than zero'));
  return errors;
}

/** Expressions that choose devices. */
export function validateSelectors(selectors: Json[] | undefined, path: string): FieldError[] {
  return (selectors ?? []).flatMap(({ cel }, at) => {
    if (!cel) return [required(`${path}[${at}].cel`)];
    const text: string = cel.expression ?? '';
    const field = `${path}[${at}].cel.expression`;
    try {
      const type = new Expression(text, ['device']).type ?? 'bool';
      return type === 'bool' ? [] : [invalid(field, text, `must evaluate to bool or the unknown type, not ${type}`)];
    } catch (error) {
      if (error instanceof CelSyntaxError) return [invalid(field, text, compileFailure(text, error))];
      throw error;
    }
  });
}
