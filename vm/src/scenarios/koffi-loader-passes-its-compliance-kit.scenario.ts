import { readFileSync } from 'node:fs';
import { createInserter, setPatchEnabled, watchTransition } from '@klpkit/kernel';
import { loaderCompliance, type LoaderSubject } from '@klpkit-internal/testkit';
import { runKit } from '../guest/compliance.ts';
import { unload } from '../guest/steps.ts';
import type { GuestScenario } from '../scenario.ts';

function stateOf(name: string): string | undefined {
  try {
    return readFileSync(`/sys/module/${name}/initstate`, 'latin1').trim();
  } catch {
    return undefined;
  }
}

async function disable(name: string): Promise<void> {
  for await (const state of watchTransition(name)) if (state.kind === 'patched') break;
  await setPatchEnabled(name, false);
  for await (const state of watchTransition(name)) if (state.kind === 'unpatched') break;
}

export default {
  where: 'guest',
  boot: 'open', // under enforcement what is no ELF file is refused for its missing signature already
  timeoutMs: 600_000,
  async run(guest) {
    const module = async (name: string) => ({ name, bytes: await guest.module(name) });
    const subject: LoaderSubject = {
      loader: createInserter(),
      state: stateOf,
      plain: await module('klpkit_plain'),
      failing: { ...(await module('klpkit_init')), errno: 19 },
      livepatch: { ...(await module('klpkit_cmdline_1')), disable: () => disable('klpkit_cmdline_1') },
    };
    await runKit(
      guest,
      loaderCompliance(async () => subject),
      () => unload('klpkit_cmdline_1'),
    );
  },
} satisfies GuestScenario;
