import type { BootableKernel } from './kernel.ts';
import type { BootOptions } from './vm.ts';

/** The files of one boot. */
export interface BootFiles {
  readonly initramfs: string;
  readonly state: string;
}

/** Which file descriptor of QEMU is the control channel. */
export const controlFd = 3;

/**
 * How TCG runs the virtual CPUs: in turn, on one host thread. With a thread for each CPU QEMU 7.2 was seen to run stale
 * code where the guest writes code: 6.12 died of int3 oopses, as it rewrites itself at each transition, and on 6.1 one start
 * of Node in some thirty, by a signal or in a check of V8's on its code pages. Without protection keys V8 has one mechanism
 * less around the code that it writes, one that is known to kill it (nodejs/node#64500).
 */
const tcg = ['-accel', 'tcg,thread=single', '-cpu', 'max,-pku'];

/** A virtio port and not a second serial line: with two CPUs under TCG a line was seen to lose an interrupt and stand still. */
const controlPort = ['-device', 'virtio-serial-pci', '-device', 'virtserialport,chardev=control,name=klpkit.control'];

/** The command line of QEMU for one boot. Pure. */
export function qemuArguments(kernel: BootableKernel, options: BootOptions, files: BootFiles): string[] {
  const { memoryMiB = 512, cpus = 2, network = 'none', accelerator = 'tcg' } = options;
  const card = ['-netdev', 'user,id=net0', '-device', 'virtio-net-pci,netdev=net0'];
  const append = ['console=ttyS0', 'panic=1', options.append ?? ''].join(' ').trim();
  return [
    '-machine pc -nodefaults -no-user-config -display none -monitor none -rtc base=utc'.split(' '),
    accelerator === 'kvm' ? ['-accel', 'kvm', '-cpu', 'host'] : tcg,
    ['-smp', String(cpus), '-m', String(memoryMiB)],
    ['-serial', 'stdio', '-chardev', `socket,id=control,fd=${controlFd}`, ...controlPort],
    network === 'user' ? card : ['-nic', 'none'],
    options.reboot === 'allow' ? [] : ['-no-reboot'],
    ['-kernel', kernel.image, '-initrd', files.initramfs, '-append', append],
    drive('root', options.root.path, ',readonly=on'),
    drive('state', files.state, ''),
    options.qemuArguments ?? [],
  ].flat();
}

/** `cache=unsafe`: a crash of the guest loses nothing of it, and one of the host is not survived by a test machine anyway. */
function drive(id: string, file: string, extra: string): string[] {
  const path = file.replaceAll(',', ',,');
  return [
    '-drive',
    `if=none,id=${id},file=${path},format=raw,cache=unsafe${extra}`,
    '-device',
    `virtio-blk-pci,drive=${id},serial=${id}`,
  ];
}
