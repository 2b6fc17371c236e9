import { StringDecoder } from 'node:string_decoder';
import type { Duplex } from 'node:stream';
import { controlMark } from './guest-scripts.ts';
import { createLineSplitter } from './lines.ts';

/** What comes over the control channel. */
export type ControlEvent =
  /** The guest is up (again). */
  | { readonly kind: 'ready' }
  /** A program printed a line. */
  | { readonly kind: 'line'; readonly line: string }
  /** A program ended. */
  | { readonly kind: 'exit'; readonly id: number; readonly exitCode: number };

/** The agent's side of the channel: see guest-scripts.ts. */
export function readControl(control: Duplex, onEvent: (event: ControlEvent) => void): void {
  const decoder = new StringDecoder('utf8');
  const splitter = createLineSplitter((line) => {
    // A program may end without a newline, so the mark can stand inside the line.
    const at = line.indexOf(controlMark);
    const event = at < 0 ? undefined : parseControl(line.slice(at + controlMark.length));
    if (event === undefined) return onEvent({ kind: 'line', line });
    if (at > 0) onEvent({ kind: 'line', line: line.slice(0, at) });
    onEvent(event);
  });
  control.on('data', (chunk: Buffer) => splitter.push(decoder.write(chunk)));
  control.on('end', () => splitter.flush());
}

function parseControl(text: string): ControlEvent | undefined {
  if (text === 'ready') return { kind: 'ready' };
  const [, id, exitCode] = /^exit (\d{1,9}) (\d{1,3})$/.exec(text) ?? [];
  return id === undefined ? undefined : { kind: 'exit', id: Number(id), exitCode: Number(exitCode) };
}

/** Asks the agent to run a shell program. */
export function sendProgram(control: Duplex, id: number, script: string): void {
  control.write(`run ${id} ${Buffer.from(script).toString('base64')}\n`);
}

/** Asks the agent to power off. */
export function sendPowerOff(control: Duplex): void {
  control.write('off\n');
}

const quote = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/** A shell program that runs one command; every word is quoted, so nothing in it is read as shell. */
export function shellScript(
  command: readonly string[],
  options: { readonly cwd?: string | undefined; readonly env?: Readonly<Record<string, string>> | undefined },
): string {
  const env = Object.entries(options.env ?? {}).map(([name, value]) => quote(`${name}=${value}`));
  return `cd ${quote(options.cwd ?? '/')} && exec env ${[...env, ...command.map(quote)].join(' ')}\n`;
}
