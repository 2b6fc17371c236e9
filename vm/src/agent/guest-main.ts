/**
 * The agent in the machine: node guest-main.ts ORDER. Starts it, lets it check, and says what became of it, a line of JSON each. All that
 * differs from a real agent is the schedule of the health checks, and the one effect before which it may be told to stand still.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync, writeSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { flushCompileCache } from 'node:module';
import {
  type Agent,
  type AgentEvent,
  type AgentOptions,
  type AgentState,
  type AgentStore,
  clearSuspects,
  createAgent,
  createFolderStore,
  defaultSchedule,
  storeNames,
} from '@klpkit/agent';
import { createHttpsSource } from '@klpkit/agent/https';
import { createInserter, type ModuleLoader, readPatches, systemClock } from '@klpkit/kernel';
import { parseTrust } from '@klpkit/payload';
import { dropCapabilities } from './drop-capabilities.ts';
import { mountSmallDisk, sleepInHost } from './guest-owner.ts';
import { type DiskTurn, type GuestLine, type GuestOrder, lineMark } from './order.ts';

const order = JSON.parse(process.argv[2] ?? '') as GuestOrder;
const say = (line: GuestLine): void => void writeSync(1, `${lineMark}${JSON.stringify(line)}\n`);
say({ begun: true });
flushCompileCache(); // the power may be cut before the end, and the next boot starts in a fraction of the time

/** Of each kind of life its own, as all share a machine. */
const stateFolder = order.disk === undefined ? '/state/klpkit' : '/state/small';
if (order.stall !== undefined) await sleepInHost(order.stall);
const disk = order.disk === undefined ? undefined : await mountSmallDisk(stateFolder);
dropCapabilities();

let fillBefore: string | undefined;
let during: 'start' | 'check' = 'start';
let counted = 0;
/** Stands still in the middle of a call if this is the point: nothing runs in this process any more, as after a power cut. */
function passing(point: string): void {
  const { cut } = order;
  if (cut === undefined || cut.during !== during || cut.before !== point || ++counted !== cut.number) return;
  say({ cutAt: point });
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

function onEvent(event: AgentEvent): void {
  if (event.kind === 'effect') passing(event.effect.kind);
  if (event.kind === 'effect' && event.effect.kind === fillBefore) disk?.fill();
  if (event.kind === 'trouble') say({ trouble: `${event.code} ${event.message}` });
  if (event.kind === 'state') say({ ...wordsOf(event.state), detail: detailOf(event.state) });
  if (event.kind === 'state' && event.state.kind === 'applied' && order.springTrap === true) springTrap();
}

function wordsOf(state: AgentState): { readonly state: string; readonly reason: string | null } {
  return { state: state.kind, reason: 'reason' in state ? state.reason : null };
}

function detailOf(state: AgentState): string {
  if ('failure' in state) return state.failure.message;
  return state.kind === 'reversed' ? state.stalledTasks.join(' ') : '';
}

/** A reader of /proc/cmdline dies in the patched code, before the agent's next step. */
function springTrap(): void {
  const parameters = '/sys/module/klpkit_trap/parameters';
  writeFileSync(`${parameters}/mode`, 'oops');
  writeFileSync(`${parameters}/armed`, '1');
  spawnSync('cat', ['/proc/cmdline']);
  writeFileSync(`${parameters}/armed`, '0');
}

/** The folder store, which passes the point between the journal's close and the spool. */
function cuttableStore(): AgentStore {
  const store = createFolderStore(stateFolder);
  let owes = false;
  return {
    ...store,
    async write(name, content) {
      await store.write(name, content);
      if (name === storeNames.journal) owes = /"owed": \{/.test(String(content));
    },
    async append(name, text) {
      if (name === storeNames.spool && owes) passing('append-owed');
      await store.append(name, text);
    },
  };
}

/** The inserter of every agent, which passes the point between the kernel's answer and the agent's hearing of it. */
function cuttableLoader(): ModuleLoader {
  const inserter = createInserter();
  return {
    ...inserter,
    async insert(bytes, params, signal) {
      await inserter.insert(bytes, params, signal);
      passing('inserted');
    },
  };
}

const server = createHttpsSource({ url: order.url, ca: order.ca, downloads: `${stateFolder}/downloads` });
const store = cuttableStore();
const trust = await parseTrust({ certificates: [await readFile('/lab/trusted.der')] });
const newAgent = (change: Pick<AgentOptions, 'clock'> = {}): Agent =>
  createAgent({
    identity: {
      machineId: '0102030405060708090a0b0c0d0e0f10',
      appId: 'f03daaeb1c334b43a732172944bf772e',
      tier: 'updates',
    },
    kernel: { loader: cuttableLoader() },
    trust,
    source: server,
    reporter: server,
    store,
    schedule: { ...defaultSchedule, healthDelaysMs: order.healthDelaysMs, transitionDeadlineMs: 20_000 },
    hostNames: ['localhost'],
    onEvent,
    ...change,
  });

function ended(call: 'start' | 'check' | 'check-again', state: AgentState): void {
  say({ call, ...wordsOf(state) });
}

/** `run` until it sleeps, which a run whose first check is over does for an hour. */
async function runUntilItSleeps(): Promise<void> {
  const asleep = new Error('it sleeps');
  const agent = newAgent({ clock: { ...systemClock, sleep: () => Promise.reject(asleep) } });
  await agent.run().catch((error: unknown) => {
    if (error !== asleep) throw error;
  });
  await agent.shutdown();
}

async function liveOnDisk(turns: readonly DiskTurn[]): Promise<void> {
  let agent = newAgent();
  for (const [turn, { make, call, ...before }] of turns.entries()) {
    if (call === 'start') await agent.shutdown();
    if (make === 'full') disk?.fill();
    else if (make !== undefined) await disk?.make(make);
    ({ fillBefore } = before);
    if (call === 'run') await runUntilItSleeps();
    if (call === 'start') {
      agent = newAgent();
      ended('start', await agent.start());
    }
    if (call === 'check') ended('check', await agent.check());
    fillBefore = undefined;
    say({ turn, journal: await journalOnDisk() });
  }
  await agent.flush();
  await agent.shutdown();
}

async function journalOnDisk(): Promise<{ open: string | null; held: number } | null> {
  const text = await readFile(`${stateFolder}/${storeNames.journal}`, 'utf8').catch(() => undefined);
  if (text === undefined) return null;
  const { open, held } = JSON.parse(text) as { open: { phase: string } | null; held: unknown[] };
  return { open: open?.phase ?? null, held: held.length };
}

async function live(): Promise<void> {
  let agent = newAgent();
  ended('start', await agent.start());
  if (!order.clear) during = 'check';
  for (let number = 0; number < order.checks; number += 1) ended('check', await agent.check());
  if (order.clear) {
    await agent.shutdown();
    await clearSuspects(store);
    agent = newAgent();
    await agent.start();
    during = 'check';
    ended('check-again', await agent.check());
  }
  await agent.flush();
  await agent.shutdown();
}

async function work(): Promise<void> {
  await (order.disk === undefined ? live() : liveOnDisk(order.disk));
  const patches = (await readPatches()).map(({ name }) => name);
  say({ patches, cmdline: (await readFile('/proc/cmdline', 'utf8')).trim() });
  if (order.stall !== undefined) await writeFile('/proc/klpkit_wait', 'x');
}

await work();
process.exit(0); // a task in the kernel may outlive this program
