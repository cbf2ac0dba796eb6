import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Json } from '../../../src/kube/object.ts';
import { applyJsonPatch } from '../../../src/kube/patch/json.ts';
import { applyMergePatch } from '../../../src/kube/patch/merge.ts';
import { applyStrategicPatch } from '../../../src/kube/patch/strategic.ts';
import { clientFolder } from './binaries.ts';
import type { PatchCase } from './random-patches.ts';

/** What became of each object by its name; an object whose patch was refused is missing, its error is among `errors`. */
export interface Patched {
  objects: Record<string, Json>;
  errors: string[];
}

/** `kubectl patch --local` of the real kubectl. */
export function patchWithKubectl(one: PatchCase): Promise<Patched> {
  const folder = mkdtempSync(join(tmpdir(), 'patch-'));
  const file = join(folder, 'objects.json');
  const patchFile = join(folder, 'patch.json');
  writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: one.objects }));
  writeFileSync(patchFile, JSON.stringify(one.patch));
  const args = [
    'patch',
    '--local',
    '-f',
    file,
    '--type',
    one.type,
    '--patch-file',
    patchFile,
    '-o',
    'json',
    '--show-managed-fields',
  ];
  return new Promise((resolve) => {
    const env = { PATH: '', HOME: folder };
    execFile(join(clientFolder(), 'kubectl'), args, { env, maxBuffer: 1 << 27 }, (_, stdout, stderr) => {
      rmSync(folder, { recursive: true, force: true });
      const objects: Record<string, Json> = {};
      for (const text of stdout.split(/^(?=\{)/m)) {
        if (text.trim() === '') continue;
        const object = JSON.parse(text);
        objects[object.metadata.name] = object;
      }
      resolve({ objects, errors: stderr.split('\n').filter((line) => line !== '') });
    });
  });
}

/** The same by the API server's own functions. */
export function patchWithOurs(one: PatchCase): Patched {
  const result: Patched = { objects: {}, errors: [] };
  for (const object of one.objects) {
    try {
      const patched =
        one.type === 'json'
          ? applyJsonPatch(object, one.patch)
          : one.type === 'merge'
            ? applyMergePatch(object, one.patch)
            : applyStrategicPatch(object, one.patch, one.info.schema);
      result.objects[object.metadata.name] = patched;
    } catch (error) {
      result.errors.push((error as Error).message);
    }
  }
  return result;
}
