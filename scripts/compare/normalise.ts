/** Takes out of a tool's answer what differs between any two clusters: names that are drawn, addresses, times, column widths. */
export function normalise(text: string): string[] {
  return text
    .replace(/\x1b\[[0-9;]*m/g, '')
    .replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, '<uid>')
    .replace(/\b[0-9a-f]{64}\b/g, '<digest>')
    .replace(/\bsha256:[0-9a-f]+/g, '<digest>')
    .replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z\b/g, '<time>')
    .replace(/\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun),? \d\d? \w{3} \d{4} \d\d:\d\d:\d\d( [+-]\d{4})?/g, '<time>')
    .replace(/\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \w{3} {1,2}\d\d? \d\d:\d\d:\d\d \d{4}/g, '<time>')
    .replace(/\b\d{1,3}(\.\d{1,3}){3}(:\d+)?(\/\d+)?/g, '<address>')
    .replace(/\b(web|orders|stock|customers)-[0-9a-f]{6,10}(-[a-z0-9]{5}(?![a-z0-9]))?/g, (_, name, pod) =>
      pod ? `${name}-<pod>` : `${name}-<hash>`,
    )
    .replace(/\b(kind-(control-plane|worker\d*)|node-\d+)\b/g, '<node>')
    .replace(/\b\d+\/\d+ nodes are available: (\d+ )?/g, '<n> nodes are available: <n> ')
    .replace(/<n> nodes are available: <n> (\d+ )?Preemption/g, '<n> nodes are available: <n> Preemption')
    .replace(/pod-template-hash=[0-9a-f]+/g, 'pod-template-hash=<hash>')
    .replace(/\bdefault-token-\w+|kube-api-access-[a-z0-9]{5}/g, '<token>')
    .replace(/\b(opening-stock|customers-\w+|stock|web|orders)-[a-z0-9]{5}\b/g, '$1-<pod>')
    .replace(/request=[\d-]+/g, 'request=<id>')
    .replace(/\bresourceVersion: "?\d+"?/g, 'resourceVersion: <n>')
    .replace(/left=\d+/g, 'left=<n>')
    .replace(/\(x\d+ over [\w.]+\)/g, '(<n> times)')
    .replace(/\b(\d+[dhms]){1,3}\b( ago)?/g, '<age>')
    .replace(/\d+(\.\d+)?(ms|s)\b/g, '<age>')
    .split('\n')
    .map((line) => line.replace(/[ \t]+/g, ' ').trim())
    .filter((line) => line !== '');
}

/** Lines that only one of two answers has, whatever their order. */
export function differingLines(a: string, b: string): { onlyA: string[]; onlyB: string[] } {
  const [left, right] = [normalise(a), normalise(b)];
  const rest = [...right];
  const onlyA = left.filter((line) => {
    const at = rest.indexOf(line);
    if (at >= 0) rest.splice(at, 1);
    return at < 0;
  });
  return { onlyA, onlyB: rest };
}

/** REASON of each line of `kubectl get events`. */
export function eventReasons(text: string): string[] {
  const reasons = text.matchAll(/^\S+\s+(?:Warning|Normal)\s+(\S+)\s/gm);
  return [...new Set([...reasons].map((match) => match[1] as string))].sort();
}
