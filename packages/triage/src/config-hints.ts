/** Which options build the files below a path of the kernel's source. */
export interface ConfigHint {
  /** Beginning of a path: `net/tipc/`. The longest that fits counts. */
  readonly path: string;
  /** Any of them set builds it, with `CONFIG_` in front. */
  readonly options: readonly string[];
  /** Names of modules that it may be built as. */
  readonly modules: readonly string[];
}

const hint = (path: string, option: string, module?: string): ConfigHint => ({
  path,
  options: [`CONFIG_${option}`],
  modules: module === undefined ? [] : [module],
});

/**
 * Hints for parts of the kernel that are named often and that whole kernels do without. Each is a line of the Makefile beside the files
 * (`obj-$(CONFIG_TIPC) := tipc.o`), for folders that nothing else builds. A policy may add to them.
 *
 * @example
 * ```ts
 * import { defaultConfigHints } from '@klpkit/triage';
 *
 * const tipc = defaultConfigHints.find(({ path }) => path === 'net/tipc/'); // CONFIG_TIPC
 * ```
 */
export const defaultConfigHints: readonly ConfigHint[] = [
  hint('arch/x86/kvm/', 'KVM', 'kvm'),
  hint('drivers/bluetooth/', 'BT', 'bluetooth'),
  hint('drivers/gpu/drm/', 'DRM', 'drm'),
  hint('drivers/gpu/drm/amd/amdgpu/', 'DRM_AMDGPU', 'amdgpu'),
  hint('drivers/gpu/drm/amd/', 'DRM_AMDGPU', 'amdgpu'),
  hint('drivers/gpu/drm/i915/', 'DRM_I915', 'i915'),
  hint('drivers/gpu/drm/nouveau/', 'DRM_NOUVEAU', 'nouveau'),
  hint('drivers/gpu/drm/vmwgfx/', 'DRM_VMWGFX', 'vmwgfx'),
  hint('drivers/infiniband/', 'INFINIBAND', 'ib_core'),
  hint('drivers/net/wireless/ath/ath11k/', 'ATH11K', 'ath11k'),
  hint('drivers/net/wireless/intel/iwlwifi/', 'IWLWIFI', 'iwlwifi'),
  hint('fs/9p/', '9P_FS', '9p'),
  hint('fs/afs/', 'AFS_FS', 'kafs'),
  hint('fs/btrfs/', 'BTRFS_FS', 'btrfs'),
  hint('fs/ceph/', 'CEPH_FS', 'ceph'),
  hint('fs/erofs/', 'EROFS_FS', 'erofs'),
  hint('fs/exfat/', 'EXFAT_FS', 'exfat'),
  hint('fs/ext4/', 'EXT4_FS', 'ext4'),
  hint('fs/f2fs/', 'F2FS_FS', 'f2fs'),
  hint('fs/gfs2/', 'GFS2_FS', 'gfs2'),
  hint('fs/hfs/', 'HFS_FS', 'hfs'),
  hint('fs/hfsplus/', 'HFSPLUS_FS', 'hfsplus'),
  hint('fs/jfs/', 'JFS_FS', 'jfs'),
  hint('fs/nfsd/', 'NFSD', 'nfsd'),
  hint('fs/nilfs2/', 'NILFS2_FS', 'nilfs2'),
  hint('fs/ntfs3/', 'NTFS3_FS', 'ntfs3'),
  hint('fs/ocfs2/', 'OCFS2_FS', 'ocfs2'),
  hint('fs/overlayfs/', 'OVERLAY_FS', 'overlay'),
  hint('fs/smb/client/', 'CIFS', 'cifs'),
  hint('fs/smb/server/', 'SMB_SERVER', 'ksmbd'),
  hint('fs/squashfs/', 'SQUASHFS', 'squashfs'),
  hint('fs/ubifs/', 'UBIFS_FS', 'ubifs'),
  hint('fs/udf/', 'UDF_FS', 'udf'),
  hint('fs/xfs/', 'XFS_FS', 'xfs'),
  hint('io_uring/', 'IO_URING'),
  hint('net/9p/', 'NET_9P', '9pnet'),
  hint('net/ax25/', 'AX25', 'ax25'),
  hint('net/batman-adv/', 'BATMAN_ADV', 'batman_adv'),
  hint('net/bluetooth/', 'BT', 'bluetooth'),
  hint('net/can/', 'CAN', 'can'),
  hint('net/llc/', 'LLC', 'llc'),
  hint('net/mac80211/', 'MAC80211', 'mac80211'),
  hint('net/mptcp/', 'MPTCP'),
  hint('net/netfilter/ipset/', 'IP_SET', 'ip_set'),
  hint('net/netfilter/ipvs/', 'IP_VS', 'ip_vs'),
  hint('net/netfilter/nf_tables_api.c', 'NF_TABLES', 'nf_tables'),
  hint('net/netrom/', 'NETROM', 'netrom'),
  hint('net/nfc/', 'NFC', 'nfc'),
  hint('net/openvswitch/', 'OPENVSWITCH', 'openvswitch'),
  hint('net/rds/', 'RDS', 'rds'),
  hint('net/rose/', 'ROSE', 'rose'),
  hint('net/rxrpc/', 'AF_RXRPC', 'rxrpc'),
  hint('net/sctp/', 'IP_SCTP', 'sctp'),
  hint('net/smc/', 'SMC', 'smc'),
  hint('net/tipc/', 'TIPC', 'tipc'),
  hint('net/tls/', 'TLS', 'tls'),
  hint('net/vmw_vsock/', 'VSOCKETS', 'vsock'),
  hint('virt/kvm/', 'KVM', 'kvm'),
];
