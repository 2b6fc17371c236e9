import { describe, expect, test } from 'vitest';
import { isPingError } from './error.ts';
import { pingLimits } from './limits.ts';
import { parsePing, parsePingBatch } from './parse-ping.ts';
import { errorPhases, pingJsonSchema, pingSchema } from './ping-schema.ts';
import type { Ping } from './ping.ts';

const base = {
  id: '0d3c1c9e-7d3b-4f6e-9d0a-2f6f0f0c7a11',
  attemptId: '6f0b2f60-1111-4aaa-8bbb-0123456789ab',
  release: 'lp-6.1-3#1',
  kernel: '6.1.0-50-cloud-amd64',
  arch: 'x86_64',
  tier: 'updates',
  sentAt: 1_764_000_000_000,
} as const;

const error = {
  ...base,
  kind: 'error',
  phase: 'transition',
  code: 'STALLED',
  errno: 'EBUSY',
  kernelLine: 'livepatch: signaling remaining tasks',
  incidents: [{ kind: 'fault', title: 'BUG: NULL pointer', attribution: 'strong', trace: ['klp_foo+0x1c/0x40 [lp]'] }],
  stalledTasks: ['kworker/u8:2-events_unbound'],
} as const satisfies Ping;

const pings: readonly Ping[] = [
  { ...base, kind: 'check', outcome: 'held', reason: 'not-in-phase' },
  { ...base, kind: 'check', release: null, outcome: 'nothing' },
  { ...base, kind: 'before', cpuFamily: 'intel-6' },
  { ...base, kind: 'after', durationMs: 12 },
  { ...base, kind: 'transition', elapsedMs: 15_000, blockedTasks: 2 },
  { ...base, kind: 'health', index: 0, sinceAppliedMs: 0, waitedMs: 1200, healthy: true },
  { ...base, kind: 'health', index: 3, sinceAppliedMs: 900_000, healthy: true, late: true },
  error,
  { ...base, kind: 'left' },
  { ...base, kind: 'left', late: true },
  { ...base, kind: 'control-before' },
  { ...base, kind: 'control-after', healthy: false },
];

describe('parsePing', () => {
  test.each(pings.map((ping) => [ping.kind, ping] as const))('takes %s', (_, ping) => {
    expect(parsePing(JSON.parse(JSON.stringify(ping)))).toEqual(ping);
  });

  test.each(errorPhases)('takes an error in phase %s', (phase) => {
    expect(parsePing({ ...error, phase })).toMatchObject({ phase });
  });

  test.each(
    ['hostname', 'machineId', 'nodeId', 'ip', 'mac', 'user', 'serial', 'comment', '__proto__x'].flatMap((field) =>
      pings.map((ping) => [field, ping.kind, ping] as const),
    ),
  )('refuses the field %s in %s', (field, _, ping) => {
    expect(() => parsePing({ ...ping, [field]: 'web-1' })).toThrow(expect.objectContaining({ code: 'MALFORMED_PING' }));
  });

  test.each([
    ['nothing', undefined],
    ['a list', []],
    ['no kind', base],
    ['an unknown kind', { ...base, kind: 'hello' }],
    ['an id that is no UUIDv4', { ...base, kind: 'before', id: '0d3c1c9e-7d3b-1f6e-9d0a-2f6f0f0c7a11' }],
    ['an id in upper case', { ...base, kind: 'before', id: base.id.toUpperCase() }],
    ['no release', { ...base, kind: 'before', release: null }],
    ['a release that is no key', { ...base, kind: 'before', release: 'x' }],
    ['a tier with a dot, as a host name has', { ...base, kind: 'before', tier: 'web-1.example' }],
    ['a whole processor name', { ...base, kind: 'before', cpuFamily: 'Intel(R) Xeon(R) E-2288G' }],
    ['late: false', { ...base, kind: 'before', late: false }],
    ['a negative time', { ...base, kind: 'before', sentAt: -1 }],
    ['a duration that is no whole number', { ...base, kind: 'after', durationMs: 1.5 }],
    ['a duration of 20 years', { ...base, kind: 'after', durationMs: 630_720_000_000 }],
    ['more tasks than there can be', { ...base, kind: 'transition', elapsedMs: 1, blockedTasks: 4_194_305 }],
    ['health 4', { ...base, kind: 'health', index: 4, sinceAppliedMs: 0, healthy: true }],
    ['health that is none', { ...base, kind: 'health', index: 1, sinceAppliedMs: 0, healthy: false }],
    [
      'a wait with the second health',
      { ...base, kind: 'health', index: 1, sinceAppliedMs: 0, waitedMs: 1, healthy: true },
    ],
    ['an outcome that is none', { ...base, kind: 'check', outcome: 'fine' }],
    ['a reason with a space', { ...base, kind: 'check', outcome: 'held', reason: 'on web-1' }],
    ['a phase that is none', { ...error, phase: 'somewhere' }],
    ['a code in lower case', { ...error, code: 'stalled' }],
    ['an errno as a number', { ...error, errno: 16 }],
    ['a kernel line with a newline', { ...error, kernelLine: 'a\nb' }],
    ['a kernel line that is empty', { ...error, kernelLine: '' }],
    ['a kernel line too long', { ...error, kernelLine: 'x'.repeat(pingLimits.lineLength + 1) }],
    ['a kernel line with an address', { ...error, kernelLine: 'RSP: 0018:ffffc90000a3fd58' }],
    ['a title with an IP address', { ...error, incidents: [{ ...error.incidents[0], title: 'nfs: server 10.1.2.3' }] }],
    [
      'a trace with a home',
      { ...error, incidents: [{ ...error.incidents[0], trace: [['', 'home', 'ada', 'lp.ko'].join('/')] }] },
    ],
    ['too many incidents', { ...error, incidents: Array.from({ length: 9 }, () => error.incidents[0]) }],
    [
      'too long a trace',
      { ...error, incidents: [{ ...error.incidents[0], trace: Array.from({ length: 25 }, () => 'x') }] },
    ],
    ['too many tasks', { ...error, stalledTasks: Array.from({ length: 33 }, () => 'sh') }],
    ['a task with its command line', { ...error, stalledTasks: ['x'.repeat(65)] }],
    ['an unknown field in an incident', { ...error, incidents: [{ ...error.incidents[0], host: 'web-1' }] }],
  ])('refuses %s', (_, json) => {
    expect(() => parsePing(json)).toThrow(expect.objectContaining({ code: 'MALFORMED_PING' }));
  });

  test('repeats neither values nor the names of unknown fields in what it throws', () => {
    try {
      parsePing({ ...base, kind: 'before', tier: 'SECRET.example', SECRETFIELD: 'SECRETVALUE' });
      expect.unreachable();
    } catch (caught) {
      if (!isPingError(caught, 'MALFORMED_PING')) throw caught;
      expect(`${caught.message}${JSON.stringify(caught.issues)}${String(caught.cause)}`).not.toContain('SECRET');
    }
  });
});

