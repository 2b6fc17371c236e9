import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath, launchBrowser, openDashboard } from '../testing/dashboard/browser.ts';
import { type Harness, startHarness } from '../testing/harness.ts';
import { type IdentityProvider, startIdentityProvider } from '../testing/identity-provider.ts';

it.skipIf(chromiumPath !== undefined)('there is no Chromium: nobody clicked', () => undefined);

describe.runIf(chromiumPath !== undefined)('signing in at a provider, in Chromium', { timeout: 180_000 }, () => {
  // The address that both know of the server before it has a port; the browser is told where that is.
  const host = 'patches.example.org';
  const publicUrl = `https://${host}`;
  const client = { clientId: 'klpkit', clientSecret: 'a-secret-of-the-client', publicUrl };
  let provider: IdentityProvider;
  let harness: Harness;
  let browser: Browser;
  beforeAll(async () => {
    const person = { sub: 'otto', groups: ['kernel-operators'] };
    provider = await startIdentityProvider({ ...client, asks: true }, person);
    harness = await startHarness({
      oidc: { ...client, issuer: provider.issuer, roles: { operator: ['kernel-operators'] } },
    });
    await harness.publish();
    const { port } = new URL(harness.server.url);
    browser = await launchBrowser([`--host-resolver-rules=MAP ${host}:443 127.0.0.1:${port}`]);
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    await harness?.close();
    await provider?.close();
  });

  async function clickThrough(page: Page): Promise<void> {
    await page.getByRole('link', { name: 'Sign in at your identity provider' }).click();
    await page.getByRole('button', { name: 'Sign in as the person' }).click();
  }

  it('is a click on the link, one at the provider, and then one may act', async () => {
    const page = await openDashboard(browser, { url: publicUrl });
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    await clickThrough(page);
    const patches = page.getByRole('navigation', { name: 'Patches' });
    await patches.waitFor();
    await page.locator('.who', { hasText: 'otto@oidc operator' }).waitFor();
    await patches.getByRole('link', { name: 'lp-1' }).click();
    await page.getByRole('button', { name: 'Pause …' }).click();
    await page.getByRole('dialog').getByLabel('Reason').fill('Signed in from elsewhere.');
    await page.getByRole('dialog').getByRole('button', { name: 'Pause', exact: true }).click();
    await page.locator('.title .badge', { hasText: 'Paused by otto@oidc' }).waitFor();
    const { json } = await harness.ask('GET', '/v1/admin/audit?release=lp-1');
    expect(json.rows[0]).toMatchObject({ actor: 'user:otto@oidc', action: 'rollout-pause' });
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('link', { name: 'Sign in at your identity provider' }).waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('is refused in words on the page to somebody of no group, who may try again', async () => {
    provider.person = { sub: 'eve', groups: ['strangers'] };
    const page = await openDashboard(browser, { url: publicUrl });
    await clickThrough(page);
    await page.getByText('None of your groups may sign in here').waitFor();
    expect(new URL(page.url()).pathname + new URL(page.url()).search).toBe('/dashboard/');
    await page.reload();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(await page.getByText('None of your groups').count()).toBe(0);
    // The callback without an attempt, as a bookmark of it is.
    await page.goto(`${publicUrl}/v1/session/oidc/callback?code=1&state=2`);
    await page.getByText('The provider’s answer was not accepted').waitFor();
    await page.context().close();
  });
});
