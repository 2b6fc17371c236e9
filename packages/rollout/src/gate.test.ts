import { describe, expect, test } from 'vitest';
import { decide } from './decide.ts';
import { createGate } from './gate.ts';
import { type GateEvent, gateEventOf } from './gate-event.ts';
import type { Gate, GateOptions } from './gate-options.ts';
import { explain } from './explain.ts';
import { evidenceOf } from './tally.ts';
import { createRandom } from './random.ts';
import { expectedShareOf } from './sample-ratio.ts';

const minuteMs = 60_000;
const options: GateOptions = {
  policy: { p0: 0.01, pBad: 0.03, alpha: 0.01, beta: 0.05 },
  windowMs: 20 * minuteMs,
  settleMs: 0,
  caps: [],
};
const make = (change: Partial<GateOptions> = {}): Gate => createGate({ ...options, ...change });
const before = (attemptId: string, at: number): GateEvent => ({ kind: 'before', attemptId, at });
const begin = (gate: Gate, count: number, at = 0, name = 'm'): void => {
  for (let index = 0; index < count; index++) gate.take(before(`${name}${index}`, at));
};

describe('counting', () => {
  test('what came in, in the words of the tally', () => {
    const gate = make();
    begin(gate, 5);
    expect(gate.take({ kind: 'alive', attemptId: 'm0', at: 1 })).toBe('noted');
    expect(gate.take({ kind: 'good', attemptId: 'm0', at: 2 })).toBe('closed');
    expect(gate.take({ kind: 'failed', attemptId: 'm1', at: 3 })).toBe('closed');
    expect(gate.take({ kind: 'left', attemptId: 'm2', at: 4 })).toBe('closed');
    expect(gate.report().tally).toEqual({ n: 5, crashed: 1, silent: 0, left: 1, open: 2 });
    expect(gate.report()).toMatchObject(decide({ n: 5, failed: 1, open: 3 }, options.policy));
  });

  test('silence past the window is a failure, and not a millisecond before', () => {
    const gate = make();
    begin(gate, 3);
    gate.take({ kind: 'good', attemptId: 'm0', at: 5 });
    gate.take({ kind: 'tick', at: 20 * minuteMs - 1 });
    expect(gate.report().tally).toMatchObject({ silent: 0, open: 2 });
    gate.take({ kind: 'tick', at: 20 * minuteMs });
    expect(gate.report().tally).toMatchObject({ silent: 2, open: 0 });
  });

  test('an explicit failure counts at once, while others are still open', () => {
    const gate = make();
    begin(gate, 10);
    for (const attemptId of ['m1', 'm2', 'm3']) gate.take({ kind: 'failed', attemptId, at: 1 });
    expect(gate.report()).toMatchObject({ decision: 'halt', cause: 'harm', tally: { open: 7 } });
  });

  test('nothing is counted twice and nothing re-labelled', () => {
    const gate = make();
    begin(gate, 2);
    expect(gate.take(before('m0', 1))).toBe('repeated');
    gate.take({ kind: 'good', attemptId: 'm0', at: 2 });
    expect(gate.take({ kind: 'failed', attemptId: 'm0', at: 3 })).toBe('repeated');
    expect(gate.take(before('m0', 4))).toBe('repeated');
    expect(gate.take({ kind: 'failed', attemptId: 'm9', at: 5 })).toBe('unknown');
    gate.take({ kind: 'tick', at: 30 * minuteMs });
    // The late return of a silent machine is for diagnosis.
    expect(gate.take({ kind: 'failed', attemptId: 'm1', at: 31 * minuteMs })).toBe('unknown');
    expect(gate.report().tally).toEqual({ n: 2, crashed: 0, silent: 1, left: 0, open: 0 });
  });

  test('an answer is enough where only an answer is asked for, and a crash after it still counts', () => {
    const gate = make({ answer: 'alive' });
    begin(gate, 3);
    gate.take({ kind: 'alive', attemptId: 'm0', at: 1 });
    gate.take({ kind: 'alive', attemptId: 'm1', at: 1 });
    gate.take({ kind: 'failed', attemptId: 'm1', at: 2 });
    gate.take({ kind: 'tick', at: 21 * minuteMs });
    expect(gate.report().tally).toEqual({ n: 3, crashed: 1, silent: 1, left: 0, open: 0 });
  });

  test('a receiver whose clock goes back closes nothing early and nothing twice', () => {
    const gate = make();
    gate.take(before('a', 10 * minuteMs));
    gate.take(before('b', 0));
    gate.take({ kind: 'tick', at: 30 * minuteMs - 1 });
    expect(gate.report().tally).toMatchObject({ n: 2, open: 2, silent: 0 });
    gate.take({ kind: 'tick', at: 30 * minuteMs });
    expect(gate.report().tally).toMatchObject({ n: 2, open: 0, silent: 2 });
  });
});

