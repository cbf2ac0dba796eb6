import type { ApiClient } from '../api/api.ts';
import { alpine } from './alpine/alpine.ts';
import { busybox } from './busybox/busybox.ts';
import { createImageCatalog } from './catalog.ts';
import type { ImageCatalog, ImageDef } from './image.ts';
import { pause } from './pause/pause.ts';

export { createImageCatalog, parseReference } from './catalog.ts';

/** Images that need nothing but a container, sorted by repository. */
export const images: readonly ImageDef[] = [alpine, busybox, pause];

/** All images of a cluster, CoreDNS included, which follows the cluster's API. */
export function clusterImages(_api: ApiClient): ImageCatalog {
  return createImageCatalog(images);
}
