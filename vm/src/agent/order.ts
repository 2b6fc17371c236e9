/** Marks a line of the guest's agent as its own. */
export const lineMark = 'klpkit-agent ';

/** What the host tells the agent in the guest. */
export interface GuestOrder {
  /** As the guest sees the server. */
  readonly url: string;
  /** PEM behind its certificate. */
  readonly ca: string;
  readonly healthDelaysMs: readonly [number, number, number, number];
  /** How many checks follow the start. */
  readonly checks: number;
  /** Once the patch is applied, make its function oops. */
  readonly springTrap?: true;
}

/** What the agent in the guest says, a line each. */
export type GuestLine =
  /** The program runs; nothing was touched yet. */
  | { readonly begun: true }
  /** A state was reached. */
  | { readonly state: string; readonly reason: string | null; readonly detail: string }
  /** What a call of the agent ended in. */
  | { readonly call: 'start' | 'check'; readonly state: string; readonly reason: string | null }
  /** Modules that the kernel has as livepatches, at the end. */
  | { readonly patches: readonly string[]; readonly cmdline: string }
  /** Something for the log only. */
  | { readonly trouble: string };
