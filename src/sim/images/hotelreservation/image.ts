import { baseFiles, debianPrograms } from '../../container-shell/index.ts';
import type { Program } from '../../process/os.ts';
import { digestOf } from '../digest.ts';
import type { ImageDef } from '../image.ts';
import { type Config, configText, defaultConfig, WORKDIR } from './config.ts';
import { frontend } from './services/frontend.ts';
import { geo } from './services/geo.ts';
import { profile } from './services/profile.ts';
import { rate } from './services/rate.ts';
import { recommendation } from './services/recommendation.ts';
import { reservation } from './services/reservation.ts';
import { search } from './services/search.ts';
import { user } from './services/user.ts';

const services: Record<string, Program> = { frontend, geo, profile, rate, recommendation, reservation, search, user };

const PATH = '/go/bin:/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 11 (bullseye)"\nNAME="Debian GNU/Linux"\nVERSION_ID="11"\nID=debian\n';

function image(repository: string, tag: string, sizeBytes: number, digest: string, config: Config): ImageDef {
  return {
    repository,
    tags: [tag],
    sizeBytes,
    digest,
    config: { env: { PATH, GOPATH: '/go', GOLANG_VERSION: '1.17.3' }, workingDir: WORKDIR, cmd: ['bash'] },
    files: {
      ...baseFiles(DEBIAN),
      [`${WORKDIR}/config.json`]: configText(config),
    },
    programs: {
      ...debianPrograms(),
      ...Object.fromEntries(Object.entries(services).map(([name, program]) => [`/go/bin/${name}`, program])),
    },
  };
}

/** HotelReservation: one image for the eight services. */
export const hotelReservationImage: ImageDef = image(
  'docker.io/yinfangchen/hotelreservation',
  'latest',
  447_625_452,
  digestOf('docker.io/yinfangchen/hotelreservation:latest'),
  defaultConfig,
);

/** A build of the same image whose configuration names another port of geo's database. */
export const geoApp3Image: ImageDef = image(
  'docker.io/yinfangchen/geo',
  'app3',
  447_578_122,
  digestOf('docker.io/yinfangchen/geo:app3'),
  { ...defaultConfig, GeoMongoAddress: 'mongodb-geo:27777' },
);
