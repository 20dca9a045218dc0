import twilio from 'twilio';
import { expect, test } from 'vitest';
import { signRequest } from '../../src/simulate/far-end/sign-request.ts';

test("the signature is the one of Twilio's published example", () => {
  const fields = {
    CallSid: 'CA1234567890ABCDE',
    Caller: '+12349013030',
    Digits: '1234',
    From: '+12349013030',
    To: '+18005551212',
  };
  const url = 'https://mycompany.com/myapp.php?foo=1&bar=2';
  expect(signRequest('12345', url, fields)).toBe('0/KCTR6DLpKmkAf8muzZqo1nDgQ=');
});

test('the SDK accepts what is signed, and the fragment is not part of it', () => {
  const fields = { Body: 'ünïcode & co', From: '+15035550100' };
  const signature = signRequest('token', 'https://gw.example/x?a=1#rc=3&rp=ct', fields);
  expect(twilio.validateRequest('token', signature, 'https://gw.example/x?a=1', fields)).toBe(true);
  expect(twilio.validateRequest('other', signature, 'https://gw.example/x?a=1', fields)).toBe(false);
});