describe('parsePingBatch', () => {
  test('takes pings of all kinds', () => expect(parsePingBatch({ pings })).toEqual(pings));

  test('takes as many as the limit and none more, before it looks at them', () => {
    const full = Array.from({ length: pingLimits.batch }, () => pings[2]);
    expect(parsePingBatch({ pings: full })).toHaveLength(pingLimits.batch);
    const tooMany = { pings: Array.from({ length: pingLimits.batch + 1 }, () => 'no ping') };
    expect(() => parsePingBatch(tooMany)).toThrow(expect.objectContaining({ code: 'BATCH_TOO_LARGE' }));
  });

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['a bare list', pings],
    ['an empty list', { pings: [] }],
    ['another field', { pings, host: 'web-1' }],
    ['pings that are no list', { pings: { 0: pings[0], length: 1 } }],
    ['one bad ping among good ones', { pings: [...pings, { ...base, kind: 'hello' }] }],
  ])('refuses %s', (_, json) => {
    expect(() => parsePingBatch(json)).toThrow(expect.objectContaining({ code: 'MALFORMED_BATCH' }));
  });

  test('says which ping is wrong', () => {
    try {
      parsePingBatch({ pings: [pings[2], { ...pings[2], sentAt: 'now' }] });
      expect.unreachable();
    } catch (caught) {
      if (!isPingError(caught, 'MALFORMED_BATCH')) throw caught;
      expect(caught.issues[0]?.path).toEqual(['pings', 1, 'sentAt']);
    }
  });
});

test('the largest ping possible is below 128 KiB', () => {
  const line = '"'.repeat(pingLimits.lineLength);
  const incident = {
    kind: 'warning',
    title: line,
    attribution: 'strong',
    trace: Array.from({ length: pingLimits.traceLines }, () => line),
  };
  const json = {
    ...error,
    kernelLine: line,
    incidents: Array.from({ length: pingLimits.incidents }, () => incident),
    stalledTasks: Array.from({ length: pingLimits.stalledTasks }, () => '"'.repeat(pingLimits.taskNameLength)),
  };
  expect(JSON.stringify(parsePing(json)).length).toBeLessThan(131_072);
});

test('the JSON Schema is closed as well', () => {
  const schema = pingJsonSchema();
  const members = schema['oneOf'] as {
    additionalProperties: unknown;
    properties: Record<string, { maxLength?: number }>;
  }[];
  expect(members).toHaveLength(9);
  for (const member of members) expect(member.additionalProperties).toBe(false);
  expect(JSON.stringify(schema)).toContain('"maxItems"');
});

test('is a Standard Schema', async () => {
  expect(pingSchema['~standard'].version).toBe(1);
  expect(await pingSchema['~standard'].validate(pings[2])).toEqual({ value: pings[2] });
});
