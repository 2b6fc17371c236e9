import axe from 'axe-core';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  chromiumPath,
  launchBrowser,
  openDashboard,
  openLine,
  signIn,
  type StorageState,
} from '../testing/dashboard/browser.ts';
import { crash, type Fleet, publishFleet } from '../testing/dashboard/fleet.ts';
import { addPeople, people } from '../testing/dashboard/story.ts';
import { type Harness, startHarness } from '../testing/harness.ts';

it.skipIf(chromiumPath !== undefined)('there is no Chromium: the page was not opened', () => undefined);

describe.runIf(chromiumPath !== undefined)('the dashboard in Chromium', { timeout: 180_000 }, () => {
  let harness: Harness;
  let browser: Browser;
  beforeAll(async () => {
    const phase = { microPercent: 100_000_000, minSoakMs: 3_600_000 };
    harness = await startHarness({
      gate: { policy: { p0: 0.01, pBad: 0.1, alpha: 0.01, beta: 0.05 }, intervalMs: 100 },
      limits: { signInsPerMinute: 1000 },
      plan: {
        tiers: [
          { tier: 'internal', promotion: 'person', phases: [phase] },
          { tier: 'stable', promotion: 'person', phases: [{ microPercent: 10_000_000, minSoakMs: 0 }, phase] },
        ],
      },
    });
    await addPeople(harness);
    browser = await launchBrowser();
  }, 180_000);
  afterAll(async () => {
    await browser.close();
    await harness.close();
  });

  /** What the browser complained of: nothing may be refused by the page's own policy, nothing may be thrown. */
  const complaints: string[] = [];
  /** Everybody signs in once. */
  const sessions = new Map<keyof typeof people, StorageState>();
  let kernels = 0;
  async function open(
    who: keyof typeof people,
    fleet?: Fleet,
    look: { colorScheme?: 'light' | 'dark'; width?: number; url?: string } = {},
  ): Promise<Page> {
    const known = sessions.get(who);
    const state = known === undefined ? {} : { storageState: known };
    const page = await openDashboard(browser, { url: harness.server.url, ...look, ...state });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    if (known === undefined) await signIn(page, people[who]);
    sessions.set(who, known ?? (await page.context().storageState()));
    if (fleet === undefined) return page;
    await page.getByRole('navigation', { name: 'Patches' }).getByRole('link', { name: fleet.key }).click();
    await heading(page, fleet.key).waitFor();
    return page;
  }
  const heading = (page: Page, name: string): Locator => page.getByRole('heading', { level: 1, name, exact: true });
  const badge = (page: Page, text: string): Locator => page.locator('.title .badge', { hasText: text });
  const figure = (page: Page, name: string, value: string): Locator =>
    page.locator('.figures div', { has: page.locator('dt', { hasText: name }) }).locator('dd', { hasText: value });
  const publish = (name: string): Promise<Fleet> => {
    kernels += 1;
    return publishFleet(harness, { name, kernel: `6.1.${kernels}-amd64`, fixes: ['CVE-2026-1001'] });
  };
  async function act(page: Page, name: string, reason: string): Promise<void> {
    await page.getByRole('button', { name: `${name} …` }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel(/^Reason/).fill(reason);
    await dialog.getByRole('button', { name: name.replace(' block', ''), exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
  }

  it('asks who it is, and says so when the password is wrong', async () => {
    const page = await openDashboard(browser, { url: harness.server.url });
    await page.getByLabel('Name').fill('ada');
    await page.getByLabel('Password').fill('not the password at all');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').filter({ hasText: 'The name or the password is wrong' }).waitFor();
    await signIn(page, people.operator);
    await page.reload();
    await heading(page, 'Patches').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    await page.reload();
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    await page.context().close();
  });

  it('shows a faulty patch halt while one looks; lift, resume, block and promote', async () => {
    const lp = await publish('faulty');
    const page = await open('operator', lp);
    await page.getByText('No machine has begun yet').waitFor();
    // Gone after a reload: so that everything below came by itself.
    await page.evaluate('globalThis.sameDocument = true');
    await lp.report(lp.good(6));
    await figure(page, 'Machines began', '6').waitFor();
    await lp.report(lp.bad(5), lp.check(2, { reason: 'not-in-phase' }));
    await badge(page, 'Blocked').waitFor();
    await page
      .getByText(/^Halt: 5 of 11 machines failed/)
      .first()
      .waitFor();
    await page.locator('#announcer', { hasText: `${lp.key}: ` }).waitFor({ state: 'attached' });
    await page.getByRole('img', { name: 'Evidence of harm and of safety' }).waitFor();
    await page.getByRole('region', { name: 'Failures' }).getByText('page fault in nft_chain_validate').waitFor();
    await page.getByRole('row', { name: 'held not-in-phase internal 2' }).waitFor();
    await page.getByRole('region', { name: 'Audit trail' }).getByText('The gate blocked this patch').waitFor();

    await act(page, 'Lift block', 'false-alarm');
    await badge(page, 'Halted by the gate').waitFor();
    await act(page, 'Resume', 'A test of the page.');
    await badge(page, 'Evidence of harm').waitFor();
    await act(page, 'Promote', 'We know what it is.');
    await page.locator('li[aria-current=step]', { hasText: 'stable 10%' }).waitFor();
    await act(page, 'Pause', 'Looking again.');
    await badge(page, 'Paused by ada').waitFor();
    await page.getByRole('button', { name: 'Block …' }).click();
    await page.getByLabel('take it out where it runs').check();
    await page
      .getByRole('dialog')
      .getByLabel(/^Reason/)
      .fill('kernel-fault');
    await page.getByRole('dialog').getByLabel('In your words').fill('See the <b>trace</b>.');
    await page.getByRole('dialog').getByRole('button', { name: 'Block', exact: true }).click();
    await badge(page, 'Blocked').waitFor();
    await page.getByRole('region', { name: 'Audit trail' }).getByText('See the <b>trace</b>.').waitFor();
    expect(await page.evaluate('globalThis.sameDocument')).toBe(true);
    expect(await lp.view()).toMatchObject({
      blocked: 'disable',
      blocklist: { entries: [{ reason: 'kernel-fault' }], lifted: [{ reason: 'false-alarm' }] },
    });
    const { audit } = await lp.view();
    expect(audit.filter(({ actor }) => actor === 'user:ada').map(({ action }) => action)).toEqual([
      'blocklist-block',
      'rollout-pause',
      'rollout-promote',
      'rollout-resume',
      'blocklist-lift',
    ]);
    await page.context().close();
  });

  it('asks for a reason, and tells in the dialog what the server refuses', async () => {
    const lp = await publish('refused');
    const page = await open('operator', lp);
    await page.getByRole('button', { name: 'Pause …' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Pause', exact: true }).click();
    expect((await lp.view()).status).toBe('running');
    // Somebody else is quicker.
    await harness.ask('POST', `/v1/admin/rollouts/${lp.key}/events`, { body: { type: 'pause' } });
    await page.getByRole('dialog').getByLabel('Reason').fill('me too');
    await page.getByRole('dialog').getByRole('button', { name: 'Pause', exact: true }).click();
    await page.getByRole('dialog').getByRole('alert').filter({ hasText: 'The rollout is paused already' }).waitFor();
    await page.context().close();
  });

  it('says when it is not live, and catches up when it is again', async () => {
    const lp = await publish('cut-off');
    await using line = await openLine(harness.server.url);
    const page = await open('operator', lp, { url: line.url });
    await page.getByText('Live', { exact: true }).waitFor();
    line.cut();
    await page.getByText(/^(Connecting|Not live)/).waitFor();
    await lp.report(lp.good(4));
    line.mend();
    await figure(page, 'Machines began', '4').waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    await page.context().close();
  });

  it('lets a viewer look and not act', async () => {
    const lp = await publish('viewed');
    const page = await open('viewer', lp);
    await badge(page, 'Rolling out').waitFor();
    expect(await page.getByRole('button', { name: /…$/ }).count()).toBe(0);
    await page.context().close();
  });

  it('shows markup in every field as text', async () => {
    const lp = await publish('markup');
    const markup = '<img src=x onerror="globalThis.broken=1"><script>globalThis.broken=1</script>';
    const [incident] = crash.incidents;
    const trace = [`${markup} in the trace`];
    await lp.report(lp.bad(1, { ...crash, incidents: [{ ...incident, title: `${markup} in the title`, trace }] }));
    const page = await open('operator', lp);
    await act(page, 'Pause', `${markup} in the reason`);
    const failures = page.getByRole('region', { name: 'Failures' });
    await failures.getByText(`${markup} in the title`).waitFor();
    await failures.getByText('Trace of the first').click();
    await failures.getByText(`${markup} in the trace`).waitFor();
    await page.getByRole('region', { name: 'Audit trail' }).getByText(`${markup} in the reason`).waitFor();
    expect(await page.locator('#app img, #app script').count()).toBe(0);
    expect(await page.evaluate('globalThis.broken')).toBeUndefined();
    await page.context().close();
  });

  it('can be used with the keyboard alone', async () => {
    const lp = await publish('keyboard');
    const page = await open('operator', lp);
    expect(await page.evaluate('document.activeElement.tagName')).toBe('H1');
    await page.reload();
    await page.getByRole('button', { name: 'Pause …' }).waitFor();
    await page.getByRole('link', { name: 'Skip to the patch' }).focus();
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('main');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    expect(await page.evaluate('document.activeElement.name')).toBe('reason');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await page.evaluate('document.activeElement.dataset.act')).toBe('pause');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.type('by keyboard');
    expect(await page.getByLabel('Reason').inputValue()).toBe('by keyboard');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.type')).toBe('submit');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await badge(page, 'Paused by ada').waitFor();
    await page.context().close();
  });

  it('opens a dialog again for whoever is quicker than the end of the last one', async () => {
    const page = await open('operator', await publish('quick'));
    await page.getByRole('button', { name: 'Pause …' }).click();
    await page.getByRole('dialog').waitFor();
    // In one task, as keys that were pressed while the page was busy.
    const isOpen = await page.evaluate(`new Promise((resolve) => {
      document.querySelector('dialog').addEventListener('close', () => setTimeout(() => resolve(document.querySelector('dialog')?.open)));
      document.querySelector('dialog').close();
      document.querySelector('[data-act=pause]').click();
    })`);
    expect(isOpen).toBe(true);
    await page.context().close();
  });

  const allRules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
  async function violations(page: Page, rules: readonly string[]): Promise<unknown> {
    await page.evaluate(axe.source);
    return page.evaluate(`axe.run({ runOnly: ${JSON.stringify(rules)} })
      .then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map((node) => node.html).join(' | ')))`);
  }

  async function openBlocked(colorScheme: 'light' | 'dark'): Promise<Page> {
    const lp = await publish(`axe-${colorScheme}`);
    await lp.report(lp.good(3), lp.bad(5), lp.silent(1), lp.check(1, { reason: 'not-in-phase' }));
    const page = await open('operator', lp, { colorScheme });
    await badge(page, 'Blocked').waitFor();
    for (const summary of await page.locator('summary').all()) await summary.click();
    return page;
  }

  it('leaves nothing for axe to complain of', async () => {
    const login = await openDashboard(browser, { url: harness.server.url });
    await login.getByLabel('Name').waitFor();
    expect(await violations(login, allRules)).toEqual([]);
    await login.context().close();
    const page = await openBlocked('light');
    expect(await violations(page, allRules)).toEqual([]);
    await page.getByRole('button', { name: 'Lift block …' }).click();
    expect(await violations(page, allRules)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.goto(`${harness.server.url}/dashboard/#/`);
    await page.getByRole('heading', { name: 'What happened' }).waitFor();
    expect(await violations(page, allRules)).toEqual([]);
    await page.context().close();
  });

  // What the colours do not change has been looked for.
  it('has enough contrast in the dark, too', async () => {
    const page = await openBlocked('dark');
    expect(await violations(page, ['color-contrast'])).toEqual([]);
    await page.getByRole('button', { name: 'Lift block …' }).click();
    expect(await violations(page, ['color-contrast'])).toEqual([]);
    await page.context().close();
  });

  it('needs no scrolling sideways on narrow screens', async () => {
    const lp = await publish('narrow');
    await lp.report(lp.good(3), lp.bad(5), lp.check(1, { reason: 'not-in-phase' }));
    const page = await open('operator', lp, { width: 768 });
    await badge(page, 'Blocked').waitFor();
    const tooWide = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
    for (const width of [768, 390, 320]) {
      await page.setViewportSize({ width, height: 800 });
      await expect.poll(() => page.evaluate(tooWide)).toBe(0);
    }
    await page.getByRole('link', { name: 'All patches' }).click();
    await heading(page, 'Patches').waitFor();
    expect(await page.evaluate(tooWide)).toBe(0);
    await page.context().close();
  });

  it('was not complained of by the browser: no policy broken, nothing thrown', () => {
    // What the server refuses on purpose in these tests is told there as well, and that the line was cut.
    expect(complaints.filter((text) => !/status of (401|409)|net::ERR_/.test(text))).toEqual([]);
  });
});
