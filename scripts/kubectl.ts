import { type Source, findTool } from '../src/tools/find-tool.ts';
import { fromPinnedModule } from '../src/tools/pinned-build.ts';
import { runBriefly } from '../src/tools/run-briefly.ts';
import type { Report, Tool } from '../src/tools/tool.ts';

const version = '1.35.3';

/**
 * Finds a `kubectl` for the tests, or with `install` builds one: setting TALOS_REBUILD_TEST_KUBECTL, PATH, the cache,
 * Go. The product needs none. Rejects with `ToolMissing`.
 */
export async function findKubectl(options: { readonly install: boolean; readonly report: Report }): Promise<Tool> {
  return findTool(
    {
      name: 'kubectl',
      variable: 'TALOS_REBUILD_TEST_KUBECTL',
      lockName: 'kubectl',
      judge: async (path) => {
        const seen = await kubectlVersion(path);
        return seen === undefined ? { unfit: 'does not tell its version' } : { version: seen };
      },
      sources: [fromSource],
      remedy:
        'Install kubectl on PATH, or name it with TALOS_REBUILD_TEST_KUBECTL; with Go 1.25 or newer installed it is built from source.',
    },
    options.install,
    options.report,
  );
}

async function kubectlVersion(path: string): Promise<string | undefined> {
  const said = await runBriefly(path, ['version', '--client', '--output=json']);
  return said?.match(/"gitVersion": "v(\d+\.\d+\.\d+[^"]*)"/)?.[1];
}

const fromSource: Source = fromPinnedModule({
  version,
  pkg: '.',
  module: new URL('./kubectl/', import.meta.url),
  flags: [`-ldflags=-s -w -X k8s.io/component-base/version.gitVersion=v${version}`],
  estimate: { minutes: 3, modules: 80, packages: 890 },
});
