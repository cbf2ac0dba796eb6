import type { KubeObject } from '../../kube/object.ts';
import { secretToken, TOKEN_SECRET } from '../api/secret-token.ts';
import type { Controller } from './context.ts';
import { keyOf, splitKey } from './lib/objects.ts';
import { WorkQueue } from './lib/queue.ts';

const ACCOUNT = 'kubernetes.io/service-account.name';
const ACCOUNT_UID = 'kubernetes.io/service-account.uid';

const encoded = (text: string): string => Buffer.from(text).toString('base64');

/** Fills secrets of the type `kubernetes.io/service-account-token`, and deletes them with the account that they name. */
export const tokens: Controller = {
  name: 'tokens-controller',
  start({ world, api: clientFor, rootCa = '' }) {
    const api = clientFor('tokens-controller');

    const fill = (secret: KubeObject, account: KubeObject): void => {
      const { namespace = '', name } = secret.metadata;
      const data = secret['data'] ?? {};
      const missing = {
        ...(data['ca.crt'] === encoded(rootCa) ? {} : { 'ca.crt': encoded(rootCa) }),
        ...(data.namespace ? {} : { namespace: encoded(namespace) }),
        ...(data.token ? {} : { token: encoded(secretToken(secret, account)) }),
      };
      if (Object.keys(missing).length === 0) return;
      api.modify('v1/Secret', namespace, name, (draft) => {
        draft['data'] = { ...draft['data'], ...missing };
        draft.metadata.annotations = {
          ...draft.metadata.annotations,
          [ACCOUNT]: account.metadata.name,
          [ACCOUNT_UID]: account.metadata.uid as string,
        };
      });
    };

    const queue = new WorkQueue(world, 'tokens', (key) => {
      const secret = api.get('v1/Secret', ...splitKey(key));
      if (secret?.['type'] !== TOKEN_SECRET) return;
      const { namespace = '', name, annotations = {} } = secret.metadata;
      const account = api.get('v1/ServiceAccount', namespace, annotations[ACCOUNT] ?? '');
      const isOther = annotations[ACCOUNT_UID] !== undefined && annotations[ACCOUNT_UID] !== account?.metadata.uid;
      if (account && !isOther) fill(secret, account);
      else api.delete('v1/Secret', namespace, name);
    });
    api.watch('v1/Secret', (type, secret) => {
      if (type !== 'DELETED' && secret['type'] === TOKEN_SECRET) queue.add(keyOf(secret));
    });
    api.watch('v1/ServiceAccount', (type, account) => {
      if (type !== 'DELETED') return;
      for (const secret of api.list('v1/Secret', account.metadata.namespace))
        if (secret['type'] === TOKEN_SECRET && secret.metadata.annotations?.[ACCOUNT] === account.metadata.name)
          queue.add(keyOf(secret));
    });
  },
};
