import { AsyncLocalStorage } from 'node:async_hooks';

/** What code that asks the JavaScript engine for the time or for chance gets, while a shell of ours runs it. */
export interface Ambient {
  /** Epoch ms. */
  now(): number;
  /** In [0, 1). */
  random(): number;
}

// Held weakly: a module that is first loaded in here keeps what is current then for as long as the process lives.
const current = new AsyncLocalStorage<WeakRef<Ambient>>();
let installed = false;

/**
 * Runs work whose `Date`, `Date.now` and `Math.random` are the session's. The interpreter of the shell reads them in some sixty places
 * (times of files, RANDOM, printf's %(…)T, jq's now) and offers no other way in; read from the real ones they would make two runs
 * differ, and tell the agent the date on the host. Code outside of `run` sees the real ones. The caller keeps `ambient` for as long as the
 * work may go on.
 */
export function withAmbient<T>(ambient: Ambient, run: () => T): T {
  install();
  return current.run(new WeakRef(ambient), run);
}

function install(): void {
  if (installed) return;
  installed = true;
  const RealDate = globalThis.Date;
  const realNow = RealDate.now;
  const realRandom = Math.random;
  RealDate.now = () => current.getStore()?.deref()?.now() ?? realNow();
  Math.random = () => current.getStore()?.deref()?.random() ?? realRandom();
  globalThis.Date = new Proxy(RealDate, {
    construct(target, args, newTarget) {
      const ambient = args.length === 0 ? current.getStore()?.deref() : undefined;
      return Reflect.construct(target, ambient ? [ambient.now()] : args, newTarget) as Date;
    },
  });
}
