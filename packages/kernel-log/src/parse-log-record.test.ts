import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseLogRecord } from './parse-log-record.ts';

describe('a record of /dev/kmsg', () => {
  it('has priority, sequence number, time, flags and text', () => {
    expect(parseLogRecord("5,1024,8345021,-;livepatch: 'fix_1': patching complete")).toEqual({
      format: 'kmsg',
      facility: 0,
      level: 5,
      seq: 1024,
      timeUs: 8345021,
      caller: null,
      continuation: false,
      text: "livepatch: 'fix_1': patching complete",
      fields: {},
    });
  });

  it('tells user space by its facility', () => {
    expect(parseLogRecord('12,1,2,-;BUG: forged')).toMatchObject({ facility: 1, level: 4 });
    expect(parseLogRecord('30,1,2,-;x')).toMatchObject({ facility: 3, level: 6 });
  });

  it('keeps the caller, skips fields it does not know, splits at the first semicolon', () => {
    const record = parseLogRecord('6,1,2,-,caller=C12,other=1;a;b');
    expect(record).toMatchObject({ caller: 'C12', text: 'a;b' });
  });

  it('marks fragments, in the old way too', () => {
    expect(parseLogRecord('6,1,2,c;x')?.continuation).toBe(true);
    expect(parseLogRecord('6,1,2,+;x')?.continuation).toBe(true);
  });

  it('reads the dictionary that follows', () => {
    const record = parseLogRecord('6,1,2,-;eth0: up\n SUBSYSTEM=net\n DEVICE=n2\\x5c\nnot a field\n');
    expect(record).toMatchObject({ text: 'eth0: up', fields: { SUBSYSTEM: 'net', DEVICE: 'n2\\' } });
  });

  it('undoes escapes, as UTF-8', () => {
    expect(parseLogRecord('6,1,2,-;a\\x0ab\\xc3\\xa4\\x5cx41')?.text).toBe('a\nbä\\x41');
    expect(parseLogRecord('6,1,2,-;\\xff\\xfe')?.text).toBe('��');
  });

  it.each([
    ['no semicolon', '6,1,2,-'],
    ['a sequence number beyond what a number can hold', '6,9999999999999999,2,-;x'],
    ['a negative number', '6,-1,2,-;x'],
    ['a dictionary line alone', ' DEVICE=n2'],
    ['nothing', ''],
  ])('refuses %s', (_name, line) => {
    expect(parseLogRecord(line, { format: 'kmsg' })).toBeUndefined();
  });

  it('takes no key of the dictionary for a property of the object', () => {
    const record = parseLogRecord('6,1,2,-;x\n __proto__=1');
    expect(Object.getPrototypeOf(record?.fields)).toBe(Object.prototype);
  });
});

