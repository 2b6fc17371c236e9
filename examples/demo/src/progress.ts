import { createLogUpdate } from 'log-update';
import pc from 'picocolors';

/** One line of progress. */
export interface Bar {
  /** Shows how far it is; `note` is what a person wants to know of it. */
  set(done: number, note?: string): void;
  /** It is over. */
  end(note?: string): void;
}

/** Where the demo tells what it does. */
export interface Progress {
  say(line: string): void;
  bar(label: string, total: number): Bar;
  close(): void;
}

/** Where progress goes. */
export interface ProgressOptions {
  readonly output: NodeJS.WriteStream;
  readonly plain: boolean;
}

/** Bars that redraw themselves on a terminal, plain lines elsewhere. */
export function createProgress({ output, plain }: ProgressOptions): Progress {
  const isPlain = plain || !output.isTTY || process.env['CI'] !== undefined;
  return isPlain ? plainProgress(output) : terminalProgress(output);
}

/** A line when a bar begins, when it moves on by a quarter, and when it ends. */
function plainProgress(output: NodeJS.WriteStream): Progress {
  const say = (line: string) => void output.write(`${line}\n`);
  return {
    say,
    bar(label, total) {
      let told = 0;
      say(`${label}: 0 of ${total}`);
      return {
        set(done, note = '') {
          const quarter = total === 0 ? 4 : Math.floor((done / total) * 4);
          if (quarter <= told || quarter === 4) return;
          told = quarter;
          say(`${label}: ${done} of ${total} ${note}`.trimEnd());
        },
        end: (note = '') => say(`${label}: done ${note}`.trimEnd()),
      };
    },
    close: () => undefined,
  };
}

const WIDTH = 30;

function terminalProgress(output: NodeJS.WriteStream): Progress {
  const update = createLogUpdate(output, { showCursor: true });
  return {
    say(line) {
      update.clear();
      output.write(`${line}\n`);
    },
    bar(label, total) {
      const draw = (done: number, note: string) => {
        const filled = total === 0 ? WIDTH : Math.min(WIDTH, Math.round((done / total) * WIDTH));
        const bar = `${pc.green('█'.repeat(filled))}${pc.dim('░'.repeat(WIDTH - filled))}`;
        return `${label.padEnd(30)} ${bar} ${String(done).padStart(4)}/${String(total).padEnd(4)} ${note}`;
      };
      let last = 0;
      update(draw(0, ''));
      return {
        set(done, note = '') {
          last = done;
          update(draw(done, pc.dim(note)));
        },
        end(note = '') {
          update(draw(last, note));
          update.done();
        },
      };
    },
    close: () => update.done(),
  };
}
