import { findTool } from '../src/tools/find-tool.ts';
import { runBriefly } from '../src/tools/run-briefly.ts';
import type { Report, Tool } from '../src/tools/tool.ts';

/** Finds a `kubectl`, which tests compare the product's own reading with; the product needs none. Rejects with `ToolMissing`. */
export async function findKubectl({ install, report }: { install: boolean; report: Report }): Promise<Tool> {
  return findTool(
    {
      name: 'kubectl',
      variable: 'TALOS_REBUILD_TEST_KUBECTL',
      cacheName: 'kubectl',
      judge: async (path) => {
        const version = /v(\d+\.\d+\.\S+)/.exec((await runBriefly(path, ['version', '--client'])) ?? '')?.[1];
        return version === undefined ? { unfit: 'does not tell its version' } : { version };
      },
      sources: [],
      remedy: 'Install kubectl on PATH: some tests ask the simulated Kubernetes API with it.',
    },
    install,
    report,
  );
}
