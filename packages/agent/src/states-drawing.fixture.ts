import { emptyBlocklist } from '@klpkit/blocklist';
import { emptyMemory, type Memory, type OpenRecord } from './memory.ts';
import type { AgentState, Attempt } from './state.ts';
import { agentStateKinds } from './state-kinds.ts';
import type { Facts, StepEvent } from './step-event.ts';
import { step } from './step.ts';
import type { StepContext } from './step-types.ts';
import { quickSchedule } from './test-machine.fixture.ts';
import { releaseOf, testKernel } from './test-release.fixture.ts';

const release = releaseOf(new Uint8Array(8));
const payload = `/v1/payloads/${release.sha256}`;
const attempt: Attempt = { release, payload, attemptId: '00000000-0000-4000-8000-000000000001', reapply: false };
const module = 'klp_test';
const failure = { code: 'IO', message: '' };
const open: OpenRecord = {
  release,
  payload,
  attemptId: attempt.attemptId,
  reapply: false,
  module,
  bootId: 'boot-1',
  phase: 'inserting',
  stalledTasks: [],
  logSeq: 1,
  counters: { tainted: 0, oops: 0, warn: 0 },
  appliedAt: null,
  waitedMs: 0,
  nextHealth: 0,
  stopped: false,
  pstore: [],
  openedAt: 1,
  tries: 1,
};
const facts = (memory: Partial<Memory> = {}, change: Partial<Facts> = {}): Facts => ({
  memory: { ...emptyMemory, ...memory },
  bootId: 'boot-1',
  loaded: [],
  modules: [],
  livepatch: true,
  killSwitch: undefined,
  blocklist: emptyBlocklist(1000),
  now: 2000,
  attemptId: attempt.attemptId,
  ...change,
});
const off = { mode: 'off', by: 'file' } as const;
const held = [{ release, payload, module, since: 1 }];
const suspects = [{ release: 'cve-2026-0001-1', sha256: release.sha256, module, reason: 'crashed', since: 1 } as const];

/** One of every state that can be left by more than the next check. */
const states: readonly AgentState[] = [
  { kind: 'idle' },
  { kind: 'checking' },
  { kind: 'held', release: 'x-1', reason: 'not-in-phase' },
  { kind: 'downloading', attempt },
  { kind: 'verifying', attempt },
  { kind: 'inserting', attempt, module },
  { kind: 'transitioning', attempt, module, elapsedMs: 0, blockedTasks: 0 },
  { kind: 'stalled', attempt, module, stalledTasks: [], elapsedMs: 1 },
  { kind: 'forced', attempt, module, stalledTasks: [], elapsedMs: 1, blockedTasks: 0 },
  { kind: 'applied', attempt, module, appliedAt: 1, waitedMs: 1 },
  { kind: 'soaking', attempt, module, appliedAt: 1, next: 1 },
  { kind: 'soaking', attempt, module, appliedAt: 1, next: 3 },
];

const candidate = {
  release,
  payload,
  rollout: { release: 'cve-2026-0001-1', paused: false, tiers: [{ tier: 'updates', microPercent: 100_000_000 }] },
};
const nobody = { ...candidate, rollout: { ...candidate.rollout, tiers: [{ tier: 'updates', microPercent: 0 }] } };
const offer = (candidates: readonly (typeof candidate)[], reason = 'no-release') => ({
  candidates,
  reason,
  message: '',
});
const observed = (transition: object, elapsedMs = 1): StepEvent =>
  ({ kind: 'observed', transition, elapsedMs, now: 3000 }) as StepEvent;
const failed = (phase: 'check' | 'journal' | 'insert' | 'health', inserter?: 'died' | 'hung'): StepEvent => ({
  kind: 'failed',
  phase,
  failure,
  now: 3000,
  ...(inserter === undefined ? {} : { inserter }),
});

