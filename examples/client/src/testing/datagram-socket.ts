import koffi from 'koffi';

/** A datagram socket at a path, as systemd listens on; Node has none. */
export interface DatagramSocket extends Disposable {
  /** What has come since the last look, oldest first. */
  received(): string[];
}

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const MSG_DONTWAIT = 0x40;

/** Opens it; Linux only. */
export function openDatagramSocket(path: string): DatagramSocket {
  const libc = koffi.load(null);
  const socket = libc.func('int socket(int domain, int type, int protocol)');
  const bind = libc.func('int bind(int fd, const void *address, int length)');
  const recv = libc.func('long recv(int fd, void *buffer, unsigned long length, int flags)');
  const close = libc.func('int close(int fd)');
  const address = Buffer.alloc(110); // struct sockaddr_un, unix(7)
  address.writeUInt16LE(AF_UNIX, 0);
  address.write(path, 2);
  const fd = Number(socket(AF_UNIX, SOCK_DGRAM, 0));
  if (Number(bind(fd, address, address.length)) !== 0) throw new Error(`cannot listen on ${path}`);
  return {
    received() {
      const words: string[] = [];
      const buffer = Buffer.alloc(4096);
      for (;;) {
        const length = Number(recv(fd, buffer, buffer.length, MSG_DONTWAIT));
        if (length < 0) return words;
        words.push(buffer.toString('utf8', 0, length));
      }
    },
    [Symbol.dispose]: () => void close(fd),
  };
}
