export { type AppDefinition, type Assets, type DeployedApp, listApps, loadApp } from './app.ts';
export {
  type DeployOptions,
  deleteNamespace,
  deployApp,
  ensureNamespace,
  foreignNamespace,
  isOwn,
  ownLabels,
  ownsNamespace,
  undeployApp,
  waitForPods,
} from './deploy.ts';
export type { AppMetadata } from './metadata.ts';
