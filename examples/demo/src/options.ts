import { parseArgs } from 'node:util';

/** What the demo is asked to do. */
export interface DemoOptions {
  readonly vm: boolean;
  /** Machines in the updates tier and in the stable tier. */
  readonly updates: number;
  readonly stable: number;
  /** How much faster than on a real machine the health checks come. */
  readonly speed: number;
  /** Plain lines although there is a terminal. */
  readonly plain: boolean;
  /** Leave the folder with the server's state, its log and the machines. */
  readonly keep: boolean;
  readonly help: boolean;
}

/** What `--help` prints. */
export const usage = `Usage: npx -y pnpm@12.21.0 demo [--updates N] [--stable N] [--speed N] [--plain] [--keep]
       npx -y pnpm@12.21.0 demo --vm [--keep]

Publishes a livepatch on the example server (HTTPS, its own PostgreSQL) and rolls it out to a fleet of real clients, each on
its own fake kernel: 10, 20, 40, 60 and 100 % of the updates tier, then stable. Then a faulty patch is released: its machines
report errors, the gate halts it and puts it on the blocklist, and neither a further machine nor a rebooted one takes it.

  --updates N  machines in the updates tier (160)
  --stable N   machines in the stable tier (60)
  --speed N    how much faster the health checks come than on a real machine (600)
  --plain      plain lines instead of bars, as without a terminal
  --keep       leave the working folder: the server's state and log, every machine's files and journal
  --vm         one real machine instead of the fleet: QEMU boots Debian's kernel, the client runs in it and inserts the patch
  --help       this text

Exit codes: 0 everything happened as said, 1 something did not, 2 wrong use, 130 interrupted.
`;

/** Reads the command line; a sentence where it is wrong. */
export function readOptions(argv: readonly string[]): DemoOptions | string {
  const flag = { type: 'boolean', default: false } as const;
  const text = (value: string) => ({ type: 'string', default: value }) as const;
  const options = {
    vm: flag,
    updates: text('160'),
    stable: text('60'),
    speed: text('600'),
    plain: flag,
    keep: flag,
    help: flag,
  };
  try {
    const { values } = parseArgs({ args: [...argv], options });
    const updates = countOf('--updates', values.updates, { min: 40, max: 2000 });
    const stable = countOf('--stable', values.stable, { min: 1, max: 2000 });
    const speed = countOf('--speed', values.speed, { min: 1, max: 2000 });
    return { ...values, updates, stable, speed };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function countOf(name: string, text: string, { min, max }: { min: number; max: number }): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new Error(`${name} is a whole number from ${min} to ${max}.`);
}
