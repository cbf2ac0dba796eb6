import type { Json } from '../../../../kube/object.ts';
import type { FieldError } from '../../../../kube/status.ts';
import { forbidden, invalid, invalids, nonNegative, notSupported, required } from './field.ts';
import { validatePort } from './intstr.ts';
import { portNumber, regexError } from './names.ts';

/** Validates probes and lifecycle hooks of one container. `gracePeriod` is the pod's. */
export function validateProbes(container: Json, path: string, gracePeriod: number): FieldError[] {
  const errors: FieldError[] = [];
  const { livenessProbe, readinessProbe, startupProbe, lifecycle } = container;
  for (const hook of ['postStart', 'preStop'])
    if (lifecycle?.[hook]) errors.push(...validateHandler(lifecycle[hook], `${path}.lifecycle.${hook}`, gracePeriod));
  if (livenessProbe) errors.push(...validateProbe(livenessProbe, `${path}.livenessProbe`, gracePeriod, true));
  if (readinessProbe) {
    errors.push(...validateProbe(readinessProbe, `${path}.readinessProbe`, gracePeriod, false));
    const grace = readinessProbe.terminationGracePeriodSeconds;
    if (grace !== undefined)
      errors.push(
        invalid(`${path}.readinessProbe.terminationGracePeriodSeconds`, grace, 'must not be set for readinessProbes'),
      );
  }
  if (startupProbe) errors.push(...validateProbe(startupProbe, `${path}.startupProbe`, gracePeriod, true));
  return errors;
}

function validateProbe(probe: Json, path: string, gracePeriod: number, once: boolean): FieldError[] {
  const errors = validateHandler(probe, path, gracePeriod);
  for (const name of ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'])
    errors.push(...nonNegative(`${path}.${name}`, probe[name]));
  const grace = probe.terminationGracePeriodSeconds;
  if (grace !== undefined && grace <= 0)
    errors.push(invalid(`${path}.terminationGracePeriodSeconds`, grace, 'must be greater than 0'));
  if (once && probe.successThreshold !== 1)
    errors.push(invalid(`${path}.successThreshold`, probe.successThreshold, 'must be 1'));
  return errors;
}

function validateHandler(handler: Json, path: string, gracePeriod: number): FieldError[] {
  const checks: [string, (action: Json, at: string) => FieldError[]][] = [
    ['exec', (exec, at) => ((exec.command ?? []).length === 0 ? [required(`${at}.command`)] : [])],
    ['httpGet', validateHttpGet],
    ['tcpSocket', (tcp, at) => validatePort(tcp.port, `${at}.port`)],
    ['grpc', (grpc, at) => invalids(`${at}.port`, grpc.port, portNumber(grpc.port))],
    ['sleep', (sleep, at) => validateSleep(sleep.seconds, at, gracePeriod)],
  ];
  const errors: FieldError[] = [];
  let count = 0;
  for (const [name, check] of checks) {
    if (!handler[name]) continue;
    if (count++ > 0) errors.push(forbidden(`${path}.${name}`, 'may not specify more than 1 handler type'));
    else errors.push(...check(handler[name], `${path}.${name}`));
  }
  return count === 0 ? [required(path, 'must specify a handler type')] : errors;
}

function validateSleep(seconds: number, path: string, gracePeriod: number): FieldError[] {
  if (seconds >= 0 && seconds <= gracePeriod) return [];
  return [invalid(path, seconds, `must be non-negative and less than terminationGracePeriodSeconds (${gracePeriod})`)];
}

function validateHttpGet(action: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!action.path) errors.push(required(`${path}.path`));
  errors.push(...validatePort(action.port, `${path}.port`));
  if (!['HTTP', 'HTTPS'].includes(action.scheme))
    errors.push(notSupported(`${path}.scheme`, action.scheme, ['HTTP', 'HTTPS']));
  for (const header of action.httpHeaders ?? []) {
    if (!/^[-A-Za-z0-9]+$/.test(header.name)) {
      const message = "a valid HTTP header must consist of alphanumeric characters or '-'";
      errors.push(invalid(`${path}.httpHeaders`, header.name, regexError(message, '[-A-Za-z0-9]+', 'X-Header-Name')));
    }
  }
  return errors;
}
