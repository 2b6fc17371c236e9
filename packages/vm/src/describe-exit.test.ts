import { describe, expect, it } from 'vitest';
import { describeExit } from './describe-exit.ts';

describe('the words for how a program ended', () => {
  it('name the exit code', () => {
    expect(describeExit({ kind: 'exited', exitCode: 0, lines: [] })).toBe('exit code 0');
    expect(describeExit({ kind: 'exited', exitCode: 128, lines: [] })).toBe('exit code 128');
  });

  it('name the signal that a shell reports by its number', () => {
    expect(describeExit({ kind: 'exited', exitCode: 139, lines: [] })).toBe('exit code 139 (SIGSEGV)');
    expect(describeExit({ kind: 'exited', exitCode: 134, lines: [] })).toMatch(/^exit code 134 \(SIG(?:ABRT|IOT)\)$/);
  });

  it('name what took the machine down', () => {
    expect(describeExit({ kind: 'panicked', message: 'Kernel panic - not syncing: x', lines: [] })).toBe(
      'the kernel panicked: Kernel panic - not syncing: x',
    );
    expect(describeExit({ kind: 'powered-off', lines: [] })).toBe('the machine went down without a panic');
    expect(describeExit({ kind: 'timed-out', afterMs: 5, lines: [] })).toBe('its time was over after 5 ms');
  });
});
