import { expect, test } from 'vitest';
import { checkEndpointUrl } from '../../src/records/endpoint-url.ts';

const production = { allowLoopback: false };
const development = { allowLoopback: true };

test.each([
  'https://hooks.example.com/linekeeper',
  'https://hooks.example.com:8443/in?tenant=7',
  'https://8.8.8.8/in',
  'https://[2606:4700::1111]/in',
  'https://bücher.example/in',
  `https://example.com/${'a'.repeat(2_028)}`,
])('%s may be registered', (url) => expect(checkEndpointUrl(url, production).kind).toBe('ok'));

test.each([
  ['plain http', 'http://hooks.example.com/'],
  ['another scheme', 'ftp://hooks.example.com/'],
  ['no scheme', 'hooks.example.com/in'],
  ['no host', 'https://'],
  ['credentials', 'https://user:word@hooks.example.com/'],
  ['a user alone', 'https://user@hooks.example.com/'],
  ['a host that is the userinfo of another', 'https://hooks.example.com@10.0.0.1/'],
  ['a fragment', 'https://hooks.example.com/#part'],
  ['2,049 characters', `https://example.com/${'a'.repeat(2_029)}`],
  ['loopback', 'https://127.0.0.1/'],
  ['one decimal number', 'https://2130706433/'],
  ['hex and short', 'https://0x7f.1/'],
  ['octal', 'https://0177.0.0.01/'],
  ['a trailing dot', 'https://127.0.0.1./'],
  ['full-width digits', 'https://\uFF11\uFF12\uFF17.0.0.1/'],
  ['percent-encoded', 'https://%31%32%37.0.0.1/'],
  ['zero', 'https://0/'],
  ['metadata', 'https://169.254.169.254/latest'],
  ['metadata in decimal', 'https://2852039166/'],
  ['IPv6 loopback', 'https://[::1]/'],
  ['IPv4-mapped', 'https://[::ffff:127.0.0.1]/'],
  ['NAT64', 'https://[64:ff9b::10.0.0.1]/'],
  ['6to4', 'https://[2002:a00:1::]/'],
  ['this machine by name', 'https://localhost/'],
  ['this machine with the root’s dot', 'https://LOCALHOST./'],
  ['a name under localhost', 'https://hooks.localhost/'],
])('%s is refused with a problem and a cure: %s', (_name, url) => {
  expect(checkEndpointUrl(url, production)).toEqual({
    kind: 'refused',
    problem: expect.stringMatching(/\w/),
    cure: expect.stringMatching(/\w/),
  });
});

test.each([
  'http://localhost:3000/in',
  'http://127.0.0.1:3000/',
  'http://[::1]/',
  'https://localhost/',
  'http://0x7f.1/',
])('the development switch takes %s', (url) => expect(checkEndpointUrl(url, development).kind).toBe('ok'));

test.each(['http://hooks.example.com/', 'http://10.0.0.1/', 'http://[::ffff:127.0.0.1]/', 'http://8.8.8.8/'])(
  'the development switch does not take %s',
  (url) => expect(checkEndpointUrl(url, development).kind).toBe('refused'),
);
