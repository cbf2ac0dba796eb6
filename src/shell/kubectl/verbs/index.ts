import type { Verb } from '../context.ts';
import { alpha, completion, options, plugin } from './about.ts';
import { attach, portForward, proxy } from './advice.ts';
import { apiResources, apiVersions, clusterInfo, version } from './api.ts';
import { apply } from './apply.ts';
import { auth } from './auth.ts';
import { certificate } from './certificate.ts';
import { config } from './config.ts';
import { cp } from './cp.ts';
import { create } from './create.ts';
import { debug } from './debug.ts';
import { deleteVerb } from './delete.ts';
import { describe } from './describe.ts';
import { diff } from './diff.ts';
import { edit } from './edit.ts';
import { events } from './events.ts';
import { exec } from './exec.ts';
import { explain } from './explain.ts';
import { autoscale, expose } from './expose.ts';
import { get } from './get.ts';
import { kustomize } from './kustomize.ts';
import { annotate, label } from './label.ts';
import { logs } from './logs.ts';
import { cordon, drain, taint, uncordon } from './node.ts';
import { patch } from './patch.ts';
import { replace } from './replace.ts';
import { rollout } from './rollout.ts';
import { run } from './run.ts';
import { scale } from './scale.ts';
import { set } from './set.ts';
import { top } from './top.ts';
import { wait } from './wait.ts';

/** Every verb, in the order in which kubectl registers (and suggests) them. */
export const verbs: Verb[] = [
  create,
  expose,
  run,
  set,
  explain,
  get,
  edit,
  deleteVerb,
  rollout,
  scale,
  autoscale,
  certificate,
  clusterInfo,
  top,
  cordon,
  uncordon,
  drain,
  taint,
  describe,
  logs,
  attach,
  exec,
  portForward,
  proxy,
  cp,
  auth,
  debug,
  events,
  diff,
  apply,
  patch,
  replace,
  wait,
  kustomize,
  label,
  annotate,
  completion,
  alpha,
  config,
  plugin,
  version,
  apiVersions,
  apiResources,
  options,
];
