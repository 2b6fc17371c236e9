import type { PanicScenario } from '../scenario.ts';

export default {
  where: 'panic',
  pstore: 'erst',
  module: 'klpkit_init',
  params: 'mode=panic',
  found: {
    kind: 'panic',
    title: 'kernel panic: klpkit: livepatch init panics',
    attribution: 'medium',
    consequences: 0,
  },
} satisfies PanicScenario;
