import type { PanicScenario } from '../scenario.ts';

export default {
  where: 'panic',
  pstore: 'erst',
  sysctl: { panic_on_warn: '1' },
  module: 'klpkit_trap',
  params: 'mode=warn',
  found: { kind: 'warning', title: 'WARNING in klpkit_trap_spring', attribution: 'strong', consequences: 1 },
} satisfies PanicScenario;
