import { concat, makeAuthority, testAuthority, tlv } from '@klpkit-internal/testkit';
import { describe, expect, test } from 'vitest';
import { parseTrust, type VerifyErrorCode } from './index.ts';

const rsa = testAuthority('rsa-2048');
const p256 = testAuthority('p-256');
const refused = (promise: Promise<unknown>, code: VerifyErrorCode): Promise<void> =>
  expect(promise).rejects.toMatchObject({ name: 'VerifyError', code });

describe('certificates are read', () => {
  test('from DER, PEM text and PEM bytes, several from one text', async () => {
    const bundle = `bundle\n${rsa.certificate}\nsubject=CN = x\n${p256.certificate.replaceAll('\n', '\r\n')}`;
    const trust = await parseTrust({ certificates: [bundle] });
    expect(trust.certificates.map((one) => one.subject)).toEqual([`CN=${rsa.name}`, `CN=${p256.name}`]);
    const same = await parseTrust({
      certificates: [rsa.certificateDer, new TextEncoder().encode(rsa.certificate), p256.certificateDer],
    });
    expect(same.certificates).toEqual(trust.certificates);
  });

  test('with what a person wants to know', async () => {
    const { certificates } = await parseTrust({ certificates: [rsa.certificate] });
    expect(certificates[0]).toEqual({
      subject: `CN=${rsa.name}`,
      issuer: `CN=${rsa.name}`,
      serial: rsa.serial,
      ski: rsa.ski,
      publicKey: { kind: 'rsa', bits: 2048 },
      notBefore: Date.UTC(2024, 0, 1),
      notAfter: Date.UTC(2049, 11, 31, 23, 59, 59),
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    });
  });

  test('with names that cannot forge a line of a log', async () => {
    const hostile = makeAuthority({ algorithm: 'p-256', name: 'a\nok: CN=trusted, O=\u202Ex\0' });
    const { certificates } = await parseTrust({ certificates: [hostile.certificate] });
    expect(certificates[0]?.subject).toBe('CN=a\\u{a}ok: CN\\=trusted\\, O\\=\\u{202e}x\\u{0}');
  });

  test('with dates after 2049, which are written in another form', async () => {
    const late = makeAuthority({ algorithm: 'p-256', notAfter: new Date('2124-05-06T07:08:09Z') });
    const { certificates } = await parseTrust({ certificates: [late.certificate] });
    expect(certificates[0]?.notAfter).toBe(Date.UTC(2124, 4, 6, 7, 8, 9));
  });
});

describe('trust is refused', () => {
  test('that trusts nobody', async () => {
    await refused(parseTrust({ certificates: [] }), 'INVALID_OPTION');
    await refused(parseTrust({ certificates: [''] }), 'MALFORMED_CERTIFICATE');
    await refused(parseTrust({ certificates: [rsa.key] }), 'MALFORMED_CERTIFICATE');
    await refused(parseTrust({ certificates: [new Uint8Array()] }), 'MALFORMED_CERTIFICATE');
  });

  test('in a certificate with a wrong self-signature', async () => {
    const der = rsa.certificateDer.slice();
    der[der.length - 1] = (der[der.length - 1] ?? 0) ^ 1;
    await refused(parseTrust({ certificates: [der] }), 'MALFORMED_CERTIFICATE');
  });

  test('in a key that is too short', () =>
    refused(parseTrust({ certificates: [makeAuthority({ algorithm: 'rsa-1024' }).certificate] }), 'WEAK_ALGORITHM'));

  test('in a certificate with bytes behind it, or in a broken PEM text', async () => {
    await refused(
      parseTrust({ certificates: [concat(rsa.certificateDer, Uint8Array.of(0))] }),
      'MALFORMED_CERTIFICATE',
    );
    await refused(
      parseTrust({ certificates: [rsa.certificate.replace('-----END', '----END')] }),
      'MALFORMED_CERTIFICATE',
    );
    await refused(parseTrust({ certificates: [rsa.certificate.replace('MII', 'M*I')] }), 'MALFORMED_CERTIFICATE');
    await refused(
      parseTrust({ certificates: [`-----BEGIN CERTIFICATE-----\n${rsa.certificate}`] }),
      'MALFORMED_CERTIFICATE',
    );
    await refused(parseTrust({ certificates: ['x'.repeat(5 * 1024 * 1024)] }), 'MALFORMED_CERTIFICATE');
  });

  test('in a certificate with a date that is none', async () => {
    const der = rsa.certificateDer.slice();
    der[Buffer.from(der).indexOf('240101000000Z')] = 0x41;
    await refused(parseTrust({ certificates: [der] }), 'MALFORMED_CERTIFICATE');
  });

  test('in two keys of one identifier, whose order would decide', async () => {
    const one = makeAuthority({ algorithm: 'p-256', ski: 'aabb', name: 'one' });
    const two = makeAuthority({ algorithm: 'p-256', ski: 'aabb', name: 'two' });
    await refused(parseTrust({ certificates: [one.certificate, two.certificate] }), 'INVALID_OPTION');
    await parseTrust({ certificates: [one.certificate, one.certificateDer] });
  });
});

describe('a blacklist', () => {
  const withLines = (...lines: string[]): Promise<unknown> =>
    parseTrust({ certificates: [rsa.certificate], revoked: [lines.join('\n')] });

  test('takes the lines of the kernel, and comments', async () => {
    await withLines('# revoked 2026', '', `tbs:${'ab'.repeat(32)}`, ` bin:${'0f'.repeat(64)} `, 'bin:00');
  });

  test.each(['tbs:', 'tbs:abc', `tbs:${'AB'.repeat(32)}`, `bin:${'00'.repeat(65)}`, 'sha:00', 'tbs: 00', 'hello'])(
    'refuses "%s"',
    (line) => refused(withLines(line), 'INVALID_OPTION'),
  );

  test('refuses a certificate that cannot be read', () =>
    refused(
      parseTrust({ certificates: [rsa.certificate], revoked: [tlv(0x30, Uint8Array.of(5, 0))] }),
      'MALFORMED_CERTIFICATE',
    ));
});
