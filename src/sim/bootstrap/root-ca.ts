/**
 * The CA bundle that namespaces get as `kube-root-ca.crt`: a real certificate (subject O=aiopslab-mcp, CN=kubernetes (simulated)) whose
 * key was thrown away when it was made. Nothing is signed with it: traffic inside the simulation is not encrypted.
 */
export const ROOT_CA = [
  '-----BEGIN CERTIFICATE-----',
  'MIIBdDCCARqgAwIBAgIBATAKBggqhkjOPQQDAjA4MRUwEwYDVQQKDAxhaW9wc2xh',
  'Yi1tY3AxHzAdBgNVBAMMFmt1YmVybmV0ZXMgKHNpbXVsYXRlZCkwIBcNMjYwMTAx',
  'MDAwMDAwWhgPMjEyNjAxMDEwMDAwMDBaMDgxFTATBgNVBAoMDGFpb3BzbGFiLW1j',
  'cDEfMB0GA1UEAwwWa3ViZXJuZXRlcyAoc2ltdWxhdGVkKTBZMBMGByqGSM49AgEG',
  'CCqGSM49AwEHA0IABIvea/U0dpg/xjrpdpjISKrspOwz3pYeNnfL6V+6n+KnHBMx',
  'OS0vhtPgbhqlAdvx8LX34NNwHyJRyUvD4WaRt9ajEzARMA8GA1UdEwEB/wQFMAMB',
  'Af8wCgYIKoZIzj0EAwIDSAAwRQIgQyuQtGx9ywnym2F274rUKwkz1lO/w0oC5rxu',
  'l5hTuf8CIQD7TY2f7UkC89fmjI3bQ1MiboBqk+7INx6VajsnqxAUDA==',
  '-----END CERTIFICATE-----',
  '',
].join('\n');