/** Events, each under the words of the drawing. */
const events: readonly [string, StepEvent][] = [
  ['check due', { kind: 'check-due', killSwitch: undefined }],
  ['switched off', { kind: 'check-due', killSwitch: off }],
  ['start: nothing open', { kind: 'started', facts: facts() }],
  ['start: switched off', { kind: 'started', facts: facts({}, { killSwitch: off }) }],
  ['start: other boot', { kind: 'started', facts: facts({ open }, { bootId: 'boot-2' }) }],
  [
    'start: other boot, stopped in order',
    { kind: 'started', facts: facts({ open: { ...open, stopped: true } }, { bootId: 'boot-2' }) },
  ],
  ['start: agent died, not in the kernel', { kind: 'started', facts: facts({ open }) }],
  ['start: agent died, in the kernel', { kind: 'started', facts: facts({ open }, { loaded: [module] }) }],
  [
    'start: agent died, turning round',
    { kind: 'started', facts: facts({ open: { ...open, phase: 'reversing', stalledTasks: ['nfsd'] } }) },
  ],
  [
    'start: agent died, applied',
    { kind: 'started', facts: facts({ open: { ...open, phase: 'soaking', appliedAt: 1 } }) },
  ],
  [
    'start: agent died, soaking',
    { kind: 'started', facts: facts({ open: { ...open, phase: 'soaking', appliedAt: 1, nextHealth: 2 } }) },
  ],
  ['put back', { kind: 'list-known', facts: facts({ held }) }],
  ['put back: blocked', { kind: 'list-known', facts: facts({ held, suspects }) }],
  ['offer: nothing', { kind: 'answered', facts: facts(), offer: offer([]) }],
  ['offer: end of life', { kind: 'answered', facts: facts(), offer: offer([], 'end-of-life') }],
  ['offer: not yet', { kind: 'answered', facts: facts(), offer: offer([nobody]) }],
  ['offer: blocked or suspect', { kind: 'answered', facts: facts({ suspects }), offer: offer([candidate]) }],
  [
    'offer: no livepatching here',
    { kind: 'answered', facts: facts({}, { livepatch: false }), offer: offer([candidate]) },
  ],
  ['offer', { kind: 'answered', facts: facts(), offer: offer([candidate]) }],
  ['downloaded', { kind: 'downloaded' }],
  ['verified', { kind: 'verified', module }],
  ['inserted', { kind: 'inserted', durationMs: 1 }],
  ['not inserted', { kind: 'not-inserted', facts: facts() }],
  ['not inserted: blocked', { kind: 'not-inserted', facts: facts({ suspects }) }],
  [
    'not inserted: no-apply',
    { kind: 'not-inserted', facts: facts({}, { killSwitch: { mode: 'no-apply', by: 'file' } }) },
  ],
  ['patched', observed({ kind: 'patched', evidence: 'transition' })],
  ['still patching', observed({ kind: 'patching', elapsedMs: 1, blockedTasks: [], blockedCount: 1 })],
  [
    'deadline',
    observed({ kind: 'patching', elapsedMs: 1, blockedTasks: [], blockedCount: 1 }, quickSchedule.transitionDeadlineMs),
  ],
  ['gone', observed({ kind: 'absent' })],
  ['reversed', { kind: 'reversed' }],
  ['forced', { kind: 'forced' }],
  ['healthy', { kind: 'found-healthy', now: 3000 }],
  ['bug found', { kind: 'found-ill', now: 3000, failure, incidents: [] }],
  ['control examined', { kind: 'control-examined', healthy: true, attemptId: attempt.attemptId, release: 'x-1' }],
  ['failed', failed('health')],
  ['failed: the agent is back and cannot note it', failed('check')],
  ['failed: insertion', failed('insert')],
  ['failed: inserter died', failed('insert', 'died')],
  ['failed: inserter hung', failed('insert', 'hung')],
];

const context: StepContext = {
  subject: { nodeId: undefined, tier: 'updates' },
  kernel: testKernel.release,
  schedule: quickSchedule,
  control: false,
  force: false,
};

/** Where a start finds an agent that died. */
const resumed: ReadonlySet<AgentState['kind']> = new Set([
  'inserting',
  'transitioning',
  'stalled',
  'applied',
  'soaking',
]);

/** All arrows, by asking the transition function itself; what it calls meaningless is no arrow. */
function arrows(): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const state of states) {
    for (const [words, event] of events) {
      // A check or a start begins wherever the agent rests; drawn once.
      const isBeginning = event.kind === 'check-due' || event.kind === 'started' || event.kind === 'list-known';
      if (isBeginning && state.kind !== 'idle') continue;
      // Only an inserter can die, and only while it is at work.
      if (event.kind === 'failed' && event.phase === 'insert' && state.kind !== 'inserting') continue;
      if (event.kind === 'failed' && event.phase === 'check' && !resumed.has(state.kind)) continue;
      try {
        const to = step(state, event, context).state.kind;
        const arrow = `${state.kind} --> ${to}`;
        const label = found.get(arrow) ?? [];
        if (!label.includes(words)) found.set(arrow, [...label, words]);
      } catch (error) {
        if (!(error instanceof TypeError)) throw error;
      }
    }
  }
  return found;
}

/** `docs/agent-states.md`, as it has to be. */
export function drawStates(): string {
  const name = (kind: string) => kind.replaceAll('-', '_');
  const lines = [...arrows()].map(([arrow, words]) => {
    const [from = '', to = ''] = arrow.split(' --> ');
    return `  ${name(from)} --> ${name(to)}: ${words.join(' / ').replaceAll(':', ',')}`;
  });
  const labels = agentStateKinds
    .filter((kind) => kind.includes('-'))
    .map((kind) => `  state "${kind}" as ${name(kind)}`);
  return `# States of the agent

Drawn from the transition function of \`@klpkit/agent\` (\`step\`) by its own tests: every state is asked what every event makes of it.
To draw it anew: \`KLPKIT_UPDATE=1 vitest run --config vitest.workspace.ts packages/agent/src/states-drawing.test.ts\`.

A start begins at \`idle\`. A check begins in every state in which a course has ended, and is drawn from \`idle\` only. What each state means
stands at \`AgentState\` in \`packages/agent/src/state.ts\`.

\`\`\`mermaid
stateDiagram-v2
  [*] --> idle
${[...labels, ...lines].join('\n')}
\`\`\`
`;
}

/** States that no arrow reaches. */
export function unreachedStates(): string[] {
  const reached = new Set([...arrows().keys()].map((arrow) => arrow.split(' --> ')[1]));
  return agentStateKinds.filter((kind) => !reached.has(kind));
}
