import { InternalError } from '../../core/errors.ts';
import type { ImageCatalog, ImageDef } from './image.ts';

export interface ImageReference {
  /** `docker.io/library/mongo` */
  repository: string;
  tag: string | undefined;
  digest: string | undefined;
}

/** Splits and normalises an image reference as containerd does; undefined when it is not one. */
export function parseReference(reference: string): ImageReference | undefined {
  const match = /^([^@:]+(?::\d+\/[^@:]+)?)(?::([A-Za-z0-9_][\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(
    reference,
  );
  if (!match) return undefined;
  const [, name = '', tag, digest] = match;
  const parts = name.split('/');
  const first = parts[0] ?? '';
  const hasHost = parts.length > 1 && (first.includes('.') || first.includes(':') || first === 'localhost');
  const host = hasHost ? (parts.shift() as string) : 'docker.io';
  if (parts.some((part) => !/^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/.test(part))) return undefined;
  const path = host === 'docker.io' && parts.length === 1 ? `library/${parts[0]}` : parts.join('/');
  return { repository: `${host}/${path}`, tag: tag ?? (digest ? undefined : 'latest'), digest };
}

/** A registry that holds exactly these images. Two images may share a repository when their tags differ. */
export function createImageCatalog(images: readonly ImageDef[]): ImageCatalog {
  const byTag = new Map<string, ImageDef>();
  const byDigest = new Map<string, ImageDef>();
  for (const image of images) {
    byDigest.set(`${image.repository}@${image.digest}`, image);
    for (const tag of image.tags) {
      const key = `${image.repository}:${tag}`;
      if (byTag.has(key)) throw new InternalError(`two images are called ${key}`);
      byTag.set(key, image);
    }
  }
  return {
    resolve(reference) {
      const parsed = parseReference(reference);
      if (!parsed) return undefined;
      if (parsed.digest) return byDigest.get(`${parsed.repository}@${parsed.digest}`);
      return byTag.get(`${parsed.repository}:${parsed.tag}`);
    },
  };
}
