import type { Call } from './context.ts';
import { KubectlError } from './errors.ts';

/** The editor's words, from the first of the variables that says something (editor.go). */
function editorCommand({ env }: Call): string[] {
  const named = env.get('KUBE_EDITOR') || env.get('EDITOR') || 'vi';
  if (!named.includes(' ')) return [named];
  return /["'\\]/.test(named) ? [env.get('SHELL') || '/bin/bash', '-c', named] : named.split(' ');
}

/** Runs the editor on a file that holds the text; what it then holds. Throws KubectlError. */
export async function editText(
  call: Call,
  text: string,
  extension: string,
): Promise<{ text: string; path: string; error?: KubectlError }> {
  const path = `/tmp/kubectl-edit-${call.rng.uint32()}${extension}`;
  await call.fs.mkdir('/tmp', { recursive: true });
  await call.fs.writeFile(path, text);
  const words = editorCommand(call);
  const inShell = words[1] === '-c' && words.length === 3;
  const argv = inShell ? [...words.slice(0, 2), `${words[2]} ${JSON.stringify(path)}`] : [...words, path];
  const code = await call.runProgram?.(argv);
  const named = JSON.stringify(words.join(' '));
  if (code === undefined && !words[0]!.includes('/'))
    return { text, path, error: new KubectlError(`unable to launch the editor ${named}`) };
  if (code !== 0) return { text, path, error: new KubectlError(`there was a problem with the editor ${named}`) };
  return { text: await call.fs.readFile(path), path };
}
