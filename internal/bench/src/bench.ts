/** The medians of one comparison, in nanoseconds a call. */
export interface Measured {
  readonly oursNs: number;
  /** `null` where there was no peer. */
  readonly peerNs: number | null;
  /** peer / ours, the median of the rounds' own ratios: above 1, ours is faster. `null` without a peer. */
  readonly ratio: number | null;
}

/** What a row must reach: a speed against the peer, or a time of its own. */
export type Target = { readonly minRatio: number } | { readonly maxNs: number };

/** One line of the result table. */
export interface BenchRow {
  readonly what: string;
  readonly ours: number;
  readonly peer: number | null;
  readonly ratio: number | null;
  readonly unit: string;
  /** A sentence, or `null` where the row is there only to be seen. */
  readonly target: string | null;
  /** Whether the target was reached; `true` where there is none. */
  readonly ok: boolean;
}

/** A function to be timed; a promise is awaited. */
export type Timed = () => unknown;

export interface CompareInput {
  readonly ours: Timed;
  readonly peer: Timed;
  /** Interleaved rounds, 9 unless told. */
  readonly rounds?: number;
  /** A round calls the function until this much time has passed, 40 unless told. */
  readonly minRoundMs?: number;
}

/** What a benchmark is handed. */
export interface BenchContext {
  /** Times ours and the peer in interleaved rounds. */
  compare(input: CompareInput): Promise<Measured>;
  /** Times one function that has no peer. */
  measure(run: Timed, options?: { readonly rounds?: number; readonly minRoundMs?: number }): Promise<Measured>;
  /** Makes a row of a measured time. */
  row(input: { readonly what: string; readonly result: Measured; readonly target?: Target }): BenchRow;
  log(line: string): void;
  readonly signal: AbortSignal;
}

/** What a `*.bench.ts` file exports. */
export interface Bench {
  readonly name: string;
  run(context: BenchContext): Promise<BenchRow[]>;
}
