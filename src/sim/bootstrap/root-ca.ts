/**
 * The cluster's authority. Its key follows from the seed (x509/certificate.ts), so that the controller manager can sign requests for
 * certificates and a run repeats to the byte: it protects nothing, as traffic inside the simulation is not encrypted.
 */
export const CA_SEED = 'the authority of simulated clusters';
export const CA_NAME = 'kubernetes';
/** The CA bundle that namespaces get as `kube-root-ca.crt`: the authority's certificate, valid from 2026 to 2126. */
export const ROOT_CA = [
  '-----BEGIN CERTIFICATE-----',
  'MIH9MIGwoAMCAQICAQEwBQYDK2VwMBUxEzARBgNVBAMMCmt1YmVybmV0ZXMwIBcN',
  'MjYwMTAxMDAwMDAwWhgPMjEyNjAxMDEwMDAwMDBaMBUxEzARBgNVBAMMCmt1YmVy',
  'bmV0ZXMwKjAFBgMrZXADIQCLrHVGQLGyg0TmCOPPSNRc28CD7XbopyrPHqHdsMR3',
  'RaMjMCEwDgYDVR0PAQH/BAQDAgGGMA8GA1UdEwEB/wQFMAMBAf8wBQYDK2VwA0EA',
  'YqRJv+za8cdoVCjSTNJf/SeeJ7X3SvzqPQv/txdJ0kjawEWxudbZTE0+5n7SHwO/',
  'Go2jrD9u+BpUt9xnnhNZBw==',
  '-----END CERTIFICATE-----',
  '',
].join('\n');
