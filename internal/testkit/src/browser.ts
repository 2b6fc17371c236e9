/**
 * Runs code in a real Chromium: the machine's own (Debian's package), nothing is downloaded.
 *
 * @packageDocumentation
 */
import { existsSync } from 'node:fs';
import { build } from 'esbuild';
import { chromium, type Page } from 'playwright-core';

const binaries = ['/usr/bin/chromium', '/usr/bin/chromium-headless-shell', '/usr/bin/google-chrome'];

/** Path of a Chromium of this machine (`KLPKIT_CHROMIUM`, else where packages put it); `undefined` where there is none. */
export function findChromium(): string | undefined {
  return [process.env['KLPKIT_CHROMIUM'] ?? '', ...binaries].find((path) => path !== '' && existsSync(path));
}

/** Bundles a module for a browser as an application would: without the `node` condition, no Node built-in left. */
export async function bundleForBrowser(source: string, folder: string): Promise<string> {
  const result = await build({
    stdin: { contents: source, resolveDir: folder, loader: 'ts' },
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    target: 'es2024',
    conditions: ['@klpkit/source'],
    logLevel: 'silent',
  });
  return result.outputFiles[0]?.text ?? '';
}

/** A page with a script in it. */
export interface BrowserPage extends AsyncDisposable {
  readonly page: Page;
}

/** Opens a page in a secure context (as WebCrypto wants it) without any network, and runs the script in it. */
export async function openPage(executablePath: string, script: string): Promise<BrowserPage> {
  // A sandbox cannot be had as root, which is what a container is.
  const browser = await chromium.launch({ executablePath, headless: true, chromiumSandbox: process.getuid?.() !== 0 });
  try {
    const page = await browser.newPage();
    await page.route('**/*', (route) =>
      route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>test</title>' }),
    );
    await page.goto('https://klpkit.test/');
    await page.addScriptTag({ content: script });
    return { page, [Symbol.asyncDispose]: () => browser.close() };
  } catch (error) {
    await browser.close();
    throw error;
  }
}
