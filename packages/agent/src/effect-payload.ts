import { preflight } from '@klpkit/kernel';
import { checkTarget, type VerifiedModule, verifyModule } from '@klpkit/payload';
import type { Body } from './body.ts';
import type { Effect } from './effect.ts';
import { AgentError } from './error.ts';
import type { StepEvent } from './step-event.ts';
import type { Hands } from './workbench.ts';

type Of<K extends Effect['kind']> = Extract<Effect, { kind: K }>;

/** From the cache where a proven patch is put back, else from the server. What the cache holds is verified like everything else. */
export async function download({ attempt }: Of<'download'>, { body, bench, signal }: Hands): Promise<StepEvent> {
  const { release, payload } = attempt;
  const cached = attempt.reapply ? await body.payloads.read(release.sha256) : undefined;
  bench.bytes = cached ?? (await body.ports.source.payload(release, payload, signal === undefined ? {} : { signal }));
  return { kind: 'downloaded' };
}

/** Digest, signature, livepatch, target, obstacles on this machine: in this order, so that the first answer is the one that matters. */
export async function verify({ attempt }: Of<'verify'>, { body, bench, signal }: Hands): Promise<StepEvent> {
  const { bytes } = bench;
  if (bytes === undefined) throw new TypeError('nothing was downloaded');
  const { sha256 } = attempt.release;
  const stop = signal === undefined ? {} : { signal };
  const module = await verifyModule(bytes, { trust: body.ports.trust, sha256, ...stop });
  await checkFits(module, body);
  await body.payloads.keep(sha256, bytes);
  delete bench.bytes;
  bench.module = module;
  return { kind: 'verified', module: module.name };
}

async function checkFits(module: VerifiedModule, body: Body): Promise<void> {
  if (!module.livepatch) {
    const next =
      'Nothing was inserted. Publish the module that the livepatch build made, with livepatch=Y in its .modinfo.';
    throw new AgentError('NOT_A_LIVEPATCH', `The module ${module.name} is signed, but it is no livepatch. ${next}`);
  }
  const fit = checkTarget(module, { release: body.kernelInfo.release, arch: body.kernelInfo.arch });
  if (!fit.fits) throw new AgentError('WRONG_TARGET', `Nothing was inserted: ${fit.message}.`);
  const { reasons } = await preflight(module, body.kernelOptions);
  const obstacle = reasons.find((reason) => reason.blocking);
  if (obstacle !== undefined) {
    throw new AgentError('KERNEL_UNSUITABLE', `Nothing was inserted (${obstacle.code}): ${obstacle.message}`);
  }
}
