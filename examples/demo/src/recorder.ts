import type { AgentState } from '@klpkit/agent';

/** One insertion, as the fake kernel itself saw it. */
export interface SeenInsertion {
  readonly module: string;
  /** When the client began the check that led to it, or its start for a patch that is put back; epoch ms. */
  readonly decidedAt: number;
  /** 0 before the first reboot. */
  readonly boot: number;
}

/** Where a machine's client stands, or `down` after a panic. */
export type MachineState = AgentState | { readonly kind: 'down' };

/** What was seen of one machine from outside. */
export interface Recorder {
  readonly insertions: readonly SeenInsertion[];
  /** Release keys that became healthy in this boot, in order. */
  healthy(): readonly string[];
  state(): MachineState;
  /** Checks that have ended in this boot. */
  checks(): number;
  /** The client said where it stands. */
  observe(state: AgentState): void;
  /** The kernel was handed a module. */
  inserted(module: string): void;
  wentDown(): void;
  booted(): void;
}

/** States in which a check has ended. */
const ENDS: ReadonlySet<AgentState['kind']> = new Set([
  'nothing-to-apply',
  'held',
  'blocked',
  'kernel-upgrade-required',
  'healthy',
  'refused',
  'insert-failed',
  'inserter-died',
  'inserter-hung',
  'reversed',
  'applied-with-bug',
]);

/** Begins with a machine that was never started. */
export function createRecorder(): Recorder {
  const insertions: SeenInsertion[] = [];
  let [boot, checks, decidedAt] = [0, 0, 0];
  let healthy: readonly string[] = [];
  let state: MachineState = { kind: 'idle' };
  return {
    insertions,
    healthy: () => healthy,
    state: () => state,
    checks: () => checks,
    observe(next) {
      if (state.kind === 'down') return;
      state = next;
      if (next.kind === 'checking' || next.kind === 'idle') decidedAt = Date.now();
      if (next.kind === 'healthy') healthy = [...healthy, next.release];
      if (ENDS.has(next.kind)) checks += 1;
    },
    inserted: (module) => void insertions.push({ module, decidedAt, boot }),
    wentDown() {
      state = { kind: 'down' };
    },
    booted() {
      boot += 1;
      checks = 0;
      healthy = [];
      state = { kind: 'idle' };
    },
  };
}
