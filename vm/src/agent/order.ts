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
  readonly stall?: true;
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
  /** Modules that the kernel has as livepatches, at the end. */
  | { readonly patches: readonly string[]; readonly cmdline: string }
  /** Something for the log only. */
  | { readonly trouble: string };
