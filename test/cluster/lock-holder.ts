// Takes the lock of the folder in its argument, says so or why not, and holds it until its input ends.
import { lockFolder } from '../../src/cluster/lock.ts';

try {
  const lock = await lockFolder(process.argv[2] ?? '');
  process.stdout.write('locked\n');
  process.stdin.on('data', () => undefined).on('end', () => void lock.release());
} catch (error) {
  process.stdout.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
