/** Words that only the makers of an incident use. Found in anything that an agent can read, they tell it too much. */
const WORDS =
  /\b(?:inject(?:ed|ion|or|s)?|faults?|fault_?inject\w*|chaos\w*|twin(?:_of)?|harmless|evaluat(?:e|ed|or|ion)|aiopslab\w*|ground.?truth|answer.?key|disturb\w*|misconfig\w*|sabotage|cheat\w*)\b/gi;

/** Where such a word is the vocabulary of the task or of Kubernetes itself. */
const ALLOWED: RegExp[] = [
  // The question itself: what to answer, and how analysis answers are spelt.
  /if there is a fault, or/g,
  /in which the fault lies/g,
  /names? of the faulty/g,
  /type of the fault/g,
  /fault_type/g,
  // Kubernetes' and Linux's own words.
  /a volume that contains injected data from multiple sources/g,
  /page[-_ ]faults?/gi,
  /major_?faults?|pgm?a?j?fault/gi,
  /sidecar\.istio\.io\/inject/g,
  /container_memory_failures_total/g,
];

/** All suspicious words of a text with a little of what stands around each. */
export function leaks(text: string, names: readonly string[]): string[] {
  let rest = text;
  for (const allowed of ALLOWED) rest = rest.replace(allowed, '…');
  const found: string[] = [];
  for (const match of rest.matchAll(WORDS)) found.push(around(rest, match.index));
  for (const name of names) {
    for (let at = rest.indexOf(name); at >= 0; at = rest.indexOf(name, at + 1)) found.push(around(rest, at));
  }
  return [...new Set(found)];
}

function around(text: string, at: number): string {
  return text.slice(Math.max(0, at - 60), at + 60).replaceAll('\n', '⏎');
}
