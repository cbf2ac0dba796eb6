// Imports only point down. The table is the architecture; one line of it is the answer-key wall.
import { posix } from 'node:path';
import { report, sourceFiles } from './source-files.ts';

/** From the bottom up: a folder may import itself and the folders named before it. */
const LAYERS = [
  'core',
  'kube',
  'sim',
  'cluster',
  'helm',
  'apps',
  'telemetry',
  'workload',
  'shell',
  'faults',
  'tasks',
  'problems',
  'evaluators',
  'session',
  'agents',
  'mcp',
  'http',
  'report',
  'cli',
] as const;

/** Files that join folders the table keeps apart: the composition root, and what it alone uses. */
const JOINTS = new Set(['src/main.ts', 'src/cluster/embedded.ts', 'src/cluster/kubernetes.ts']);
const isJoint = (path: string): boolean => JOINTS.has(path) || path.startsWith('src/host/');

/** Nothing that a tool or the agent's shell reaches may know the answer. */
const WALL = {
  from: ['tools/', 'src/shell/', 'src/session/agent-view.ts'],
  forbidden: ['src/problems/', 'src/faults/', 'src/evaluators/', 'src/agents/'],
};

/**
 * What the agent's machine is made of: processes, files and a shell as containers have them. They know nothing of the cluster, so that
 * this is no way around the seam.
 */
const MACHINE = 'src/shell/machine/';
const MACHINE_PARTS = ['src/sim/process/', 'src/sim/container-shell/', 'src/sim/net/', 'src/sim/world.ts'];
const isMachinePart = (path: string, target: string): boolean =>
  path.startsWith(MACHINE) && MACHINE_PARTS.some((part) => target.startsWith(part));

const files = sourceFiles('src', 'tools');
const imports = new Map(files.map((file) => [file.path, importsOf(file.path, file.text)]));
const findings = [...imports].flatMap(([path, targets]) => targets.flatMap((target) => layering(path, target)));
for (const path of imports.keys()) {
  if (WALL.from.some((prefix) => path.startsWith(prefix))) findings.push(...wall(path));
}
report('deps', findings);

function importsOf(path: string, text: string): string[] {
  const found: string[] = [];
  for (const match of text.matchAll(/(?:from|import)\s*\(?\s*['"](\.[^'"]+)['"]/g)) {
    found.push(posix.normalize(posix.join(posix.dirname(path), match[1] as string)));
  }
  return found;
}

function layering(path: string, target: string): string[] {
  if (isJoint(path)) return [];
  const from = layerOf(path);
  const to = layerOf(target);
  if (from === undefined)
    return target.startsWith('tools/') || target.startsWith('src/session/agent-view') || to === 'core' || to === 'tasks'
      ? []
      : [`${path} imports ${target}: tools see core, tasks and session/agent-view only`];
  if (isJoint(target)) return [`${path} imports ${target}: only main.ts and host/ may`];
  if (to === undefined)
    return from === 'mcp' || from === 'cli' ? [] : [`${path} imports ${target}: only the fronts know the tools`];
  if (LAYERS.indexOf(to) > LAYERS.indexOf(from)) return [`${path} imports ${target}: ${from} lies below ${to}`];
  if (to === 'sim' && from !== 'sim' && from !== 'http' && !isMachinePart(path, target))
    return [`${path} imports ${target}: above the seam nobody knows the simulator`];
  return [];
}

function layerOf(path: string): (typeof LAYERS)[number] | undefined {
  const folder = /^src\/([^/]+)\//.exec(path)?.[1];
  return LAYERS.find((layer) => layer === folder);
}

/** Follows the imports of a file and reports the first path through the wall. */
function wall(start: string): string[] {
  const seen = new Set([start]);
  const queue: string[][] = [[start]];
  for (let trail = queue.shift(); trail; trail = queue.shift()) {
    for (const target of imports.get(trail.at(-1) as string) ?? []) {
      if (WALL.forbidden.some((prefix) => target.startsWith(prefix)))
        return [`the answer-key wall: ${[...trail, target].join(' → ')}`];
      if (!seen.has(target) && imports.has(target)) {
        seen.add(target);
        queue.push([...trail, target]);
      }
    }
  }
  return [];
}
