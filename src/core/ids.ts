import type { Prng } from './prng.ts';

/** Kubernetes' alphabet for generated names: no vowels, no 0, 1, 3 (k8s.io/apimachinery util/rand). */
const SUFFIX_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** The random end of a generated Kubernetes name, e.g. `x7k2p`. */
export function nameSuffix(prng: Prng, length = 5): string {
  let out = '';
  for (let i = 0; i < length; i++) out += SUFFIX_ALPHABET[prng.int(SUFFIX_ALPHABET.length)];
  return out;
}

/** A version 4 UUID drawn from the stream. */
export function uuid(prng: Prng): string {
  const hex = prng.hex(32);
  const variant = '89ab'[prng.int(4)];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
}

/** Keeps Kubernetes-safe characters of a decimal hash (SafeEncodeString), as pod-template-hash does. */
export function safeEncode(decimal: string): string {
  let out = '';
  for (const ch of decimal) out += SUFFIX_ALPHABET[ch.charCodeAt(0) % SUFFIX_ALPHABET.length];
  return out;
}
