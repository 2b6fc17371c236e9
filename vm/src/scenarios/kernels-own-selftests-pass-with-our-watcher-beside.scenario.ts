import assert from 'node:assert/strict';
import { bootAndRun } from '../boot-and-run.ts';
import { openTranscript } from '../lab.ts';
import type { HostScenario } from '../scenario.ts';
import { selftestEntries } from '../selftests/selftest-root.ts';

export default {
  where: 'host',
  async run(lab, note) {
    const transcript = openTranscript(`${lab.kernel.release}-selftests`);
    const root = await lab.buildRoot(await selftestEntries(lab), 'selftests-root');
    const boot = () =>
      lab.boot({
        root,
        append: 'module.sig_enforce=1',
        timeoutMs: 900_000,
        onConsoleLine: (line) => transcript.write(line),
      });
    const program = ['node', '--conditions=@klpkit/source', '/app/vm/src/guest/selftests.ts'];
    await using run = await bootAndRun(boot, program, { onLine: (line) => transcript.write(line) });
    const { exit, ending } = run;
    const why = `${ending}\n${exit.lines.slice(-60).join('\n')}\n${transcript.tail().join('\n')}`;
    assert.ok(exit.kind === 'exited' && exit.exitCode === 0, why);
    for (const line of [...run.notes, ...exit.lines.filter((text) => /^(test-|our watcher)/.test(text))]) note(line);
  },
} satisfies HostScenario;
