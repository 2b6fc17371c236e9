import type { PanicScenario } from '../scenario.ts';

export default {
  where: 'panic',
  pstore: 'erst',
  sysctl: { panic_on_oops: '1' },
  module: 'klpkit_trap',
  params: 'mode=oops',
  found: {
    kind: 'fault',
    title: 'BUG: unable to handle kernel NULL pointer dereference in klpkit_trap_spring',
    attribution: 'strong',
    consequences: 1,
  },
} satisfies PanicScenario;
