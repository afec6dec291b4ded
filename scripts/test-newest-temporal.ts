// What `npm run test:newest-temporal` runs: the tests on the newest Temporal CLI that is supported, where
// `npm test` takes what it finds.
//   npm run test:newest-temporal -- test/temporal FILE …    only these, as for `npm test`
import { newestTemporal, repackedTemporal } from './repacked-temporal.ts';

const found = await repackedTemporal(newestTemporal, (line) => process.stderr.write(`${line}\n`));
if ('path' in found) {
  process.env['TALOS_REBUILD_TEMPORAL'] = found.path;
  await import('./test.ts');
} else {
  process.stderr.write(`npm run test:newest-temporal: ${found.missing}\n`);
  process.exitCode = 1;
}
