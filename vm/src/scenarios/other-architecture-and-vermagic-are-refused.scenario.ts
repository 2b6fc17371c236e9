import assert from 'node:assert/strict';
import { rawInsert } from '../guest/steps.ts';
import type { GuestScenario } from '../scenario.ts';

/** The unsigned module with a text in its .modinfo replaced by one of the same length. */
function replaced(bytes: Uint8Array, from: string, to: string): Buffer {
  const copy = Buffer.from(bytes);
  const at = copy.indexOf(from);
  assert.ok(at > 0 && from.length === to.length);
  copy.write(to, at, 'latin1');
  return copy;
}

export default {
  where: 'guest',
  boot: 'open',
  async run(guest) {
    const bytes = await guest.module('klpkit_plain', 'unsigned');
    const arm = Buffer.from(bytes);
    arm.writeUInt16LE(183, 18); // e_machine: EM_AARCH64
    const other = await rawInsert(arm);
    assert.equal(other.errno, 'ENOEXEC');
    guest.note(`e_machine of arm64: ${other.lines.at(-1)}`);
    const flags = await rawInsert(replaced(bytes, 'SMP preempt', 'SMP PREEMPT'));
    assert.equal(flags.errno, 'ENOEXEC');
    assert.match(flags.lines.join('\n'), /klpkit_plain: version magic '.*' should be '.*'/);
  },
} satisfies GuestScenario;
