/**
 * The agent in the machine: node guest-main.ts ORDER. Starts it, lets it check, and says what became of it, a line of JSON each. All that
 * differs from a real agent is the schedule of the health checks.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync, writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { flushCompileCache } from 'node:module';
import { type AgentEvent, type AgentState, createAgent, createFolderStore, defaultSchedule } from '@klpkit/agent';
import { createHttpsSource } from '@klpkit/agent/https';
import { readPatches } from '@klpkit/kernel';
import { parseTrust } from '@klpkit/payload';
import { dropCapabilities } from './drop-capabilities.ts';
import { type GuestLine, type GuestOrder, lineMark } from './order.ts';

const order = JSON.parse(process.argv[2] ?? '') as GuestOrder;
const say = (line: GuestLine): void => void writeSync(1, `${lineMark}${JSON.stringify(line)}\n`);
say({ begun: true });
flushCompileCache(); // the machine may go down before the end, and its next start takes a fraction of the time

dropCapabilities();

function onEvent(event: AgentEvent): void {
  if (event.kind === 'trouble') say({ trouble: `${event.code} ${event.message}` });
  if (event.kind === 'state') say({ ...wordsOf(event.state), detail: detailOf(event.state) });
  if (event.kind === 'state' && event.state.kind === 'applied' && order.springTrap === true) springTrap();
}

function wordsOf(state: AgentState): { readonly state: string; readonly reason: string | null } {
  return { state: state.kind, reason: 'reason' in state ? state.reason : null };
}

function detailOf(state: AgentState): string {
  return 'failure' in state ? state.failure.message : '';
}

/** A reader of /proc/cmdline dies in the patched code, before the agent's next step. */
function springTrap(): void {
  const parameters = '/sys/module/klpkit_trap/parameters';
  writeFileSync(`${parameters}/mode`, 'oops');
  writeFileSync(`${parameters}/armed`, '1');
  spawnSync('cat', ['/proc/cmdline']);
  writeFileSync(`${parameters}/armed`, '0');
}

const server = createHttpsSource({ url: order.url, ca: order.ca, downloads: '/state/klpkit/downloads' });
const trust = await parseTrust({ certificates: [await readFile('/lab/trusted.der')] });
const agent = createAgent({
  identity: {
    machineId: '0102030405060708090a0b0c0d0e0f10',
    appId: 'f03daaeb1c334b43a732172944bf772e',
    tier: 'updates',
  },
  trust,
  source: server,
  reporter: server,
  store: createFolderStore('/state/klpkit'),
  schedule: { ...defaultSchedule, healthDelaysMs: order.healthDelaysMs, transitionDeadlineMs: 20_000 },
  hostNames: ['localhost'],
  onEvent,
});

function ended(call: 'start' | 'check', state: AgentState): void {
  say({ call, ...wordsOf(state) });
}

ended('start', await agent.start());
for (let number = 0; number < order.checks; number += 1) ended('check', await agent.check());
await agent.flush();
await agent.shutdown();
const patches = (await readPatches()).map(({ name }) => name);
say({ patches, cmdline: (await readFile('/proc/cmdline', 'utf8')).trim() });
process.exit(0); // a task in the kernel may outlive this program
