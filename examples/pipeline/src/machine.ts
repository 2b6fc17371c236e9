import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { signModule } from '@klpkit/payload/sign';
import { bootVm, buildRoot, packageClosure, type RootEntry, trustCertificate } from '@klpkit/vm';
import type { Team } from './kernel.ts';
import type { PipelineRun } from './steps.ts';

const repositoryRoot = fileURLToPath(new URL('../../..', import.meta.url));
const main = '/app/packages/klpkit/src/main.ts';
/** The agent itself: it asks once an hour, so it is told to stop when the kernel has the patch and the first health check is through. */
const agentScript = `
node --conditions=@klpkit/source ${main} agent run --json --server https://10.0.2.2:9 --tier updates \\
  --app-id 6b6c706b69740000000000000000de41 --machine-id /etc/machine-id --cert /etc/klpkit/module.crt \\
  --state /state/klpkit --repository /mirror --root /etc/klpkit/root.json >/tmp/agent.log 2>&1 &
agent=$!
i=0
until grep -q '"state":"soaking"' /tmp/agent.log || ! kill -0 $agent 2>/dev/null || [ $i -ge 600 ]; do sleep 0.5; i=$((i+1)); done
kill -TERM $agent 2>/dev/null
wait $agent
echo "agent exit $?"
cat /tmp/agent.log
`;

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
 * Boots a machine of the fleet: its kernel enforces signatures and trusts the team's key, and it reads the published repository from a mirror that
 * lies on its disk, as one behind an air gap would. It has no network, so its pings wait on its disk.
 */
export async function runMachine(team: Team, run: PipelineRun): Promise<MachineResult> {
  const { folder, say, signal } = run;
  const { key, certificateDer: certificate } = team.authority;
  const sign = (module: Uint8Array) => signModule(module, { key, certificate, hash: 'sha256' });
  const kernel = await trustCertificate(team.kernel, { certificate, sign, image: join(folder, 'vmlinux'), signal });
  const root = await buildRoot(await rootEntries(folder), { image: join(folder, 'root'), signal });
  say(`booting a machine of the fleet: Linux ${kernel.release}`);
  const onConsoleLine = (line: string): void => {
    if (line.includes('livepatch:')) say(`    kernel | ${line}`);
  };
  const vm = await bootVm(kernel, { root, append: 'module.sig_enforce=1', timeoutMs: 480_000, onConsoleLine, signal });
  try {
    const read = async (...command: string[]): Promise<readonly string[]> => (await vm.run(command)).lines;
    const [cmdlineBefore = ''] = await read('cat', '/proc/cmdline');
    const agent = await read('sh', '-c', agentScript);
    for (const line of agent) say(`    agent  | ${line}`);
    const [cmdlineAfter = ''] = await read('cat', '/proc/cmdline');
    return { cmdlineBefore, cmdlineAfter, patches: await read('ls', '/sys/kernel/livepatch'), agent };
  } finally {
    await vm.kill();
  }
}

async function rootEntries(folder: string): Promise<RootEntry[]> {
  const program = await packageClosure([join(repositoryRoot, 'packages/klpkit')], {
    workspace: repositoryRoot,
    to: '/app',
  });
  const file = (to: string, content: string | Uint8Array): RootEntry => ({ kind: 'file', to, content });
  return [
    ...program,
    file('/app/package.json', '{"type":"module"}'),
    { kind: 'copy', from: join(folder, 'repository'), to: '/mirror' },
    file('/etc/klpkit/root.json', await readFile(join(folder, 'repository/metadata/1.root.json'))),
    file('/etc/klpkit/module.crt', await readFile(join(folder, 'module.crt'))),
    file('/etc/machine-id', '00000000000040008000000000000002\n'),
  ];
}
