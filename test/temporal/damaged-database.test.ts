import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { EmbeddedServerRefused } from '../../src/temporal/embedded-server-refused.ts';
import { startEmbeddedServer } from '../../src/temporal/embedded-server.ts';
import { temporalVersions } from '../../src/tools/temporal.ts';
import { temporal } from '../programs/temporal.ts';
import { temporaryFolder } from '../temporary-folder.ts';

describe('the embedded server', { timeout: 120_000 }, () => {
  test('refuses a database that is no database, or that was never finished, and says what to do', async (t) => {
    const executable = temporal;
    const version = (await temporalVersions(executable))?.server;
    const contents = { 'noise.db': randomBytes(100_000), 'empty.db': Buffer.alloc(0) };
    await Promise.all(
      Object.entries(contents).map(async ([name, content]) => {
        const folder = await temporaryFolder(t);
        const databaseFile = join(folder, name);
        await writeFile(databaseFile, content);
        await writeFile(`${databaseFile}.server-version`, `${version}\n`);

        const start = startEmbeddedServer({ executable, port: 0, databaseFile, logFile: join(folder, 'server.log') });
        await assert.rejects(start, (error) => {
          assert.ok(error instanceof EmbeddedServerRefused);
          assert.ok(error.message.startsWith(`The database ${databaseFile} is damaged: `), error.message);
          assert.ok(error.message.includes(`mv '${databaseFile}' '${databaseFile}.damaged'`), error.message);
          assert.match(error.message, /`talos-rebuild start` goes on from there/);
          return true;
        });
        assert.ok(content.equals(await readFile(databaseFile)), 'it is left as it was');
      }),
    );
  });
});
