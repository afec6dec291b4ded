import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DefaultLogger, type WorkflowBundleOption, bundleWorkflowCode } from '@temporalio/worker';

/** In the package, beside the compiled code: `dist/workflow-bundle.js`. */
const prebuilt = fileURLToPath(new URL('../workflow-bundle.js', import.meta.url));
const sources = fileURLToPath(new URL('../workflows/index.ts', import.meta.url));

/**
 * The workflows as the worker's sandbox loads them: built with the package, or bundled now, in a
 * second or two, in a clone.
 */
export async function workflowBundle(): Promise<WorkflowBundleOption> {
  return existsSync(sources) ? { code: await bundleWorkflows(sources) } : { codePath: prebuilt };
}

/**
 * Bundles the workflows that one file exports. Rejects when they import what may not run in the
 * sandbox, such as `node:fs`.
 */
export async function bundleWorkflows(workflowsPath: string): Promise<string> {
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
  return code;
}
