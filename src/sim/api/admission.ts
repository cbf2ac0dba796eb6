import type { KubeObject } from '../../kube/object.ts';
import type { KindRef, StrategyContext } from './kind.ts';
import type { Attributes, Decision } from './rbac.ts';
import type { Outcome, WebhookCall } from './webhooks/calls.ts';

export interface AdmissionRequest {
  operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';
  ref: KindRef;
  /** `pods`, with subresource e.g. `status`, `eviction`. */
  resource: string;
  subresource?: string;
  namespace?: string;
  name: string;
  /** Mutable draft on CREATE and UPDATE. */
  object?: KubeObject;
  old?: KubeObject;
  user: UserInfo;
  dryRun: boolean;
  ctx: AdmissionContext;
  /** What webhooks and policies are shown instead, where a subresource has a kind of its own. */
  readonly reviewed?: { ref: KindRef; object?: KubeObject; old?: KubeObject };
  /** What somebody may do; attributes that are not given are empty. */
  authorize?(attributes: Partial<Attributes> & { user: UserInfo }): Decision;
  /** A fresh uid for an AdmissionReview. */
  readonly reviewId?: string;
  /** Collects texts for `Warning` headers. */
  warnings?: string[];
  /** Asks a webhook over the network. */
  callWebhook?(call: WebhookCall): Outcome;
  /** Set when a webhook changed the object: it is defaulted again. */
  changed?: boolean;
}

export interface AdmissionContext extends StrategyContext {
  /** Writes past admission, e.g. the quota's used counters. */
  update(object: KubeObject, subresource?: string): void;
}

export interface UserInfo {
  username: string;
  uid?: string;
  groups: string[];
  extra?: Record<string, string[]>;
}

/** One admission plugin in one file. Mutating ones run first, then validating ones, in the barrel's order. Throws ApiError. */
export interface AdmissionPlugin {
  /** Upstream's name, e.g. `LimitRanger`. */
  name: string;
  admit?(request: AdmissionRequest): void;
  validate?(request: AdmissionRequest): void;
  /** Whether it judges who enters pods (exec, attach, port-forward), too. */
  judgesConnect?: boolean;
}
