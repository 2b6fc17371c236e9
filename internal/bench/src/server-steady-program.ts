// Honest machines at a fixed rate, in a process of their own: how long an answer takes, counted from when the request was due.
import { Agent, request } from 'node:https';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforePing } from './server-bench.ts';
import { everyPeriod } from './server-clock.ts';

/** What the program is told. */
export interface Steady {
  readonly url: string;
  readonly certificate: string;
  readonly release: string;
  readonly requestsPerSecond: number;
  readonly seconds: number;
}

/** What it prints at its end. */
export interface SteadyReport {
  readonly sent: number;
  readonly failed: number;
  readonly medianMs: number;
  readonly p99Ms: number;
}

const { url, certificate, release, requestsPerSecond, seconds } = JSON.parse(process.argv[2] ?? '{}') as Steady;
const agent = new Agent({ keepAlive: true, maxSockets: 64, ca: certificate });
const over = new AbortController();
const times: number[] = [];
const running: Promise<void>[] = [];
let failed = 0;

async function send(dueAt: number): Promise<void> {
  const outgoing = request(new URL('/v1/pings', url), {
    method: 'POST',
    agent,
    headers: { 'content-type': 'application/json' },
  });
  outgoing.end(JSON.stringify({ pings: [beforePing(release)] }));
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  await once(response.resume(), 'end');
  if (response.statusCode !== 200) failed += 1;
  times.push(performance.now() - dueAt);
}

// The first second opens connections and warms up, and is not counted.
const warmS = 1;
everyPeriod(1000 / requestsPerSecond, over.signal, (_index, dueAt) => {
  running.push(send(dueAt).catch(() => void (failed += 1)));
});
await sleep(1000 * warmS);
times.length = 0;
await sleep(1000 * seconds);
over.abort();
await Promise.all(running);
agent.destroy();
times.sort((a, b) => a - b);
const at = (share: number): number => times[Math.floor(times.length * share)] ?? Number.NaN;
const report: SteadyReport = { sent: running.length, failed, medianMs: at(0.5), p99Ms: at(0.99) };
process.stdout.write(`${JSON.stringify(report)}\n`);
