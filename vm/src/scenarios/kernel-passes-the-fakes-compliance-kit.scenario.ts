import { kernelCompliance, type KernelSubject } from '@klpkit-internal/testkit';
import { runKit } from '../guest/compliance.ts';
import { sleepInHost } from '../guest/sleepers.ts';
import { insertPlain, unload } from '../guest/steps.ts';
import type { GuestScenario } from '../scenario.ts';

export default {
  where: 'guest',
  boot: 'enforcing',
  timeoutMs: 600_000,
  async run(guest) {
    await insertPlain(guest, 'klpkit_host');
    let leave = async (): Promise<unknown> => undefined;
    const block = async (): Promise<void> => {
      const sleeper = await sleepInHost(guest);
      leave = () => sleeper.leave();
    };
    const subject: KernelSubject = {
      options: { signal: guest.signal },
      patch: await guest.verified('klpkit_cmdline_1'),
      replacement: await guest.verified('klpkit_cmdline_2'),
      refused: {
        module: await guest.verified('klpkit_nosym'),
        errno: 'EINVAL',
        kernelLine: /not found in symbol table/,
      },
      stalling: {
        module: await guest.verified('klpkit_stall'),
        comm: 'cat',
        block,
        leave: async () => void (await leave()),
      },
    };
    const clean = async (): Promise<void> => {
      await leave();
      for (const name of ['klpkit_stall', 'klpkit_cmdline_1', 'klpkit_cmdline_2']) await unload(name);
    };
    await runKit(
      guest,
      kernelCompliance(async () => subject),
      clean,
    );
  },
} satisfies GuestScenario;
