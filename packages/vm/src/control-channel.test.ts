import { execFileSync } from 'node:child_process';
import { PassThrough } from 'node:stream';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ControlEvent, readControl, sendProgram, shellScript } from './control-channel.ts';

async function events(...chunks: (string | Uint8Array)[]): Promise<ControlEvent[]> {
  const seen: ControlEvent[] = [];
  const channel = new PassThrough();
  readControl(channel, (event) => seen.push(event));
  for (const chunk of chunks) channel.write(chunk);
  channel.end();
  await new Promise((resolve) => channel.on('end', resolve));
  return seen;
}

describe('the control channel', () => {
  it('tells output from what the agent says', async () => {
    expect(await events('\u001eready\nhello\nwor', 'ld\n\u001eexit 3 7\n')).toEqual([
      { kind: 'ready' },
      { kind: 'line', line: 'hello' },
      { kind: 'line', line: 'world' },
      { kind: 'exit', id: 3, exitCode: 7 },
    ]);
  });

  it('finds the exit behind output without a newline', async () => {
    expect(await events('no newline\u001eexit 1 0\n')).toEqual([
      { kind: 'line', line: 'no newline' },
      { kind: 'exit', id: 1, exitCode: 0 },
    ]);
  });

  it('takes a mark with nonsense behind it for output', async () => {
    for (const line of ['\u001eexit', '\u001eexit -1 0', '\u001eexit 1 9999', '\u001e', '\u001eready now']) {
      expect(await events(`${line}\n`)).toEqual([{ kind: 'line', line }]);
    }
  });

  it('joins a character that two chunks share', async () => {
    const bytes = Buffer.from('für\n');
    expect(await events(bytes.subarray(0, 2), bytes.subarray(2))).toEqual([{ kind: 'line', line: 'für' }]);
  });

  it('sends a program on one line, whatever is in it', () => {
    const channel = new PassThrough();
    sendProgram(channel, 4, 'a\nb');
    expect(String(channel.read())).toBe('run 4 YQpi\n');
  });
});

describe('a shell script of a command', () => {
  it('gives each word and each value to the program as it is', () => {
    const word = fc.string({ maxLength: 12 }).map((text) => text.replaceAll('\0', ''));
    fc.assert(
      fc.property(fc.array(word, { minLength: 1 }), word, (words, value) => {
        const print = 'process.stdout.write(JSON.stringify([process.argv.slice(1), process.env.V]))';
        const script = shellScript([process.execPath, '-e', print, '--', ...words], { env: { V: value } });
        const [argv, env] = JSON.parse(execFileSync('sh', ['-c', script], { encoding: 'utf8' })) as [string[], string];
        expect(argv).toEqual(words);
        expect(env).toBe(value);
      }),
      { numRuns: 15 },
    );
  });
});
