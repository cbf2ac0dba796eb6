import type { Json } from '../../../kube/object.ts';
import { ENTRY, loadConfig, saveConfig } from '../config.ts';
import type { Call } from '../context.ts';
import { KubectlError } from '../errors.ts';
import { resolvePath } from '../files.ts';
import type { Flags } from '../flags.ts';
import { source, unexpectedArgs } from './config.ts';

/** Puts a file's path, or with --embed-certs its content, into the entry. */
async function certificate(call: Call, entry: Json, field: string): Promise<void> {
  const path = call.flags.str(field);
  if (!call.flags.changed.has(field)) return;
  delete entry[field];
  delete entry[`${field}-data`];
  if (path === '') return;
  const full = resolvePath(call, path);
  if (!call.flags.bool('embed-certs')) {
    entry[field] = full;
    return;
  }
  entry[`${field}-data`] = Buffer.from(await call.fs.readFileBuffer(full)).toString('base64');
}

async function assertEmbeddable(call: Call, ...fields: string[]): Promise<void> {
  if (!call.flags.bool('embed-certs')) return;
  const given = fields.filter((field) => call.flags.str(field) !== '');
  if (given.length === 0)
    throw new KubectlError(`you must specify a ${fields.map((field) => `--${field}`).join(' or ')} to embed`);
  for (const field of given) {
    const path = call.flags.str(field);
    if (!(await call.fs.exists(resolvePath(call, path))))
      throw new KubectlError(`could not stat ${field} file ${path}: stat ${path}: no such file or directory`);
  }
}

/** The entry of that name, made when there is none. */
async function entryOf(call: Call, list: 'clusters' | 'users'): Promise<{ config: Json; entry: Json; name: string }> {
  const config = await loadConfig(source(call));
  const name = call.args[0]!;
  let found = config[list].find((one: Json) => one.name === name);
  if (!found) {
    found = { name, [ENTRY[list]]: {} };
    config[list].push(found);
  }
  found[ENTRY[list]] ??= {};
  return { config, entry: found[ENTRY[list]], name };
}

export async function setCluster(call: Call): Promise<void> {
  const { flags } = call;
  if (call.args.length !== 1) throw unexpectedArgs(call);
  if (flags.str('certificate-authority') && flags.bool('insecure-skip-tls-verify'))
    throw new KubectlError('you cannot specify a certificate authority and insecure mode at the same time');
  await assertEmbeddable(call, 'certificate-authority');
  const { config, entry, name } = await entryOf(call, 'clusters');
  for (const field of ['server', 'tls-server-name', 'proxy-url'])
    if (flags.changed.has(field)) entry[field] = flags.str(field);
  if (flags.changed.has('insecure-skip-tls-verify')) {
    entry['insecure-skip-tls-verify'] = flags.bool('insecure-skip-tls-verify');
    if (flags.bool('insecure-skip-tls-verify')) {
      delete entry['certificate-authority'];
      delete entry['certificate-authority-data'];
    }
  }
  if (flags.str('certificate-authority')) delete entry['insecure-skip-tls-verify'];
  await certificate(call, entry, 'certificate-authority');
  await saveConfig(source(call), config);
  call.out(`Cluster ${JSON.stringify(name)} set.\n`);
}

/** Pairs of the form KEY=VALUE and names to take away, written KEY-. */
function eachPair(list: string[], flag: string, set: (key: string, value: string | undefined) => void): void {
  for (const text of list) {
    const at = text.indexOf('=');
    if (at > 0) set(text.slice(0, at), text.slice(at + 1));
    else if (text.endsWith('-')) set(text.slice(0, -1), undefined);
    else throw new KubectlError(`invalid ${flag} format: ${text}`);
  }
}

function setProvider(flags: Flags, entry: Json): void {
  if (!flags.changed.has('auth-provider') && !flags.changed.has('auth-provider-arg')) return;
  const before = entry['auth-provider'];
  const name = flags.str('auth-provider') || before?.name;
  const config: Json = before?.name === name ? { ...before.config } : {};
  eachPair(flags.list('auth-provider-arg'), 'auth-provider-arg', (key, value) => {
    if (value === undefined) delete config[key];
    else config[key] = value;
  });
  entry['auth-provider'] = { name, config: Object.keys(config).length > 0 ? config : null };
}

const EXEC = ['exec-command', 'exec-arg', 'exec-env', 'exec-api-version', 'exec-interactive-mode'];

/** A program that brings the credentials: written down, never run here. */
function setExec(flags: Flags, entry: Json): void {
  if (![...EXEC, 'exec-provide-cluster-info'].some((flag) => flags.changed.has(flag))) return;
  const exec: Json = { args: null, command: '', env: null, provideClusterInfo: false, ...entry.exec };
  if (flags.changed.has('exec-command')) exec.command = flags.str('exec-command');
  if (flags.changed.has('exec-api-version')) exec.apiVersion = flags.str('exec-api-version');
  if (flags.changed.has('exec-arg')) exec.args = flags.list('exec-arg');
  if (flags.changed.has('exec-interactive-mode')) exec.interactiveMode = flags.str('exec-interactive-mode');
  if (flags.changed.has('exec-provide-cluster-info')) exec.provideClusterInfo = flags.bool('exec-provide-cluster-info');
  eachPair(flags.list('exec-env'), 'exec-env', (name, value) => {
    const others = (exec.env ?? []).filter((one: Json) => one.name !== name);
    exec.env = value === undefined ? others : [...others, { name, value }];
  });
  entry.exec = exec;
}

export async function setCredentials(call: Call): Promise<void> {
  const { flags } = call;
  if (call.args.length !== 1) throw unexpectedArgs(call, 'unexpected');
  const [token, basic] = [flags.str('token'), flags.str('username') || flags.str('password')];
  if (token && basic)
    throw new KubectlError(
      'you cannot specify more than one authentication method at the same time: --token, --username/--password',
    );
  await assertEmbeddable(call, 'client-certificate', 'client-key');
  const { config, entry, name } = await entryOf(call, 'users');
  await certificate(call, entry, 'client-certificate');
  await certificate(call, entry, 'client-key');
  for (const field of ['token', 'username', 'password']) if (flags.changed.has(field)) entry[field] = flags.str(field);
  if (token) {
    delete entry.username;
    delete entry.password;
  }
  if (basic) delete entry.token;
  setProvider(flags, entry);
  setExec(flags, entry);
  await saveConfig(source(call), config);
  call.out(`User ${JSON.stringify(name)} set.\n`);
}