describe('an outage of ours', () => {
  test('halts nothing: all windows stand still', () => {
    const gate = make();
    begin(gate, 50);
    gate.take({ kind: 'down', at: 10 * minuteMs });
    gate.take({ kind: 'tick', at: 500 * minuteMs });
    gate.take({ kind: 'up', at: 600 * minuteMs });
    for (let index = 0; index < 50; index++) gate.take({ kind: 'good', attemptId: `m${index}`, at: 601 * minuteMs });
    expect(gate.report().tally).toEqual({ n: 50, crashed: 0, silent: 0, left: 0, open: 0 });
  });

  test('only puts the end of a window off', () => {
    const gate = make();
    begin(gate, 1);
    gate.take({ kind: 'down', at: 10 * minuteMs });
    gate.take({ kind: 'down', at: 11 * minuteMs });
    gate.take({ kind: 'up', at: 70 * minuteMs });
    gate.take({ kind: 'tick', at: 80 * minuteMs - 1 });
    expect(gate.report().tally.silent).toBe(0);
    gate.take({ kind: 'tick', at: 80 * minuteMs });
    expect(gate.report().tally.silent).toBe(1);
  });

  test('gives machines time to send what they kept', () => {
    const gate = make({ settleMs: 30 * minuteMs });
    begin(gate, 1);
    gate.take({ kind: 'down', at: 19 * minuteMs });
    gate.take({ kind: 'up', at: 60 * minuteMs });
    gate.take({ kind: 'tick', at: 90 * minuteMs });
    expect(gate.report().tally.silent).toBe(0);
    gate.take({ kind: 'tick', at: 91 * minuteMs });
    expect(gate.report().tally.silent).toBe(1);
  });
});

test('open windows are capped, more loosely as windows close', () => {
  const gate = make({
    caps: [
      { fromClosed: 0, maxOpen: 2 },
      { fromClosed: 2, maxOpen: 3 },
    ],
  });
  expect(gate.admits()).toBe(true);
  begin(gate, 2);
  expect(gate.admits()).toBe(false);
  gate.take({ kind: 'good', attemptId: 'm0', at: 1 });
  gate.take({ kind: 'good', attemptId: 'm1', at: 1 });
  begin(gate, 2, 2, 'x');
  expect(gate.admits()).toBe(true);
  gate.take(before('y', 3));
  expect(gate.admits()).toBe(false);
});

describe('strata', () => {
  const policy = { ...options.policy, strata: { bad: 0.25, '*': 0.75 } };
  test('a kernel on which it fails halts it, though it is good on all others', () => {
    const gate = make({ policy });
    for (let index = 0; index < 300; index++) {
      gate.take({ kind: 'before', attemptId: `g${index}`, at: 0, stratum: 'whatever' });
      gate.take({ kind: 'good', attemptId: `g${index}`, at: 1 });
    }
    for (let index = 0; index < 5; index++) {
      gate.take({ kind: 'before', attemptId: `b${index}`, at: 2, stratum: 'bad' });
      gate.take({ kind: 'failed', attemptId: `b${index}`, at: 3 });
    }
    expect(gate.report()).toMatchObject({ decision: 'halt', tally: { n: 305, crashed: 5 } });
  });
});

describe('the control', () => {
  const random = createRandom(3);
  /** Both arms fail alike, five times as often as p0: a bad day for all. */
  const badDay = (gate: Gate, factor: number): void => {
    for (let index = 0; index < 3000; index++) {
      const arm = random() < 0.5 ? 'patched' : 'control';
      gate.take({ kind: 'before', attemptId: `d${index}`, at: index * 1000, arm });
      const rate = arm === 'patched' ? 0.05 * factor : 0.05;
      gate.take({ kind: random() < rate ? 'failed' : 'good', attemptId: `d${index}`, at: index * 1000 + 500 });
    }
  };

  test('a bad day for all halts by rates and not by the control', () => {
    const byRates = make({ expectedShare: 0.5 });
    const byControl = make({ expectedShare: 0.5, baseline: 'control' });
    badDay(byRates, 1);
    badDay(byControl, 1);
    expect(byRates.report().decision).toBe('halt');
    expect(byControl.report().decision).not.toBe('halt');
    expect(byControl.report().control.n).toBeGreaterThan(1000);
  });

  test('a bad patch on a bad day halts by the control as well, and by both', () => {
    for (const baseline of ['control', 'both'] as const) {
      const gate = make({ expectedShare: 0.5, baseline });
      badDay(gate, 3);
      expect(gate.report()).toMatchObject({ decision: 'halt', cause: 'harm' });
    }
  });

  test('control machines that fail never count against the patch', () => {
    const gate = make({ expectedShare: 0.5 });
    for (let index = 0; index < 20; index++) {
      gate.take({ kind: 'before', attemptId: `c${index}`, at: 0, arm: 'control' });
    }
    gate.take({ kind: 'tick', at: 30 * minuteMs });
    expect(gate.report()).toMatchObject({ tally: { n: 0 }, control: { n: 20, silent: 20 }, lnHalt: 0 });
  });
});

