import assert from 'node:assert/strict';
import { openTranscript } from '../lab.ts';
import type { HostScenario } from '../scenario.ts';
import { selftestEntries } from '../selftests/selftest-root.ts';

export default {
  where: 'host',
  async run(lab, note) {
    const transcript = openTranscript(`${lab.kernel.release}-selftests`);
    const root = await lab.buildRoot(await selftestEntries(lab), 'selftests-root');
    await using vm = await lab.boot({
      root,
      append: 'module.sig_enforce=1',
      timeoutMs: 900_000,
      onConsoleLine: (line) => transcript.write(line),
    });
    const program = ['node', '--conditions=@klpkit/source', '/app/vm/src/guest/selftests.ts'];
    const exit = await vm.run(program, { onLine: (line) => transcript.write(line) });
    assert.ok(exit.kind === 'exited' && exit.exitCode === 0, exit.lines.slice(-60).join('\n'));
    for (const line of exit.lines.filter((text) => /^(test-|our watcher)/.test(text))) note(line);
  },
} satisfies HostScenario;
