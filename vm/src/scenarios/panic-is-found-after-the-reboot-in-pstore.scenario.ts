import type { PanicScenario } from '../scenario.ts';

export default {
  where: 'panic',
  pstore: 'ramoops',
  module: 'klpkit_trap',
  params: 'mode=panic',
  found: {
    kind: 'panic',
    title: 'kernel panic: klpkit: the patched function panics',
    attribution: 'medium',
    consequences: 0,
  },
} satisfies PanicScenario;
