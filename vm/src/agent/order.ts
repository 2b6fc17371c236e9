/** Marks a line of the guest's agent as its own. */
export const lineMark = 'klpkit-agent ';

/** Before which effect the guest's agent stands still for good, so that the host can cut the power at exactly that point. */
export interface Cut {
  /**
   * Kind of an effect; or `inserted`, when the kernel has the module and the agent has not heard; or `append-owed`, between the closed journal
   * and the last ping in the spool.
   */
  readonly before: string;
  /** Which one of the kind, counted from 1 in the course it is armed in. */
  readonly number: number;
  /** The course that it is armed in: what the start of the agent brings about, or the check that follows. */
  readonly during: 'start' | 'check';
}

/** Whose task sits in the function that the patch changes. */
export type Sleeper = 'root' | 'nobody';

/** What becomes of the small disk under the state folder, and what the agent is asked then. */
export interface DiskTurn {
  readonly make?: 'full' | 'roomy' | 'read-only' | 'writable';
  /** Before which effect of the call the disk is filled up. */
  readonly fillBefore?: string;
  /** `start`: as a fresh process. `run`: for ever, until it sleeps. */
  readonly call: 'run' | 'start' | 'check';
}

/** What the host tells the agent in the guest. */
export interface GuestOrder {
  /** As the guest sees the server. */
  readonly url: string;
  /** PEM behind its certificate. */
  readonly ca: string;
  readonly healthDelaysMs: readonly [number, number, number, number];
  /** How many checks follow the start. */
  readonly checks: number;
  /** After that, forget the suspects and check once more, as a person with `klpkit agent clear` does. */
  readonly clear: boolean;
  readonly cut?: Cut;
  /** Once the patch is applied, make its function oops. */
  readonly springTrap?: true;
  /** Have a task sit in the function that the patch changes. */
  readonly stall?: Sleeper;
  /** Instead of start and checks: the state folder is on a small disk, and these are its turns. */
  readonly disk?: readonly DiskTurn[];
}

/** What the agent in the guest says, a line each. */
export type GuestLine =
  /** The program runs; nothing was touched yet. */
  | { readonly begun: true }
  /** A state was reached. */
  | { readonly state: string; readonly reason: string | null; readonly detail: string }
  /** It stands still at the cut; the journal and the spool are as they are. */
  | { readonly cutAt: string }
  /** What a call of the agent ended in. */
  | { readonly call: 'start' | 'check' | 'check-again'; readonly state: string; readonly reason: string | null }
  /** A turn of the disk is over; what the journal on it holds, null where it has none. */
  | { readonly turn: number; readonly journal: { readonly open: string | null; readonly held: number } | null }
  /** Modules that the kernel has as livepatches, at the end. */
  | { readonly patches: readonly string[]; readonly cmdline: string }
  /** Something for the log only. */
  | { readonly trouble: string };

/** What was told for the log. */
export function troubles(lines: readonly GuestLine[]): readonly string[] {
  return lines.flatMap((line) => ('trouble' in line ? [line.trouble] : []));
}
