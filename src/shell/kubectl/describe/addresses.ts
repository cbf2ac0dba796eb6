import { rfc1123z } from '../../../kube/duration.ts';
import { type Describer, eventsTable, head } from './writer.ts';

/** Ranges that addresses of services come from. */
export const serviceCidr: Describer = (object, w, context) => {
  head(w, object, false);
  w.field('CIDRs', (object.spec.cidrs ?? []).join(', '));
  const conditions = object.status?.conditions ?? [];
  if (conditions.length > 0) {
    w.line(0, 'Status:');
    w.line(0, 'Conditions:');
    w.line(1, 'Type\tStatus\tLastTransitionTime\tReason\tMessage');
    w.line(1, '----\t------\t------------------\t------\t-------');
    for (const one of conditions)
      w.line(
        1,
        `${one.type}\t${one.status}\t${rfc1123z(one.lastTransitionTime)}\t${one.reason ?? ''}\t${one.message ?? ''}`,
      );
  }
  eventsTable(w, context);
};

/** An address and what it was given to. */
export const ipAddress: Describer = (object, w, context) => {
  head(w, object, false);
  const parent = object.spec.parentRef;
  if (parent) {
    w.line(0, 'Parent Reference:');
    w.line(1, `Group:\t${parent.group ?? ''}`);
    w.line(1, `Resource:\t${parent.resource ?? ''}`);
    w.line(1, `Namespace:\t${parent.namespace ?? ''}`);
    w.line(1, `Name:\t${parent.name ?? ''}`);
  }
  eventsTable(w, context);
};

/** The storage drivers of a node. */
export const csiNode: Describer = (object, w, context) => {
  head(w, object, false);
  w.field('CreationTimestamp', rfc1123z(object.metadata.creationTimestamp));
  w.line(0, 'Spec:');
  if (object.spec.drivers) w.line(1, 'Drivers:');
  for (const driver of object.spec.drivers ?? []) {
    w.line(2, `${driver.name}:`);
    w.line(3, `Node ID:\t${driver.nodeID}`);
    if (driver.allocatable?.count !== undefined) {
      w.line(3, 'Allocatables:');
      w.line(4, `Count:\t${driver.allocatable.count}`);
    }
    if (driver.topologyKeys) w.line(3, `Topology Keys:\t[${driver.topologyKeys.join(' ')}]`);
  }
  eventsTable(w, context);
};
