import type { Os } from '../../process/os.ts';
import { FsError } from '../../process/vfs.ts';
import type { Log } from './go.ts';

/** config.json in the working directory: flat, all values text. Missing keys read as the empty string. */
export type Config = Readonly<Record<string, string>>;

export const WORKDIR = '/go/src/github.com/harlow/go-micro-services';

export const defaultConfig: Config = {
  consulAddress: 'consul:8500',
  jaegerAddress: 'jaeger:6831',
  FrontendPort: '5000',
  GeoPort: '8083',
  GeoMongoAddress: 'mongodb-geo:27017',
  ProfilePort: '8081',
  ProfileMongoAddress: 'mongodb-profile:27017',
  ProfileMemcAddress: 'memcached-profile:11211',
  RatePort: '8084',
  RateMongoAddress: 'mongodb-rate:27017',
  RateMemcAddress: 'memcached-rate:11211',
  RecommendPort: '8085',
  RecommendMongoAddress: 'mongodb-recommendation:27017',
  ReservePort: '8087',
  ReserveMongoAddress: 'mongodb-reservation:27017',
  ReserveMemcAddress: 'memcached-reserve:11211',
  SearchPort: '8082',
  UserPort: '8086',
  UserMongoAddress: 'mongodb-user:27017',
  KnativeDomainName: '',
};

export function configText(config: Config): string {
  return `${JSON.stringify(config, null, 2)}\n`;
}

/** Reads the configuration; without a file it says so and goes on with empty values, as the programs do. */
export function readConfig(os: Os, log: Log, at: string, errorAt: string): Config {
  log.info(at, 'Reading config...');
  try {
    return JSON.parse(os.fs.read(`${os.cwd.replace(/\/$/, '')}/config.json`)) as Config;
  } catch (error) {
    if (!(error instanceof FsError)) throw error;
    log.error(errorAt, 'Got error while reading config: open config.json: no such file or directory');
    return {};
  }
}
