import assert from 'node:assert/strict';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { newestTemporal, repackedTemporal } from '../../scripts/repacked-temporal.ts';
import { obtainableTemporal } from '../../src/tools/obtainable.ts';
import { findTemporal, judgeTemporal, temporalVersions } from '../../src/tools/temporal.ts';
import { ToolMissing } from '../../src/tools/tool.ts';
import { startBench } from './bench.ts';

describe('findTemporal', () => {
  test('accepts the real Temporal CLI and reads the version of the server in it', async () => {
    const tool = await findTemporal({ install: true, report: (line) => process.stderr.write(`${line}\n`) });
    const versions = await temporalVersions(tool.path);
    assert.equal(tool.version, versions?.cli);
    assert.match(versions?.server ?? '', /^\d+\.\d+\.\d+/);
  });

  for (const version of ['1.5.1', newestTemporal] as const) {
    test(`accepts the real CLI ${version}, wherever its help lists the flags`, { timeout: 180_000 }, async (t) => {
      const found = await repackedTemporal(version);
      if ('missing' in found) return t.skip(found.missing);
      assert.deepEqual(await judgeTemporal(found.path), { version });
    });
  }

  test('downloads what the tests have seen', () => {
    assert.equal(obtainableTemporal.release?.version, newestTemporal);
  });

  test('passes over a Temporal CLI whose development server lacks a flag that is needed, and says which', async (t) => {
    const bench = await startBench(t);
    const file = join(bench.path, 'temporal');
    const flags = '--ip|--port|--ui-ip|--ui-port|--db-filename|--log-level';
    await writeFile(
      file,
      `#!/bin/sh
case "$1" in --version) echo "temporal version 1.0.0 (Server 1.24.0, UI 2.27.0)"; exit;; esac
for word; do case "$word" in ${flags}|--help) ;; --*) echo "unknown flag: $word" >&2; exit 1;; esac; done
`,
    );
    await chmod(file, 0o755);

    await assert.rejects(
      findTemporal({ install: false, report: () => undefined }),
      (error) => error instanceof ToolMissing && /1\.0\.0\) knows no --dynamic-config-value/.test(error.message),
    );
  });
});
