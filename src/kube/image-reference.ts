/** Longest name of a repository, without tag and digest. */
const NAME_MAX = 255;
const NAME =
  /^(?:[a-zA-Z0-9.-]+(?::\d+)?\/)?[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*(?::[\w][\w.-]{0,127})?(?:@[a-z0-9]+:[a-f0-9]{32,})?$/;

/** Why a reference cannot be parsed, in the words of distribution/reference; undefined when it can. */
export function referenceFault(reference: string): string | undefined {
  const whole = reference.replace(/[:@].*$/, '');
  if (NAME.test(reference) && whole.length <= NAME_MAX) return undefined;
  // A first part with capitals is taken for a registry.
  const name = /^[^/]*[A-Z][^/]*\//.test(whole) ? whole.slice(whole.indexOf('/') + 1) : whole;
  const why =
    name !== name.toLowerCase() && NAME.test(name.toLowerCase())
      ? `invalid reference format: repository name (${name}) must be lowercase`
      : 'invalid reference format';
  return `Failed to apply default image tag "${reference}": couldn't parse image name "${reference}": ${why}`;
}
