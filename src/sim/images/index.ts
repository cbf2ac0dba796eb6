import type { ApiClient } from '../api/api.ts';
import { agnhostImages } from './agnhost/image.ts';
import { alpine } from './alpine/alpine.ts';
import { busybox, busyboxE2e } from './busybox/busybox.ts';
import { createImageCatalog } from './catalog.ts';
import type { ChaosHost } from './chaos-mesh/action.ts';
import { chaosMeshImages } from './chaos-mesh/image.ts';
import { consulImage } from './consul/image.ts';
import { controlPlaneImages } from './control-plane/image.ts';
import { corednsImage, corednsProgram } from './coredns/coredns.ts';
import { curlImage } from './curl/curl.ts';
import { dnsutilsImage } from './dnsutils/dnsutils.ts';
import { geoApp3Image, hotelReservationImage } from './hotelreservation/image.ts';
import { httpEcho } from './http-echo/http-echo.ts';
import type { ImageCatalog, ImageDef } from './image.ts';
import { jaegerImage } from './jaeger/image.ts';
import { memcachedImage } from './memcached/image.ts';
import { mongoImage } from './mongo/image.ts';
import { nginxE2eImage, nginxImage } from './nginx/nginx.ts';
import { pause, pauseGoogle } from './pause/pause.ts';
import { prometheusImage } from './prometheus/index.ts';
import { standInImages } from './stand-ins/image.ts';
import { wrk2ClientImage } from './wrk2-client/image.ts';

export { createImageCatalog, parseReference } from './catalog.ts';

/** Images that need nothing but a container, sorted by repository. */
export const images: readonly ImageDef[] = [
  ...controlPlaneImages,
  consulImage,
  geoApp3Image,
  hotelReservationImage,
  jaegerImage,
  memcachedImage,
  mongoImage,
  wrk2ClientImage,
  alpine,
  busybox,
  ...busyboxE2e,
  curlImage,
  httpEcho,
  nginxE2eImage,
  nginxImage,
  pause,
  pauseGoogle,
  prometheusImage,
  ...standInImages,
];

/** All images of a cluster, with those that follow its API (CoreDNS, and the tools that hold one) or work on it (Chaos Mesh). */
export function clusterImages(api: ApiClient, chaos: ChaosHost): ImageCatalog {
  const coredns = corednsProgram(api);
  return createImageCatalog([
    ...images,
    ...agnhostImages(coredns),
    corednsImage(api),
    dnsutilsImage(coredns),
    ...chaosMeshImages(chaos),
  ]);
}
