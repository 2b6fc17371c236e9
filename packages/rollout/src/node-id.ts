import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import { RolloutError } from './error.ts';

/**
 * A machine as the rollout knows it: 32 lower-case hex digits, derived from the machine id one way. Stable, and therefore never sent: all
 * that depends on it is computed on the machine.
 */
export type NodeId = string & { readonly __nodeId: unique symbol };

/** 32 hex digits, or in the five groups of a UUID, with the newline of /etc/machine-id: the forms of sd-id128(3). */
const idPattern = /^(?:[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\r?\n?$/i;

function parseId(text: string, what: string): Uint8Array {
  if (!idPattern.test(text)) {
    throw new RolloutError(
      'MALFORMED_ID',
      `${what} is 32 hex digits, or a UUID with dashes: check where it was read from.`,
    );
  }
  return hexToBytes(text.trim().replaceAll('-', '').toLowerCase());
}

/**
 * The id of a machine for one application, exactly as systemd derives it (`sd_id128_get_machine_app_specific`, `systemd-id128 machine-id -a`):
 * the first 16 bytes of HMAC-SHA256 with the machine id as key and the application id as message, marked as a UUIDv4.
 *
 * @param machineId 32 hex digits as in /etc/machine-id; a UUID's dashes, upper case and a trailing newline are tolerated.
 * @param appId The fleet's own application id in the same form: another one gives other, unlinkable ids.
 * @throws RolloutError `MALFORMED_ID`. What a machine without a usable id is to do is {@link readMachineId}'s to say.
 * @example
 * ```ts
 * import { nodeIdOf } from '@klpkit/rollout';
 *
 * const node = nodeIdOf('0102030405060708090a0b0c0d0e0f10', 'f03daaeb1c334b43a732172944bf772e');
 * // 'fb9a2c5cf80b4980951b0fcf44503a0d'
 * ```
 */
export function nodeIdOf(machineId: string, appId: string): NodeId {
  const id = hmac(sha256, parseId(machineId, 'A machine id'), parseId(appId, 'An application id')).slice(0, 16);
  const at = (index: number): number => id[index] ?? 0;
  id[6] = (at(6) & 0x0f) | 0x40;
  id[8] = (at(8) & 0x3f) | 0x80;
  return bytesToHex(id) as NodeId;
}

/**
 * Reads what stands in /etc/machine-id. `undefined` where the machine has no id yet (empty, `uninitialized`, all zeros: machine-id(5)): such
 * a machine is the last to be reached, because all images made alike would otherwise fall into one bucket.
 *
 * @throws RolloutError `MALFORMED_ID` where something else stands there.
 * @example
 * ```ts
 * import { nodeIdOf, readMachineId } from '@klpkit/rollout';
 *
 * const machineId = readMachineId('uninitialized\n');
 * const node = machineId === undefined ? undefined : nodeIdOf(machineId, 'f03daaeb1c334b43a732172944bf772e');
 * ```
 */
export function readMachineId(text: string): string | undefined {
  const trimmed = text.trim();
  if (trimmed === '' || trimmed === 'uninitialized') return undefined;
  const id = bytesToHex(parseId(trimmed, 'A machine id'));
  return /^0+$/.test(id) ? undefined : id;
}
