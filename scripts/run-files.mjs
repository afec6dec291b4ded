// Runs files of tests with Node's test runner, in the order in which they are named, which `node --test` would sort:
//   node scripts/run-files.mjs FILE …
// Plain JavaScript: the processes of the tests are started with the options of this one.
import { setMaxListeners } from 'node:events';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

/**
 * Tests also wait: for machines that boot, servers that come up, silence that lasts. More of them than there
 * are cores keep these busy.
 */
const concurrency = 4;
const fileTimeoutMs = 20 * 60_000;

const interrupted = new AbortController();
setMaxListeners(0, interrupted.signal); // each file listens to it
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    process.exitCode = 1;
    interrupted.abort();
  });
}

run({ files: process.argv.slice(2), concurrency, timeout: fileTimeoutMs, signal: interrupted.signal })
  .on('test:fail', ({ todo }) => {
    if (todo === undefined || todo === false) process.exitCode = 1;
  })
  .compose(new spec())
  .pipe(process.stdout);
