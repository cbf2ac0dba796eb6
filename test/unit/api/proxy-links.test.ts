import { describe, expect, it } from 'vitest';
import { linksThrough } from '../../../src/sim/api/proxy-links.ts';

const PREFIX = '/api/v1/namespaces/shop/services/web:80/proxy';
const place = { prefix: PREFIX, requestHost: 'cluster:6443', backendHost: '10.244.1.5:80' };
const page = (body: string): string =>
  linksThrough(
    { status: 200, headers: { 'Content-Type': 'text/html; charset=utf-8', 'Content-Length': '1' }, body },
    place,
  ).body;
const redirect = (to: string): string | undefined =>
  linksThrough({ status: 302, headers: { Location: to }, body: '' }, place).headers['location'];

describe('links of proxied pages', () => {
  it('lead through the proxy when they are of the page’s own host', () => {
    expect(page('<A HREF=/cart?x=1&y=2 class=big>cart</A>')).toBe(
      `<a href="${PREFIX}/cart?x=1&amp;y=2" class="big">cart</A>`,
    );
    expect(page("<img alt='a > b' src='http://10.244.1.5:80/logo.png'/>")).toBe(
      `<img alt="a &gt; b" src="${PREFIX}/logo.png"/>`,
    );
    expect(page('<a href="//cluster:6443/a//b/">x</a>')).toBe(`<a href="//cluster:6443${PREFIX}/a/b/">x</a>`);
  });

  it('stay when they are relative, foreign, already led, or no links', () => {
    for (const text of [
      '<a href="cart">',
      '<a href="https://example.com/x">',
      `<a href="${PREFIX}/cart">`,
      '<a href="mailto:ops@example.com">',
      '<p data-href="/cart">',
      '<!-- <a href="/cart"> -->',
      '<script>document.write("<a href=/cart>")</script>',
    ])
      expect(page(text)).toBe(text);
    const plain = { status: 200, headers: { 'Content-Type': 'text/plain' }, body: '<a href="/cart">' };
    expect(linksThrough(plain, place)).toBe(plain);
  });

  it('redirect through the proxy', () => {
    expect(redirect('/login?from=%2F')).toBe(`${PREFIX}/login?from=%2F`);
    expect(redirect('./')).toBe('./');
    expect(redirect('https://example.com/')).toBe('https://example.com/');
  });

  it('do not keep a length that is no longer right', () => {
    const { headers } = linksThrough(
      { status: 200, headers: { 'Content-Type': 'text/html', 'Content-Length': '1' }, body: '' },
      place,
    );
    expect(headers).toEqual({ 'Content-Type': 'text/html' });
  });
});
