import type { KernelSelector, NewestKernel } from './kernel.ts';

/** Debian's names: 6.1.0-ABI-FLAVOUR for the stable series, 6.12.N+debM-FLAVOUR for the later ones. */
const seriesOf: Readonly<Record<NewestKernel, RegExp>> = {
  'newest-6.1-cloud': /^6\.1\.0-(\d+)-cloud-amd64$/,
  'newest-6.12-cloud': /^6\.12\.(\d+)\+deb\d+-cloud-amd64$/,
  'newest-6.1': /^6\.1\.0-(\d+)-amd64$/,
  'newest-6.12': /^6\.12\.(\d+)\+deb\d+-amd64$/,
};

/** A release that may stand in a package's name; anything else never reaches apt. */
const releasePattern = /^[0-9][0-9A-Za-z.+~-]{0,62}$/;

const isNewest = (selector: KernelSelector): selector is NewestKernel => Object.hasOwn(seriesOf, selector);

/** Picks the release that a selector means out of those that apt offers; undefined when none fits. */
export function selectRelease(selector: KernelSelector, offered: Iterable<string>): string | undefined {
  if (!isNewest(selector)) return [...offered].find((release) => release === selector);
  const series = seriesOf[selector];
  let best: { release: string; abi: number } | undefined;
  for (const release of offered) {
    const abi = Number(series.exec(release)?.[1] ?? -1);
    if (abi > (best?.abi ?? -1)) best = { release, abi };
  }
  return best?.release;
}

/** Tells whether a selector can name a kernel at all. */
export function isKernelSelector(selector: string): boolean {
  return isNewest(selector) || releasePattern.test(selector);
}
