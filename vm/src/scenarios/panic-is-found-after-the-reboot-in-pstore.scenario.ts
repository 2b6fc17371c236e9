import assert from 'node:assert/strict';
import type { HostScenario } from '../scenario.ts';

const step = (name: string): string[] => ['node', '--conditions=@klpkit/source', `/app/vm/src/guest/${name}.ts`];
/** The last MiB of the first 257 is kept from the kernel, for ramoops. It survives a reboot inside the same QEMU. */
const region = { address: '0x10000000', bytes: '0x100000' };

export default {
  where: 'host',
  async run(lab, note) {
    await using vm = await lab.boot({
      append: `module.sig_enforce=1 memmap=1M$${region.address}`,
      drivers: [
        'reed_solomon',
        `ramoops mem_address=${region.address} mem_size=${region.bytes} record_size=0x20000 console_size=0 ecc=1`,
      ],
      reboot: 'allow',
    });
    const back = vm.rebooted();
    const panicked = await vm.run(step('panic'), { timeoutMs: 240_000 });
    assert.equal(panicked.kind, 'panicked', panicked.lines.join('\n'));
    await back;
    const found = await vm.run(step('after-panic'), { timeoutMs: 240_000 });
    assert.ok(found.kind === 'exited' && found.exitCode === 0, found.lines.join('\n'));
    note(found.lines.join('; '));
  },
} satisfies HostScenario;
