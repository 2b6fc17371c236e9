import { describe, expect, it } from 'vitest';
import { parseConfig } from './config.ts';
import { isConfigError } from './error.ts';

const least = {
  server: { url: 'https://patches.example.com' },
  tier: 'updates',
  appId: 'f03daaeb1c334b43a732172944bf772e',
  trust: ['signing.pem'],
};
const codeOf = (json: unknown) => {
  try {
    parseConfig(typeof json === 'string' ? json : JSON.stringify(json), '/etc/klpkit/client.json');
    return 'accepted';
  } catch (error) {
    return isConfigError(error) ? error.message : String(error);
  }
};

describe('a configuration', () => {
  it('needs four settings; the rest has defaults, and paths are meant from its folder', () => {
    const config = parseConfig(JSON.stringify(least), '/etc/klpkit/client.json');
    expect(config.trust).toEqual(['/etc/klpkit/signing.pem']);
    expect(config.stateFolder).toBe('/var/lib/klpkit');
    expect(config.schedule.healthDelaysMs).toEqual([0, 60_000, 300_000, 900_000]);
  });

  it('may change a part of the schedule', () => {
    const config = parseConfig(JSON.stringify({ ...least, schedule: { checkIntervalMs: 5000 } }), '/x/c.json');
    expect(config.schedule).toMatchObject({ checkIntervalMs: 5000, transitionDeadlineMs: 60_000 });
  });

  it.each([
    ['that is no JSON', '{', /no JSON/],
    ['that is empty', {}, /"server"/],
    [
      'without TLS',
      { ...least, server: { url: 'http://patches.example.com' } },
      /"server\.url" must be an address that begins with https/,
    ],
    ['with a misspelt setting', { ...least, polcy: {} }, /polcy/],
    ['without a certificate', { ...least, trust: [] }, /"trust" must name at least one certificate/],
    ['with a tier of its own spelling', { ...least, tier: 'Up Dates' }, /"tier" must be a tier name/],
    ['with a short application id', { ...least, appId: 'abc' }, /"appId" must be 32/],
    [
      'with a deadline of nothing',
      { ...least, schedule: { transitionDeadlineMs: 0 } },
      /schedule\.transitionDeadlineMs/,
    ],
    [
      'with a window on an eighth day',
      { ...least, policy: { windows: [{ days: [7], startMinute: 0, durationMinutes: 60 }] } },
      /policy\.windows/,
    ],
  ])('%s is refused with its place', (_, json, message) => {
    expect(codeOf(json)).toMatch(message);
    expect(codeOf(json)).toMatch(/^\[CONFIG_INVALID\] /);
  });
});
