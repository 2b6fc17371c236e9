import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { signModule } from '@klpkit/payload/sign';
import { bootVm, buildRoot, describeExit, packageClosure, type RootEntry, trustCertificate, type Vm } from '@klpkit/vm';
import type { Team } from './kernel.ts';
import type { Service } from './service.ts';
import { PipelineStopped, type PipelineRun } from './steps.ts';

const repositoryRoot = fileURLToPath(new URL('../../..', import.meta.url));
/** A machine that takes longer than this to take one patch is stuck. */
const limitMs = 480_000;

/** The agent goes on checking for ever, as on every machine; the last line of its log says that it ended. */
const startAgent = (server: string): string => `
(node --conditions=@klpkit/source /app/packages/klpkit/src/main.ts agent run --json --server ${server} --ca /etc/klpkit/ca.pem \\
  --repository ${server}/repository/ --root /etc/klpkit/root.json --cert /etc/klpkit/module.crt --tier updates \\
  --app-id 6b6c706b69740000000000000000de41 --machine-id /etc/machine-id --state /state/klpkit &
echo $! >/tmp/agent.pid; wait $!; echo "agent exit $?") >/tmp/agent.log 2>&1 &`;
const stopAgent = `
kill -TERM $(cat /tmp/agent.pid)
until grep -q '^agent exit' /tmp/agent.log; do sleep 0.2; done`;

/** What the machine shows. */
export interface MachineResult {
  readonly cmdlineBefore: string;
  readonly cmdlineAfter: string;
  /** /sys/kernel/livepatch afterwards. */
  readonly patches: readonly string[];
  /** What the agent said. */
  readonly agent: readonly string[];
}

/**
 * Boots a machine of the fleet: its kernel enforces signatures and trusts the team's key. Nothing of the patch is on its disk: the agent gets the signed
 * repository and the module over TLS, and reports to the same server. Ends when `isReported` says that the server has heard enough.
 */
export async function runMachine(
  team: Team,
  service: Service,
  run: PipelineRun & { readonly isReported: () => Promise<boolean> },
): Promise<MachineResult> {
  const { folder, say, signal } = run;
  const { key, certificateDer: certificate } = team.authority;
  const sign = (module: Uint8Array) => signModule(module, { key, certificate, hash: 'sha256' });
  const kernel = await trustCertificate(team.kernel, { certificate, sign, image: join(folder, 'vmlinux'), signal });
  const root = await buildRoot(await rootEntries(folder, service), { image: join(folder, 'root'), signal });
  say(`booting a machine of the fleet: Linux ${kernel.release}`);
  await using vm = await bootVm(kernel, {
    root,
    network: 'user',
    append: 'module.sig_enforce=1',
    timeoutMs: limitMs,
    onConsoleLine: (line) => {
      if (line.includes('livepatch:')) say(`    kernel | ${line}`);
    },
    signal,
  });
  const [cmdlineBefore = ''] = await linesOf(vm, 'cat', '/proc/cmdline');
  await untilReported(vm, service, run);
  await linesOf(vm, 'sh', '-c', stopAgent);
  const agent = await linesOf(vm, 'cat', '/tmp/agent.log');
  for (const line of agent) say(`    agent  | ${line}`);
  const [cmdlineAfter = ''] = await linesOf(vm, 'cat', '/proc/cmdline');
  return { cmdlineBefore, cmdlineAfter, patches: await linesOf(vm, 'ls', '/sys/kernel/livepatch'), agent };
}

/** An agent that died before its first word was killed by nothing that it did: under an interpreter Node was seen to die at its start. */
async function untilReported(
  vm: Vm,
  service: Service,
  { isReported, signal }: Parameters<typeof runMachine>[2],
): Promise<void> {
  for (let starts = 1; ; starts++) {
    await linesOf(vm, 'sh', '-c', startAgent(service.machineUrl));
    let log: readonly string[] = [];
    while (!log.some((line) => line.startsWith('agent exit'))) {
      if (await isReported()) return;
      await delay(1_000, undefined, { signal });
      log = await linesOf(vm, 'cat', '/tmp/agent.log');
    }
    const hasSpoken = log.some((line) => line.startsWith('{'));
    if (hasSpoken || starts === 2) throw new PipelineStopped(`the agent ended by itself: ${log.join(' | ')}`);
  }
}

async function linesOf(vm: Vm, ...command: string[]): Promise<readonly string[]> {
  const exit = await vm.run(command);
  if (exit.kind === 'exited') return exit.lines;
  throw new PipelineStopped(`the machine went down: ${describeExit(exit)}`);
}

async function rootEntries(folder: string, { ca }: Service): Promise<RootEntry[]> {
  const program = await packageClosure([join(repositoryRoot, 'packages/klpkit')], {
    workspace: repositoryRoot,
    to: '/app',
  });
  const file = (to: string, content: string | Uint8Array): RootEntry => ({ kind: 'file', to, content });
  return [
    ...program,
    file('/app/package.json', '{"type":"module"}'),
    file('/etc/klpkit/ca.pem', ca),
    file('/etc/klpkit/root.json', await readFile(join(folder, 'repository/metadata/1.root.json'))),
    file('/etc/klpkit/module.crt', await readFile(join(folder, 'module.crt'))),
    file('/etc/machine-id', '00000000000040008000000000000002\n'),
  ];
}