describe('the sample ratio', () => {
  const fill = (gate: Gate, patchedShare: number): void => {
    const random = createRandom(11);
    for (let index = 0; index < 2000; index++) {
      const arm = random() < patchedShare ? 'patched' : 'control';
      gate.take({ kind: 'before', attemptId: `s${index}`, at: index, arm });
      gate.take({ kind: 'good', attemptId: `s${index}`, at: index });
    }
  };

  test('as expected lets it advance', () => {
    const gate = make({ expectedShare: 0.2 });
    fill(gate, 0.2);
    expect(gate.report()).toMatchObject({ decision: 'advance', cause: 'proof' });
  });

  test.each([0.6, 0.05])('of %f where 0.2 is expected holds it', (share) => {
    const gate = make({ expectedShare: 0.2 });
    fill(gate, share);
    const report = gate.report();
    expect(report).toMatchObject({ decision: 'hold', cause: 'sample-ratio' });
    expect(explain(evidenceOf(report.tally), options.policy, { report })).toMatch(
      /^Hold: .*forged pings or broken buckets\.$/,
    );
  });

  test('follows the phases', () => {
    const gate = make({ expectedShare: 0.6 });
    gate.take({ kind: 'expect', share: 0.2, at: 0 });
    fill(gate, 0.2);
    expect(gate.report().decision).toBe('advance');
  });

  test('is known from the percentages', () => {
    expect(expectedShareOf(0, 10_000_000, 1)).toBeCloseTo(0.1, 12);
    expect(expectedShareOf(10_000_000, 20_000_000, 1)).toBeCloseTo(1 / 9, 12);
    expect(expectedShareOf(0, 10_000_000, 0.1)).toBeCloseTo(0.1 / 0.19, 12);
    expect(expectedShareOf(60_000_000, 100_000_000, 1)).toBe(1);
    expect(expectedShareOf(100_000_000, 100_000_000, 1)).toBe(1);
    expect(() => expectedShareOf(20_000_000, 10_000_000, 1)).toThrow(expect.objectContaining({ code: 'OUT_OF_RANGE' }));
  });
});

describe('gateEventOf', () => {
  test.each([
    [{ kind: 'before' }, { kind: 'before', arm: 'patched' }],
    [{ kind: 'control-before' }, { kind: 'before', arm: 'control' }],
    [{ kind: 'after' }, { kind: 'alive' }],
    [{ kind: 'transition' }, { kind: 'alive' }],
    [{ kind: 'health', index: 0 }, { kind: 'alive' }],
    [{ kind: 'health', index: 3 }, { kind: 'good' }],
    [{ kind: 'error' }, { kind: 'failed' }],
    [{ kind: 'left' }, { kind: 'left' }],
    [{ kind: 'control-after', healthy: true }, { kind: 'good' }],
    [{ kind: 'control-after', healthy: false }, { kind: 'failed' }],
  ])('reads %j', (ping, event) => {
    expect(gateEventOf({ ...ping, attemptId: 'a' }, { receivedAt: 5 })).toEqual({ ...event, attemptId: 'a', at: 5 });
  });
  test('takes no check', () =>
    expect(gateEventOf({ kind: 'check', attemptId: 'a' }, { receivedAt: 5 })).toBeUndefined());
  test('tells strata apart', () => {
    const event = gateEventOf(
      { kind: 'before', attemptId: 'a', kernel: '6.1' },
      { receivedAt: 5, stratumOf: ({ kernel }) => kernel ?? '*' },
    );
    expect(event).toMatchObject({ stratum: '6.1' });
  });
});

test.each([
  { windowMs: 0 },
  { windowMs: 1.5 },
  {
    caps: [
      { fromClosed: 5, maxOpen: 1 },
      { fromClosed: 5, maxOpen: 2 },
    ],
  },
  { caps: [{ fromClosed: 0, maxOpen: 0 }] },
])('refuses %j', (change) => expect(() => make(change)).toThrow(expect.objectContaining({ code: 'OUT_OF_RANGE' })));

test('remembers no more than the last window', () => {
  const gate = make({ windowMs: 1000 });
  for (let index = 0; index < 50_000; index++) {
    gate.take(before(`r${index}`, index * 10));
    gate.take({ kind: 'good', attemptId: `r${index}`, at: index * 10 });
  }
  // The id of a window that has run out is free again.
  expect(gate.take(before('r0', 600_000))).toBe('begun');
  expect(gate.take(before('r49999', 600_000))).toBe('begun');
});
