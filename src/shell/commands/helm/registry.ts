import { createHash } from 'node:crypto';
import { bytesOf, textOf } from '../../../core/bytes.ts';
import { UserError } from '../../../core/errors.ts';
import { loadChart } from '../../../helm/chart.ts';
import { parseConstraints, satisfies } from '../../../helm/functions/semver.ts';
import { chartMetadata, unpackChart } from './charts.ts';
import type { HelmContext } from './context.ts';
import { request } from './download.ts';
import { HelmUsageError, type Parsed } from './flags.ts';
import { newestFirst, versionOf } from './repositories.ts';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const CONFIG = 'application/vnd.cncf.helm.config.v1+json';
const CHART = 'application/vnd.cncf.helm.chart.content.v1.tar+gzip';

interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
}

interface Reference {
  host: string;
  /** Path of the repository within the registry. */
  name: string;
  tag?: string;
}

function parseReference(text: string): Reference {
  const [host = '', ...rest] = text.slice('oci://'.length).split('/');
  if (host === '' || rest.length === 0)
    throw new UserError('INVALID_ARGUMENT', 'invalid reference: missing registry or repository');
  const path = rest.join('/');
  const at = path.lastIndexOf(':');
  return at > path.lastIndexOf('/') ? { host, name: path.slice(0, at), tag: path.slice(at + 1) } : { host, name: path };
}

const digestOf = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
/** Tags have no plus. */
const tagOf = (version: string): string => version.replaceAll('+', '_');

/** A registry as helm speaks to it (OCI distribution). */
class Registry {
  readonly #root: string;
  constructor(
    readonly ctx: HelmContext,
    flags: Parsed,
    readonly reference: Reference,
  ) {
    this.#root = `${flags.bool('plain-http') ? 'http' : 'https'}://${reference.host}/v2/${reference.name}`;
  }

  #url(path: string): string {
    return path.startsWith('http') ? path : `${this.#root}/${path}`;
  }

  async send(method: string, path: string, body?: Uint8Array, type?: string) {
    const url = this.#url(path);
    const headers: Record<string, string> = { accept: `${MANIFEST}, */*` };
    if (type) headers['content-type'] = type;
    if (body) headers['content-length'] = String(body.length);
    return request(this.ctx, url, { method, headers, ...(body ? { body: textOf(body) } : {}) });
  }

  async read(path: string, doing: string): Promise<Uint8Array> {
    const failed = (why: string): UserError =>
      new UserError('NOT_FOUND', doing === '' ? why : `failed to perform ${JSON.stringify(doing)} on source: ${why}`);
    const answer = await this.send('GET', path).catch((error: Error) => {
      throw failed(error.message);
    });
    const { host, name } = this.reference;
    if (answer.status === 404 && path.startsWith('manifests/'))
      throw failed(`${host}/${name}:${path.slice('manifests/'.length)}: not found`);
    if (answer.status >= 400)
      throw failed(
        `GET ${JSON.stringify(this.#url(path))}: response status code ${answer.status}: ${reason(answer.body)}`,
      );
    return bytesOf(answer.body);
  }

  async put(blob: Uint8Array): Promise<void> {
    const digest = digestOf(blob);
    if ((await this.send('HEAD', `blobs/${digest}`)).status === 200) return;
    const started = await this.send('POST', 'blobs/uploads/', new Uint8Array());
    const location = started.headers['location'] ?? started.headers['Location'] ?? '';
    if (started.status !== 202 || location === '')
      throw this.#refused('POST', 'blobs/uploads/', started.status, started.body);
    const [origin] = /^https?:\/\/[^/]+/.exec(this.#root) ?? [''];
    const target = location.startsWith('/') ? `${origin}${location}` : location;
    const url = `${target}${target.includes('?') ? '&' : '?'}digest=${encodeURIComponent(digest)}`;
    const done = await this.send('PUT', url, blob, 'application/octet-stream');
    if (done.status >= 400) throw this.#refused('PUT', url, done.status, done.body);
  }

  #refused(method: string, path: string, status: number, body: string): UserError {
    const what = `${method} ${JSON.stringify(this.#url(path))}: response status code ${status}: ${reason(body)}`;
    return new UserError('INVALID_ARGUMENT', `failed to perform "Push" on destination: ${what}`);
  }

  async putManifest(tag: string, manifest: Uint8Array): Promise<void> {
    const done = await this.send('PUT', `manifests/${tag}`, manifest, MANIFEST);
    if (done.status >= 400) throw this.#refused('PUT', `manifests/${tag}`, done.status, done.body);
  }
}

/** What a registry says of an error, as oras words it. */
function reason(body: string): string {
  try {
    const [first] = (JSON.parse(body) as { errors: { code: string; message: string }[] }).errors;
    return first ? `${first.code.toLowerCase().replaceAll('_', ' ')}: ${first.message}` : body;
  } catch {
    return body.trim() || 'Not Found';
  }
}

/** Newest tag that the wanted version allows. */
async function tagFor(registry: Registry, wanted: string): Promise<string> {
  const { tags = [] } = JSON.parse(textOf(await registry.read('tags/list', ''))) as { tags?: string[] };
  const versions = tags.map((tag) => tag.replaceAll('_', '+')).filter((tag) => versionOf(tag) !== undefined);
  const limits = parseConstraints(wanted === '' ? '*' : wanted);
  const found = versions
    .map((version) => ({ version }))
    .sort(newestFirst)
    .find(({ version }) => satisfies(limits, versionOf(version)!));
  if (found) return tagOf(found.version);
  throw new UserError(
    'NOT_FOUND',
    tags.length === 0
      ? `unable to locate any tags in provided repository: oci://${registry.reference.host}/${registry.reference.name}`
      : `could not locate a version matching provided version string ${wanted}`,
  );
}

