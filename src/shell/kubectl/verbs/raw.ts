import type { Call } from '../context.ts';
import { KubectlError } from '../errors.ts';
import { readText } from '../files.ts';

/** --raw of create, replace and delete: the bytes of one file, or none, to a path of the API; the answer as it is. */
export async function sendRaw(call: Call, method: 'POST' | 'PUT' | 'DELETE'): Promise<void> {
  const { flags } = call;
  const path = flags.str('raw');
  const files = flags.list('filename');
  const isDeletion = method === 'DELETE';
  const exclusive = (flag: string, shown = `--${flag}`): void => {
    if (flags.has(flag) && flags.changed.has(flag)) throw new KubectlError(`--raw and ${shown} are mutually exclusive`);
  };
  if (method === 'POST') exclusive('edit');
  if (isDeletion && flags.bool('interactive')) throw new KubectlError('--interactive can not be used with --raw');
  if (isDeletion ? files.length > 1 : files.length !== 1)
    throw new KubectlError('--raw can only use a single local file or stdin');
  if (/^https?:\/\//.test(files[0] ?? '')) throw new KubectlError('--raw cannot read from a url');
  exclusive('recursive');
  if (method === 'POST') exclusive('selector', '--selector (-l)');
  exclusive('output');
  if (!path.startsWith('/'))
    throw new KubectlError(`--raw must be a valid URL path: parse ${JSON.stringify(path)}: invalid URI for request`);
  const body = files.length === 0 ? '' : await readText(call, files[0]!);
  call.out((await call.client.raw(method, path, { body, unnamed: true })).body);
}
