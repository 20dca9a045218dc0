/** What somebody sees who has typed `npm start` and opens the demo page: a number of their own. */
import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { embeddedDeployment } from '../support/deployments.ts';
import { runGateway } from '../support/run-gateway.ts';
import { listen } from './loopback-listener.ts';
import { inChromium, launchBrowser, meetVisitor } from './staged-browser.ts';

const deployment = embeddedDeployment();

inChromium('the demo page', () => {
  test('its number changes, in the command to copy too', async () => {
    const place = await deployment.open();
    const free = await listen(createServer());
    await free.close();
    const { url } = await runGateway(place, { PORT: new URL(free.url).port });
    const visitor = await meetVisitor({ browser: await launchBrowser(place) });
    const tab = await visitor.open(`${url}/`);
    await tab.locator('a[href="/demo"]').click();
    await expect.poll(() => tab.locator('a.call').textContent()).toBe('(503) 555-0101');
    expect(await tab.locator('pre').textContent()).toContain('"to":"+15035550101"');
    expect(await tab.locator('[data-linekeeper=off]').first().textContent()).toContain('(503) 555-0100');
    expect(visitor.troubles).toEqual([]);
  });
});
