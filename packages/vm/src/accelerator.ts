import { access, constants } from 'node:fs/promises';

/** What runs the virtual CPUs. */
export type Accelerator = 'tcg' | 'kvm';

/**
 * A device that may be opened is no promise: inside of some virtual machines /dev/kvm is there and no kernel comes up under it. So the first boot
 * tries, and what it found holds for this process.
 */
let isKvmBroken = false;

/** What a boot tries, in this order: KVM and then TCG, or one alone. */
export async function chooseAccelerators(
  wish: Accelerator | 'auto',
  device = '/dev/kvm',
): Promise<readonly [Accelerator, Accelerator?]> {
  if (wish !== 'auto') return [wish];
  if (isKvmBroken) return ['tcg'];
  return access(device, constants.R_OK | constants.W_OK).then(
    () => ['kvm', 'tcg'] as const,
    () => ['tcg'] as const,
  );
}

/** No machine came up under KVM: later boots do not try again. */
export function kvmFailed(): void {
  isKvmBroken = true;
}
