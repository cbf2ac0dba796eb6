import type { ImageCatalog, ImageDef } from '../images/image.ts';
import type { World } from '../world.ts';

/** `docker.io/library/busybox:1.36` for `busybox:1.36`: how containerd writes a reference. */
export function canonicalReference(reference: string): string {
  const at = reference.indexOf('@');
  const name = at < 0 ? reference : reference.slice(0, at);
  const digest = at < 0 ? '' : reference.slice(at);
  const first = name.split('/')[0] as string;
  const hasHost = name.includes('/') && (first.includes('.') || first.includes(':') || first === 'localhost');
  const full = hasHost ? name : `docker.io/${name.includes('/') ? name : `library/${name}`}`;
  const tagged = full.lastIndexOf(':') > full.lastIndexOf('/');
  return `${full}${tagged || digest ? '' : ':latest'}${digest}`;
}

export interface PullError {
  /** Waiting reason: ErrImagePull, ImagePullBackOff, ErrImageNeverPull, InvalidImageName. */
  reason: string;
  message: string;
}

/** Bytes per second of a pull over the network; what a public registry gives a small cluster. */
const PULL_BYTES_PER_SECOND = 40_000_000;

/** The image store of one node. */
export class NodeImages {
  readonly #present = new Map<string, ImageDef>();

  constructor(
    readonly world: World,
    readonly catalog: ImageCatalog,
    /** References that are there from the start, e.g. those of the applications, loaded with the node. */
    prePulled: readonly string[],
  ) {
    for (const reference of prePulled) {
      const image = catalog.resolve(reference);
      if (image) this.#present.set(canonicalReference(reference), image);
    }
  }

  get(reference: string): ImageDef | undefined {
    return this.#present.get(canonicalReference(reference));
  }

  /** Fetches an image from the registry: how long it takes, and the error when it does not exist. */
  pull(reference: string): { ms: number; image?: ImageDef; error?: string } {
    const rng = this.world.rng('kubelet/images');
    const canonical = canonicalReference(reference);
    const image = this.catalog.resolve(reference);
    if (!image) {
      return {
        ms: rng.between(250, 600),
        error:
          `rpc error: code = NotFound desc = failed to pull and unpack image "${canonical}": ` +
          `failed to resolve reference "${canonical}": ${canonical}: not found`,
      };
    }
    const known = this.#present.get(canonical) === image;
    const ms =
      rng.between(300, 700) + (known ? 0 : (image.sizeBytes / PULL_BYTES_PER_SECOND) * 1000 * rng.between(0.8, 1.3));
    return { ms, image };
  }

  add(reference: string, image: ImageDef): void {
    this.#present.set(canonicalReference(reference), image);
  }

  /** `status.images` of the Node: the biggest 50. */
  list(): { names: string[]; sizeBytes: number }[] {
    const byImage = new Map<ImageDef, string[]>();
    for (const [reference, image] of this.#present) {
      const names = byImage.get(image) ?? [`${image.repository}@${image.digest}`];
      names.push(reference);
      byImage.set(image, names);
    }
    return [...byImage]
      .map(([image, names]) => ({ names, sizeBytes: image.sizeBytes }))
      .sort((a, b) => b.sizeBytes - a.sizeBytes || (String(a.names) < String(b.names) ? -1 : 1))
      .slice(0, 50);
  }
}

/** Go prints durations so: `1.234s`, `350ms`, `1m20s`. */
export function goDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`;
  const seconds = Math.round(ms) / 1000;
  const h = Math.floor(seconds / 3600);
  const m = Math.floor((seconds % 3600) / 60);
  const s = Math.round((seconds - h * 3600 - m * 60) * 1000) / 1000;
  if (h > 0) return `${h}h${m}m${s}s`;
  return m > 0 ? `${m}m${s}s` : `${s}s`;
}
