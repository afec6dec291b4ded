import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, test } from 'node:test';
import { chromium } from 'playwright-core';
import { rehearse } from './rehearsal.ts';
import { newFolder, removeFolder } from '../temporary-folder.ts';

const browser = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((file) =>
  existsSync(file),
);
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

describe('the Web UI', () => {
  test(
    'shows what waits for a person, what would be lost and the line to approve it with',
    { skip: browser === undefined && 'no Chromium' },
    async (t) => {
      const rehearsal = await rehearse(t);
      const rebuild = await rehearsal.start();
      const gate = await rebuild.gate('approval');
      assert.equal(gate.kind, 'approval');

      const profile = await newFolder();
      const context = await chromium.launchPersistentContext(profile, {
        executablePath: browser ?? '',
        headless: true,
        args: flags,
        viewport: { width: 1400, height: 1400 },
      });
      try {
        const page = await context.newPage();
        const { workflowId, firstExecutionRunId } = rebuild.handle;
        await page.goto(
          `${rehearsal.uiUrl}/namespaces/default/workflows/${encodeURIComponent(workflowId)}/${firstExecutionRunId}/history`,
        );
        await page.getByText('User Metadata').click();
        const details = page.frameLocator('iframe').last().locator('body'); // Markdown is shown in a frame of its own
        await details.getByText('STATE and EPHEMERAL').first().waitFor({ timeout: 30_000 });
        const text = (await details.textContent()) ?? '';
        assert.match(
          text,
          new RegExp(`talos-rebuild approve --digest ${gate.digest.slice(7, 19)} --name ${rehearsal.cluster}`),
        );
        assert.match(text, /Canary: w-1/);
      } finally {
        const picture = process.env['TALOS_REBUILD_SCREENSHOT'];
        if (picture !== undefined) await context.pages().at(-1)?.screenshot({ path: picture });
        await context.close();
        await removeFolder(profile);
      }
      await rebuild.reject();
      await rebuild.result();
    },
  );
});
