import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { expect, it } from 'vitest';
import type { Json } from '../../../src/kube/object.ts';
import { CA_NAME, CA_SEED, ROOT_CA } from '../../../src/sim/bootstrap/root-ca.ts';
import { createSimulation } from '../../../src/sim/simulation.ts';
import { Authority } from '../../../src/sim/x509/certificate.ts';
import { bits, der, oid, pem, sequence, tag } from '../../../src/sim/x509/der.ts';

const PATH = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
const USER = { username: 'jane', groups: ['system:masters', 'system:authenticated'] };

/** A request as openssl makes it, with a signature that nobody checks. */
function request(): string {
  const { publicKey } = generateKeyPairSync('ed25519');
  const part = (type: string, text: string) => der(tag.set, sequence(oid(type), der(tag.utf8, Buffer.from(text))));
  const subject = sequence(part('2.5.4.10', 'devs'), part('2.5.4.3', 'jane'));
  const version = der(tag.integer, Buffer.from([0]));
  const info = sequence(version, subject, publicKey.export({ format: 'der', type: 'spki' }), Buffer.from([0xa0, 0]));
  return pem('CERTIFICATE REQUEST', sequence(info, sequence(oid('1.3.101.112')), bits(Buffer.alloc(64))));
}

it('signs approved requests with the authority that namespaces know', () => {
  expect(new Authority(CA_SEED, CA_NAME).certificate(Date.UTC(2026, 0, 1), Date.UTC(2126, 0, 1))).toBe(ROOT_CA);
  const { api, world } = createSimulation({ seed: 'csr', addons: false });
  const call = (method: string, path: string, body?: Json): Json => {
    let answer: Json;
    const headers = { 'content-type': 'application/json' };
    api.handler.handle({ method, path, headers, body: JSON.stringify(body), user: USER }, (response) => {
      answer = JSON.parse(response.body);
    });
    return answer;
  };
  const create = (name: string, usages: string[]): Json => {
    const spec = {
      request: Buffer.from(request()).toString('base64'),
      signerName: 'kubernetes.io/kube-apiserver-client',
      usages,
    };
    const made = call('POST', PATH, { metadata: { name }, spec });
    made.status = { conditions: [{ type: 'Approved', status: 'True', reason: 'Test' }] };
    call('PUT', `${PATH}/${name}/approval`, made);
    world.advance(1_000);
    return call('GET', `${PATH}/${name}`);
  };
  const signed = create('jane', ['client auth']);
  expect([signed.spec.username, signed.status.conditions[0].type]).toEqual(['jane', 'Approved']);
  const certificate = new X509Certificate(Buffer.from(signed.status.certificate, 'base64'));
  expect(certificate.subject).toBe('O=devs\nCN=jane');
  expect(certificate.verify(new X509Certificate(ROOT_CA).publicKey)).toBe(true);
  expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
  expect(Date.parse(certificate.validTo) - world.nowMs).toBeGreaterThan(364 * 86_400_000);
  const failed = create('wrong', ['server auth']);
  expect(failed.status.conditions.map((one: Json) => one.type)).toEqual(['Approved', 'Failed']);
});
