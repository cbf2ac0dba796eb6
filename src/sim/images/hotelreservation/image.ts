import type { Program } from '../../process/os.ts';
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

function image(repository: string, tag: string, sizeBytes: number, digest: string, config: Config): ImageDef {
  return {
    repository,
    tags: [tag],
    sizeBytes,
    digest,
    config: { env: { PATH, GOPATH: '/go', GOLANG_VERSION: '1.17.3' }, workingDir: WORKDIR, cmd: ['bash'] },
    files: {
      [`${WORKDIR}/config.json`]: configText(config),
      '/etc/os-release': 'PRETTY_NAME="Debian GNU/Linux 11 (bullseye)"\nNAME="Debian GNU/Linux"\nVERSION_ID="11"\nID=debian\n',
    },
    programs: Object.fromEntries(Object.entries(services).map(([name, program]) => [`/go/bin/${name}`, program])),
  };
}

/** HotelReservation: one image for the eight services. */
export const hotelReservationImage: ImageDef = image(
  'docker.io/yinfangchen/hotelreservation',
  'latest',
  447_625_452,
  'sha256:5b7a8b0b2c3f1f6a55ab0e4f5d6f9c2a7d7e8b0c9f1e2d3c4b5a697887f6e5d4',
  defaultConfig,
);

/** A build of the same image whose configuration names another port of geo's database. */
export const geoApp3Image: ImageDef = image(
  'docker.io/yinfangchen/geo',
  'app3',
  447_578_122,
  'sha256:bc56ea15136b0d1c6e4f8f0a7b9d2c3e4f5a6b7c8d9e0f1a2b3c4d5e6f708192',
  { ...defaultConfig, GeoMongoAddress: 'mongodb-geo:27777' },
);
