import type { CompareInput, Measured, Timed } from './bench.ts';
import { median } from './median.ts';

const defaultRounds = 9;
const defaultMinRoundMs = 40;

/** Nanoseconds a call, over as many calls as fill `minRoundMs`. */
async function timeRound(run: Timed, minRoundMs: number): Promise<number> {
  const limitNs = BigInt(Math.ceil(minRoundMs * 1e6));
  let calls = 0;
  let batch = 1;
  const start = process.hrtime.bigint();
  for (;;) {
    for (let i = 0; i < batch; i++) {
      const result = run();
      // Awaiting a plain value would add a turn of the microtask queue to every synchronous call.
      if (result instanceof Promise) await result;
    }
    calls += batch;
    const elapsed = process.hrtime.bigint() - start;
    if (elapsed >= limitNs) return Number(elapsed) / calls;
    // The clock is read seldom, so that it does not show in the time of a fast function.
    if (elapsed < limitNs / 8n) batch *= 2;
  }
}

interface RoundOptions {
  readonly rounds?: number | undefined;
  readonly minRoundMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Times one function: one round to warm up, then the median of the rounds. */
export async function measure(run: Timed, options: RoundOptions = {}): Promise<Measured> {
  const { rounds = defaultRounds, minRoundMs = defaultMinRoundMs, signal } = options;
  await timeRound(run, minRoundMs);
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    signal?.throwIfAborted();
    times.push(await timeRound(run, minRoundMs));
  }
  return { oursNs: median(times), peerNs: null, ratio: null };
}

/** Times two functions in interleaved rounds that change their order, so that a machine that slows down hits both. */
export async function compare(input: CompareInput, signal?: AbortSignal): Promise<Measured> {
  const { ours, peer, rounds = defaultRounds, minRoundMs = defaultMinRoundMs } = input;
  await timeRound(ours, minRoundMs);
  await timeRound(peer, minRoundMs);
  const oursTimes: number[] = [];
  const peerTimes: number[] = [];
  const timeOurs = async (): Promise<void> => void oursTimes.push(await timeRound(ours, minRoundMs));
  const timePeer = async (): Promise<void> => void peerTimes.push(await timeRound(peer, minRoundMs));
  for (let round = 0; round < rounds; round++) {
    signal?.throwIfAborted();
    for (const time of round % 2 === 0 ? [timeOurs, timePeer] : [timePeer, timeOurs]) await time();
  }
  const ratios = peerTimes.map((peerNs, round) => peerNs / (oursTimes[round] as number));
  return { oursNs: median(oursTimes), peerNs: median(peerTimes), ratio: median(ratios) };
}
