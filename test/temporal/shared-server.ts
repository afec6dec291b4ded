import type { TestContext } from 'node:test';
import type { EmbeddedServer } from '../../src/temporal/embedded-server.ts';
import { startServer } from './server.ts';

type Server = Pick<EmbeddedServer, 'address' | 'uiUrl' | 'namespace'>;

/**
 * The one server that all tests of an `npm test` share, each with clusters and task queues of its own. A file that runs
 * without the tests' runner gets a server for each test.
 */
export async function sharedServer(t: Pick<TestContext, 'after'>, folder: string): Promise<Server> {
  const shared = process.env['TALOS_REBUILD_TEST_SERVER'];
  return shared ? (JSON.parse(shared) as Server) : startServer(t, { folder });
}
