import { KernelError, type KernelErrorCode } from './error.ts';

/** What an errno means: its cause and the next step. */
interface Meaning {
  readonly code: KernelErrorCode;
  readonly text: string;
}

const insertMeanings: Readonly<Record<string, Meaning>> = {
  EPERM: {
    code: 'PERMISSION_DENIED',
    text: 'the kernel does not let this process load it: run as root with CAP_SYS_MODULE, and check kernel.modules_disabled, module_blacklist and lockdown (an unsigned or unknown signer is refused under lockdown)',
  },
  EACCES: {
    code: 'PERMISSION_DENIED',
    text: 'a security policy (IMA appraisal, LoadPin, SELinux) refused the file: use finit_module from a folder that the policy trusts',
  },
  ENOENT: {
    code: 'UNKNOWN_SYMBOL',
    text: 'it needs a symbol that this kernel does not have: it was built for another kernel or needs a module that is not loaded',
  },
  ENOEXEC: {
    code: 'WRONG_FORMAT',
    text: 'the kernel does not take it as a module of its own: build it for this release, architecture and configuration, and hand it over uncompressed',
  },
  ENOMEM: { code: 'OUT_OF_MEMORY', text: 'the kernel has no memory for it: free some and try again' },
  EBUSY: {
    code: 'BUSY',
    text: 'another livepatch transition is under way, kernel.ftrace_enabled is 0, or another tool holds the function: wait for the transition to end, then check ftrace',
  },
  EEXIST: {
    code: 'ALREADY_LOADED',
    text: 'a module of this name is loaded: disable and remove it first, or give the new one another name',
  },
  EBADMSG: { code: 'SIGNATURE_MALFORMED', text: 'its signature block cannot be parsed: sign it again' },
  ENOPKG: {
    code: 'KEY_REJECTED',
    text: 'its signature uses an algorithm that this kernel lacks: sign it with one that the kernel has built in',
  },
  ENOKEY: {
    code: 'KEY_REJECTED',
    text: 'no trusted key matches its signer: enrol the certificate or sign with a key that the kernel trusts',
  },
  EKEYEXPIRED: { code: 'KEY_REJECTED', text: "the signer's key expired: sign it with a current key" },
  EKEYREVOKED: { code: 'KEY_REJECTED', text: "the signer's key was revoked: sign it with another key" },
  EKEYREJECTED: {
    code: 'KEY_REJECTED',
    text: 'its signature is wrong, its signer is not trusted, or it or its certificate is on the blacklist; without a line in the log the bytes were altered: fetch it again and check the trusted keys in /proc/keys',
  },
  ENOSYS: {
    code: 'NOT_SUPPORTED',
    text: 'this kernel is built without loadable modules (CONFIG_MODULES): use a kernel that has them',
  },
  EOPNOTSUPP: {
    code: 'NOT_SUPPORTED',
    text: 'this kernel does not do what was asked of it: hand the module over uncompressed',
  },
  EINVAL: {
    code: 'REJECTED',
    text: 'the kernel refused its content: a function that is not there or cannot be traced, an incompatible livepatch state, a symbol version or a parameter value that does not fit',
  },
  EINTR: { code: 'REJECTED', text: 'a signal ended the wait for another load of the same name: try again' },
  ETXTBSY: { code: 'REJECTED', text: 'the file is open for writing elsewhere: use a folder that only root can write' },
};

/** A refused load as the package's error. */
export function insertRefusal(
  name: string,
  errno: string,
  kernelLine: string | undefined,
  cause: unknown,
): KernelError {
  const meaning = insertMeanings[errno] ?? {
    code: 'REJECTED',
    text: 'the kernel or the module itself (its init, or a pre-patch callback) returned this: see what it printed',
  };
  return refusal(`module ${name} was refused`, errno, meaning, kernelLine, cause);
}

const removeMeanings: Readonly<Record<string, Meaning>> = {
  EPERM: { code: 'PERMISSION_DENIED', text: 'this process may not unload: run as root with CAP_SYS_MODULE' },
  ENOENT: { code: 'NOT_LOADED', text: 'no module of this name is loaded: there is nothing to do' },
  EAGAIN: {
    code: 'BUSY',
    text: 'it is in use: disable the patch, wait until its transition ended, and remove what depends on it',
  },
  EBUSY: {
    code: 'NAME_STUCK',
    text: 'it is not live (its init has not come back, or it is on its way out), or has no exit function: only a reboot clears it',
  },
  ENOSYS: { code: 'NOT_SUPPORTED', text: 'this kernel cannot unload modules (CONFIG_MODULE_UNLOAD): reboot instead' },
};

/** A refused unload as the package's error. */
export function removeRefusal(name: string, errno: string, cause: unknown): KernelError {
  const meaning = removeMeanings[errno] ?? { code: 'REJECTED', text: 'the kernel returned this: see its log' };
  return refusal(`module ${name} was not removed`, errno, meaning, undefined, cause);
}

function refusal(
  what: string,
  errno: string,
  meaning: Meaning,
  kernelLine: string | undefined,
  cause: unknown,
): KernelError {
  const said = kernelLine === undefined ? '' : ` The kernel says: ${kernelLine}`;
  return new KernelError(meaning.code, `${what} (${errno}): ${meaning.text}.${said}`, { errno, kernelLine, cause });
}
