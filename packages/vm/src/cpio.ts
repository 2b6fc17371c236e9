/** One entry of an initramfs. Folders have no content. */
export interface CpioEntry {
  readonly path: string;
  readonly mode: number;
  readonly content?: Uint8Array;
}

const folderMode = 0o040755;
const trailer = 'TRAILER!!!';

const pad4 = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
const hex8 = (value: number): string => value.toString(16).padStart(8, '0');

/** A cpio archive in the "newc" form that the kernel unpacks (Documentation/driver-api/early-userspace/buffer-format.rst). */
export function packCpio(entries: readonly CpioEntry[]): Uint8Array {
  const parts = entries.map((entry, index) =>
    packEntry(entry.path, entry.mode, entry.content ?? Buffer.alloc(0), index + 1),
  );
  return Buffer.concat([...parts, packEntry(trailer, 0, Buffer.alloc(0), 0)]);
}

/** A folder entry. */
export const cpioFolder = (path: string): CpioEntry => ({ path, mode: folderMode });

/** An executable file entry. */
export const cpioProgram = (path: string, content: Uint8Array | string): CpioEntry => ({
  path,
  mode: 0o100755,
  content: Buffer.from(content),
});

function packEntry(path: string, mode: number, content: Uint8Array, inode: number): Buffer {
  const name = Buffer.from(`${path}\0`);
  // magic, ino, mode, uid, gid, nlink, mtime, filesize, devmajor, devminor, rdevmajor, rdevminor, namesize, check
  const fields = [inode, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, name.length, 0];
  const header = Buffer.from(`070701${fields.map(hex8).join('')}`);
  return Buffer.concat([pad4(Buffer.concat([header, name])), pad4(Buffer.from(content))]);
}
