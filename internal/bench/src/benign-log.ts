import { closeSync, openSync, writeSync } from 'node:fs';

/** Messages of an uneventful boot and day. `#` is a number. */
const messages = [
  'Linux version 6.1.0-#-amd64 (builder@example) (gcc 12.2.0, GNU ld 2.40) SMP PREEMPT_DYNAMIC',
  'Command line: BOOT_IMAGE=/vmlinuz root=/dev/vda1 ro quiet oops=panic',
  'BIOS-e820: [mem 0x0000000000#-0x000000007ffdcfff] usable',
  'ACPI: Early table checksum verification disabled',
  'ACPI: FACP 0x000000007FFE# 000074 (v01 BOCHS  BXPC     00000001 BXPC 00000001)',
  'rcu: Hierarchical RCU implementation.',
  'rcu: \tRCU restricting CPUs from NR_CPUS=8192 to nr_cpu_ids=#.',
  'pci 0000:00:1f.#: [8086:2918] type 00 class 0x060100',
  'pci 0000:00:1f.#: BAR 4 [io  0xc040-0xc05f]',
  'clocksource: tsc-early: mask: 0xffffffffffffffff max_cycles: 0x#, max_idle_ns: 440795202120 ns',
  'NET: Registered PF_INET6 protocol family',
  'TCP: Hash tables configured (established # bind 16384)',
  'virtio_blk virtio1: [vda] # 512-byte logical blocks (10.7 GB/10.0 GiB)',
  'EXT4-fs (vda1): mounted filesystem # with ordered data mode. Quota mode: none.',
  'systemd[1]: Started systemd-journald.service - Journal Service.',
  'audit: type=1400 audit(1#.123:45): apparmor="STATUS" operation="profile_load" name="lsb_release" pid=#',
  'usb 1-#: new high-speed USB device number # using xhci_hcd',
  'usb 1-#: device descriptor read/64, error -71',
  'e1000e 0000:00:19.0 eth0: NIC Link is Up 1000 Mbps Full Duplex, Flow Control: None',
  'IPv6: ADDRCONF(NETDEV_CHANGE): eth#: link becomes ready',
  'docker0: port #(veth12ab34c) entered blocking state',
  'device veth# entered promiscuous mode',
  'perf: interrupt took too long (# > 2500), lowering kernel.perf_event_max_sample_rate to 79750',
  'workqueue: drm_fb_helper_damage_work hogged CPU for >10000us # times, consider switching to WQ_UNBOUND',
  'nvme nvme0: I/O # QID 3 timeout, completion polled',
  'Bluetooth: hci0: Firmware revision 0.# build 44 week 52 2021',
  'kauditd_printk_skb: # callbacks suppressed',
  'TCP: request_sock_TCP: Possible SYN flooding on port #. Sending cookies.',
  'xfs filesystem being mounted at /mnt/# supports timestamps until 2038',
  'hrtimer: interrupt took # ns',
  'NOHZ tick-stop error: local softirq work is pending, handler ##',
] as const;

/** Alarm words that mean nothing; here one line in 500 has one, and has to be looked at. */
const alarms = [
  'x86/split lock detection: #AC: crashing the kernel on kernel split_locks and warning on user-space split_locks',
  'Spectre V2 : WARNING: Unprivileged eBPF is enabled with eIBRS on, data leaks possible',
  'EXT4-fs (loop1): INFO: recovery required on readonly filesystem',
  'ACPI BIOS Error (bug): Could not resolve symbol [\\_SB.PCI0.#], AE_NOT_FOUND',
] as const;
const linesPerAlarm = 500;

/** Writes a benign kernel log of about so many bytes. The same number always gives the same log. */
export function writeBenignLog(path: string, bytes: number): void {
  const file = openSync(path, 'w');
  try {
    let state = 42;
    let timeUs = 0;
    for (let written = 0; written < bytes; ) {
      let block = '';
      while (block.length < 1 << 20) {
        state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
        timeUs += state % 5_000;
        const list = state % linesPerAlarm === 0 ? alarms : messages;
        const message = list[Math.floor(state / linesPerAlarm) % list.length] ?? '';
        const seconds = String(Math.floor(timeUs / 1e6)).padStart(5);
        block += `[${seconds}.${String(timeUs % 1e6).padStart(6, '0')}] ${message.replaceAll('#', String(state % 65_536))}\n`;
      }
      written += writeSync(file, block);
    }
  } finally {
    closeSync(file);
  }
}
