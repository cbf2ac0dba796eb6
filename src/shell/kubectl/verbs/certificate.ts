import type { Json } from '../../../kube/object.ts';
import { gather, hasFiles, throwIfAny } from '../builder.ts';
import { pathOf } from '../client.ts';
import type { Call, Verb } from '../context.ts';
import { KubectlError } from '../errors.ts';
import { outputFlags, resultPrinter } from '../printers/output.ts';
import { fileFlags } from './shared.ts';

interface Decision {
  verb: 'approve' | 'deny';
  type: 'Approved' | 'Denied';
  reason: string;
}

/** Writes a condition to the approval of each request; one that is decided so already is left alone. */
const deciding =
  ({ verb, type, reason }: Decision) =>
  async (call: Call): Promise<void> => {
    if (call.args.length === 0 && !hasFiles(call))
      throw new KubectlError('one or more CSRs must be specified as <name> or -f <filename>');
    const args = call.args.map((name) => `certificatesigningrequests/${name}`);
    const { infos, errors } = await gather(call, { args, live: true });
    const print = await resultPrinter(call, type.toLowerCase(), { typed: true });
    for (const info of infos) {
      const csr = info.object as Json;
      const conditions = (csr.status?.conditions ?? []) as Json[];
      const other = conditions.find((one) => one.type === (type === 'Approved' ? 'Denied' : 'Approved'));
      if (other) {
        errors.push(
          new KubectlError(`certificate signing request ${JSON.stringify(info.name)} is already ${other.type}`),
        );
        continue;
      }
      if (conditions.some((one) => one.type === type) && !call.flags.bool('force')) {
        print(csr, info.resource);
        continue;
      }
      const lastUpdateTime = `${new Date(call.time.now()).toISOString().slice(0, 19)}Z`;
      const message = `This CSR was ${type.toLowerCase()} by kubectl certificate ${verb}.`;
      const decided = { type, status: 'True', reason, message, lastUpdateTime };
      const status = { ...csr.status, conditions: [...conditions.filter((one) => one.type !== type), decided] };
      const path = pathOf(info.resource, undefined, info.name, 'approval');
      await call.client.json('PUT', path, { ...csr, status });
      print(csr, info.resource);
    }
    throwIfAny(errors);
  };

const flags: Verb['flags'] = [...fileFlags, ...outputFlags, { name: 'force', type: 'bool' }];

export const certificate: Verb = {
  name: 'certificate',
  flags: [],
  group: 'lenient',
  subcommands: [
    { name: 'approve', flags, run: deciding({ verb: 'approve', type: 'Approved', reason: 'KubectlApprove' }) },
    { name: 'deny', flags, run: deciding({ verb: 'deny', type: 'Denied', reason: 'KubectlDeny' }) },
  ],
};