// Forms: dmesg(1) of util-linux 2.38.1, the console, journalctl, syslog daemons, CI exports.
describe('a line of text', () => {
  const plain = { format: 'dmesg', facility: null, level: null, timeUs: null, caller: null, text: 't', seq: null };
  it.each([
    ['default', '[    5.140900] t', { timeUs: 5_140_900 }],
    ['with caller', '[   66.000001] [    T1] t', { timeUs: 66_000_001, caller: 'T1' }],
    ['with caller, console', '[   66.000001][    C0] t', { timeUs: 66_000_001, caller: 'C0' }],
    ['-r', '<0>[    5.140900] t', { facility: 0, level: 0, timeUs: 5_140_900 }],
    ['-r of a daemon', '<30>[    5.140900] t', { facility: 3, level: 6, timeUs: 5_140_900 }],
    ['CI export', '<4> [    5.140900] t', { facility: 0, level: 4, timeUs: 5_140_900 }],
    ['-x', 'kern  :emerg : [    5.140900] t', { facility: 0, level: 0, timeUs: 5_140_900 }],
    ['-x of a local facility', 'local3:info  : [    5.140900] t', { facility: 19, level: 6, timeUs: 5_140_900 }],
    ['-T', '[Tue Nov 24 21:16:57 2026] t', {}],
    ['-T in another language', '[Di Nov 24 21:16:57 2026] t', {}],
    ['iso', '2026-11-24T21:16:57,140900+00:00 t', {}],
    ['-x iso', 'kern  :warn  : 2025-01-21T04:41:44,285060+00:00 t', { facility: 0, level: 4 }],
    ['-d', '[    5.140912 <    0.000012>] t', { timeUs: 5_140_912 }],
    ['-e', '[Nov24 21:16] t', {}],
    ['-e, next', '[  +0.000012] t', {}],
    ['-e, decimal comma', '[ +19,619040] t', {}],
    ['-t', 't', {}],
    ['journal', 'Nov 24 21:16:57 host kernel: t', {}],
    ['journal, localised month', 'sept. 10 00:56:17 hp kernel: t', {}],
    ['journal, month in other letters', '11月 24 21:16:57 host kernel: t', {}],
    ['journal, no host', 'Nov 24 21:16:57 kernel: t', {}],
    ['journal, short-precise', 'Nov 24 21:16:57.140900 host kernel: t', {}],
    ['journal, short-iso', '2026-11-24T21:16:57+0000 host kernel: t', {}],
    ['journal, short-iso of newer ones', '2026-11-24T21:16:57+00:00 host kernel: t', {}],
    ['journal, short-iso-precise', '2026-11-24T21:16:57.140900+0000 host kernel: t', {}],
    ['journal, short-full', 'Tue 2026-11-24 21:16:57 UTC host kernel: t', {}],
    ['journal, short-full elsewhere', 'Di 2026-11-24 22:16:57 CET host kernel: t', {}],
    ['journal, short-full of a program', 'Tue 2026-11-24 21:16:57 UTC host app[12]: t', { facility: 1 }],
    ['journal, short-unix', '1795835402.936448 host kernel: t', {}],
    ['journal, short-unix of a program', '1795835402.936448 host app[1]: t', { facility: 1 }],
    ['journal, short-delta', '[  983.539226 <    3.598532 >] host kernel: t', { timeUs: 983_539_226 }],
    ['journal, monotonic', '[    3.192634] host kernel: t', { timeUs: 3_192_634 }],
    ['syslog with the kernel stamp', 'Jul 14 17:27:39 host kernel: [  574.164599] t', { timeUs: 574_164_599 }],
    ['syslog with a priority', 'Nov 24 21:16:57 host kern.err kernel: [   12.000001] t', { timeUs: 12_000_001 }],
    ['journal of a program', 'Nov 24 21:16:57 host sshd[12]: t', { facility: 1 }],
    ['console glue', 'host login: [  709.689951] t', { timeUs: 709_689_951 }],
    ['dropped messages', '** 93 printk messages dropped ** [  322.962139] t', { timeUs: 322_962_139 }],
    ['carriage return', '[    5.140900] t\r', { timeUs: 5_140_900 }],
  ])('%s', (_name, line, expected) => {
    expect(parseLogRecord(line)).toMatchObject({ ...plain, ...expected });
  });

  it('keeps the blank that a stack frame begins with', () => {
    expect(parseLogRecord('[    5.140900]  func+0x1/0x2')?.text).toBe(' func+0x1/0x2');
  });

  it('is text when told so, whatever it looks like', () => {
    expect(parseLogRecord('6,1,2,-;x', { format: 'dmesg' })).toMatchObject({ format: 'dmesg', text: '6,1,2,-;x' });
  });
});

// Fields and their order as journalctl of systemd 252 wrote them.
describe('a journal’s entry in JSON', () => {
  const json = (fields: Record<string, unknown>): string =>
    JSON.stringify({ __MONOTONIC_TIMESTAMP: '983552416', _HOSTNAME: 'vm', ...fields, _MACHINE_ID: '3d12' });
  const kernel = {
    SYSLOG_FACILITY: '0',
    PRIORITY: '3',
    _SOURCE_MONOTONIC_TIMESTAMP: '983539226',
    _TRANSPORT: 'kernel',
  };

  it('is the kernel’s own when it came over /dev/kmsg with facility 0', () => {
    expect(parseLogRecord(json({ ...kernel, MESSAGE: 't' }))).toMatchObject({
      format: 'dmesg',
      facility: 0,
      level: 3,
      timeUs: 983_539_226,
      text: 't',
    });
  });

  it('is another’s when user space wrote to /dev/kmsg, or came another way whatever it claims', () => {
    expect(parseLogRecord(json({ ...kernel, SYSLOG_FACILITY: '1', MESSAGE: 't' }))?.facility).toBe(1);
    expect(parseLogRecord(json({ ...kernel, _TRANSPORT: 'journal', MESSAGE: 't' }))?.facility).toBe(1);
    expect(parseLogRecord(json({ SYSLOG_IDENTIFIER: 'kernel', MESSAGE: 't' }))?.facility).toBe(1);
  });

  it('may be no UTF-8, or too long', () => {
    expect(parseLogRecord(json({ ...kernel, MESSAGE: [66, 85, 71, 255] }))?.text).toBe('BUGÿ');
    expect(parseLogRecord(json({ ...kernel, MESSAGE: null }))?.text).toBe('');
  });

  it('has a mark in front in a sequence or a stream of events', () => {
    const entry = json({ ...kernel, MESSAGE: 't' });
    expect(parseLogRecord(`\u001e${entry}`)?.text).toBe('t');
    expect(parseLogRecord(`data: ${entry}`)?.text).toBe('t');
  });

  it('is text when it is cut off', () => {
    const cut = '{"MESSAGE":"t';
    expect(parseLogRecord(cut)?.text).toBe(cut);
  });
});

it('reads any text without a throw', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.constantFrom('auto', 'kmsg', 'dmesg'), (line, format) => {
      parseLogRecord(line, { format: format as 'auto' });
    }),
  );
});
