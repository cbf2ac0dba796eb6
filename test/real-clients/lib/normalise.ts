import type { Outcome } from './twin.ts';

/** What may differ between two clusters of the same seed whose clients took different times: replaced, widths kept where they can be. */
const VOLATILE: [what: RegExp, by: string][] = [
  [/http:\/\/127\.0\.0\.1:\d+(\/token\/operator)?|https:\/\/control-plane:6443/g, '<server>'],
  [/failed to start exec "[0-9a-f]{64}"/g, 'failed to start exec "<id>"'],
  [/containerd:\/\/[0-9a-f]{64}/g, 'containerd://<id>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, '<uid>'],
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z| \+0000( UTC)?)?/g, '<time>'],
  [/\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun),? [A-Z0-9a-z]{2,3} +[A-Z0-9a-z]{1,3} [\d:]+ ([\d:]+( \+0000)?)?/g, '<time>'],
  [/(resourceVersion"?: "?|Resource ?Version:\s+)\d+/g, '$1<version>'],
  [/^[IWE]\d{4} [\d:.]+ +\d+ request\.go:\d+\] .*client-side throttling.*\n/gm, ''],
  [/^([IWEF])\d{4} [\d:.]+ +\d+ /gm, '$1<log> '],
  [/\/tmp\/(LIVE|MERGED|kustomize-helm|kubectl-edit)-\d+/g, '/tmp/$1'],
  [/\b0xc[0-9a-f]{9}\b/g, '<address>'],
  // a manifest tells when it was made
  [/\bDigest: sha256:[0-9a-f]{64}/g, 'Digest: <digest>'],
  // Addresses and node ports are drawn; their columns are as wide as the widest.
  [/\b10\.96\.\d+\.\d+ */g, '<ip> '],
  [/\bCLUSTER-IP +/g, 'CLUSTER-IP '],
  [/\b3[0-2]\d{3}\/TCP/g, '<port>/TCP'],
  // Ages take their column's padding with them, and so do the headers above them.
  [/(?<![\w.:/-])(\d+[smhdy]){1,2}(?![\w.:/-]) */g, '<age> '],
  [/<invalid> */g, '<age> '],
  [/\b(AGE|LAST SEEN|FIRST SEEN|RESTARTS|UPDATED|DURATION|LAST SCHEDULE|Age|-{3,4}) +/g, '$1 '],
  // A restart writes its time into the template, and the template's hash into names: real clients have the time of this machine.
  [/\b(rate-|pod-template-hash[=:] ?"?)[bcdfghjklmnpqrstvwxz2456789]{8,10}\b/g, '$1<hash>'],
  [/(?<=\s)(-{3,}) +/g, '$1 '],
  [/(-[bcdfghjklmnpqrstvwxz2456789]{8,10})?-[bcdfghjklmnpqrstvwxz2456789]{5}\b/g, '$1-<id>'],
];

export function normalise({ stdout, stderr, code }: Outcome): Outcome {
  const clean = (text: string): string =>
    VOLATILE.reduce((rest, [what, by]) => rest.replace(what, by), text).replace(/[ \t]+$/gm, '');
  return { stdout: clean(stdout), stderr: clean(stderr), code };
}
