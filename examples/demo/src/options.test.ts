import { describe, expect, it } from 'vitest';
import { readOptions } from './options.ts';

describe('the command line', () => {
  it('has a fleet of 220 machines where nothing is said', () => {
    expect(readOptions([])).toMatchObject({ updates: 160, stable: 60, speed: 600, vm: false, help: false });
  });

  it.each([
    [['--updates', '39'], /--updates is a whole number from 40 to 2000/],
    [['--updates', '1e3'], /--updates/],
    [['--speed', '0'], /--speed/],
    [['--stable'], /stable/],
    [['--fleet', '5'], /--fleet/],
    [['surplus'], /surplus/],
  ])('%j is refused with a sentence', (argv, message) => {
    expect(readOptions(argv)).toMatch(message);
  });
});