const isExact = (version: string): boolean => /^v?\d+(\.\d+){0,2}([-+][\w.+-]+)?$/.test(version);

/** Fetches a packed chart: its bytes and the name of its file. */
export async function pullChart(
  ctx: HelmContext,
  text: string,
  flags: Parsed,
): Promise<{ bytes: Uint8Array; file: string }> {
  const reference = parseReference(text);
  const registry = new Registry(ctx, flags, reference);
  const wanted = flags.text('version') ?? '';
  if (reference.tag !== undefined && wanted !== '' && tagOf(wanted) !== reference.tag)
    throw new UserError('INVALID_ARGUMENT', `chart reference and version mismatch: ${wanted} is not ${reference.tag}`);
  const tag = reference.tag ?? (isExact(wanted) ? tagOf(wanted) : await tagFor(registry, wanted));
  const manifest = await registry.read(`manifests/${tag}`, 'FetchReference');
  const { layers = [] } = JSON.parse(textOf(manifest)) as { layers?: Descriptor[] };
  const layer = layers.find(({ mediaType }) => mediaType === CHART);
  if (!layer) throw new UserError('INVALID_ARGUMENT', `manifest does not contain a layer with mediatype ${CHART}`);
  const bytes = await registry.read(`blobs/${layer.digest}`, 'Fetch');
  const { host, name } = reference;
  ctx.warn(`Pulled: ${host}/${name}:${tag}\nDigest: ${digestOf(manifest)}`);
  return { bytes, file: `${name.split('/').at(-1)}-${tag.replaceAll('_', '+')}.tgz` };
}

/** `helm push`: a packed chart to the registry, under its name and version. */
export async function push(ctx: HelmContext, flags: Parsed): Promise<string> {
  const [path = '', remote = ''] = flags.args;
  const full = ctx.resolve(path);
  if (!(await ctx.fs.exists(full))) throw new UserError('NOT_FOUND', `${path}: no such file`);
  if ((await ctx.fs.stat(full)).isDirectory)
    throw new UserError('INVALID_ARGUMENT', 'cannot push directory, must provide chart archive (.tgz)');
  const scheme = /^([a-z]+):\/\//.exec(remote)?.[1];
  if (scheme === undefined) throw new HelmUsageError('scheme prefix missing from remote (e.g. "oci://")');
  if (scheme !== 'oci') throw new HelmUsageError(`scheme ${JSON.stringify(scheme)} not supported`);
  const layer = await ctx.fs.readFileBuffer(full);
  const { metadata } = loadChart(unpackChart(layer, path));
  const { host, name: root = '' } = (() => {
    const [first = '', ...rest] = remote.slice('oci://'.length).replace(/\/$/, '').split('/');
    return { host: first, name: rest.join('/') };
  })();
  const name = root === '' ? metadata.name : `${root}/${metadata.name}`;
  const registry = new Registry(ctx, flags, { host, name });
  const config = bytesOf(JSON.stringify(chartMetadata(metadata)));
  const tag = tagOf(String(metadata.version));
  const described = (mediaType: string, bytes: Uint8Array): Descriptor => ({
    mediaType,
    digest: digestOf(bytes),
    size: bytes.length,
  });
  const annotations = {
    'org.opencontainers.image.created': `${new Date(ctx.cluster.clock.now()).toISOString().slice(0, 19)}Z`,
    ...(metadata['description'] ? { 'org.opencontainers.image.description': String(metadata['description']) } : {}),
    'org.opencontainers.image.title': metadata.name,
    'org.opencontainers.image.version': String(metadata.version),
  };
  const manifest = bytesOf(
    JSON.stringify({
      schemaVersion: 2,
      config: described(CONFIG, config),
      layers: [described(CHART, layer)],
      annotations,
    }),
  );
  await registry.send('HEAD', `manifests/${digestOf(manifest)}`).catch((error: Error) => {
    throw new UserError(
      'NOT_FOUND',
      `failed to perform "Exists" on destination: ${error.message.replace(/^Get /, 'Head ')}`,
    );
  });
  for (const blob of [config, layer]) await registry.put(blob);
  await registry.putManifest(tag, manifest);
  ctx.warn(`Pushed: ${host}/${name}:${tag}\nDigest: ${digestOf(manifest)}`);
  return '';
}

/** `helm registry login`: asks the registry whether it takes the credentials; none are kept here. */
export async function registryLogin(ctx: HelmContext, flags: Parsed): Promise<string> {
  const [host = ''] = flags.args;
  const [username, password] = [flags.text('username') ?? '', flags.text('password')];
  if (flags.bool('password-stdin'))
    throw new UserError('UNSUPPORTED', '--password-stdin of registry login is not supported in this shell');
  if (password === undefined) throw new UserError('INVALID_ARGUMENT', 'inappropriate ioctl for device');
  ctx.warn('level=WARN msg="using --password via the CLI is insecure. Use --password-stdin"');
  const url = `${flags.bool('plain-http') ? 'http' : 'https'}://${host}/v2/`;
  const failed = (why: string): UserError =>
    new UserError('NOT_FOUND', `authenticating to ${JSON.stringify(host)}: ${why}`);
  const answer = await request(ctx, url, { method: 'GET', headers: {} }, { username, password }).catch(
    (error: Error) => {
      throw failed(error.message);
    },
  );
  if (answer.status >= 400)
    throw failed(`GET ${JSON.stringify(url)}: response status code ${answer.status}: ${reason(answer.body)}`);
  ctx.warn('Login Succeeded');
  return '';
}
