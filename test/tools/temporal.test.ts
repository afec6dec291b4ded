import assert from 'node:assert/strict';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { findTemporal, temporalVersions } from '../../src/tools/temporal.ts';
import { ToolMissing } from '../../src/tools/tool.ts';
import { startBench } from './bench.ts';

describe('findTemporal', () => {
  test('accepts the real Temporal CLI and reads the version of the server in it', async () => {
    const tool = await findTemporal({ install: true, report: (line) => process.stderr.write(`${line}\n`) });
    const versions = await temporalVersions(tool.path);
    assert.equal(tool.version, versions?.cli);
    assert.match(versions?.server ?? '', /^\d+\.\d+\.\d+/);
  });

  test('passes over a Temporal CLI whose development server lacks a flag that is needed, and says which', async (t) => {
    const bench = await startBench(t);
    const file = join(bench.path, 'temporal');
    const help = '--ip --port --ui-port --db-filename --search-attribute --log-level';
    await writeFile(
      file,
      `#!/bin/sh\ncase "$1" in --version) echo "temporal version 1.0.0 (Server 1.24.0, UI 2.27.0)";; *) echo "${help}";; esac\n`,
    );
    await chmod(file, 0o755);

    await assert.rejects(
      findTemporal({ install: false, report: () => undefined }),
      (error) => error instanceof ToolMissing && /1\.0\.0\) knows no --dynamic-config-value/.test(error.message),
    );
  });
});
