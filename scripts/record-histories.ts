// Records what Temporal keeps of a run, for each path that a run can take, into test/histories/. Every run is a real
// one, on simulated machines.
//   npm run record-histories                            the paths that have no history yet
//   npm run record-histories -- NAME …                  only these
//   npm run record-histories -- NAME --as OTHER-NAME    the path as it is taken now, beside the history that there is
//   npm run record-histories -- --replace NAME …        instead of it: runs of versions before this one then no longer count
import { parseArgs } from 'node:util';
import { installRuntime } from '../src/temporal/runtime.ts';
import { recordedPaths, writeHistories } from '../test/replay/history-files.ts';
import { paths } from '../test/replay/paths.ts';
import { record } from '../test/replay/record.ts';

process.exitCode = await main();

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { replace: { type: 'boolean', default: false }, as: { type: 'string' } },
  });
  const kept = await recordedPaths();
  const unknown = positionals.filter((name) => !paths.some((path) => path.name === name));
  if (unknown.length > 0)
    return refuse(`no path ${unknown.join(', ')}; there are ${paths.map(({ name }) => name).join(', ')}`);
  if (values.replace && positionals.length === 0) return refuse('--replace wants the names of what to record anew');
  if (values.as !== undefined && (positionals.length !== 1 || !/^[a-z0-9-]+$/.test(values.as)))
    return refuse('--as wants one path and a name of small letters, digits and dashes');
  const folderOf = (name: string): string => values.as ?? name;
  const standing = positionals.map(folderOf).filter((folder) => kept.includes(folder));
  if (!values.replace && standing.length > 0) {
    return refuse(
      `${standing.join(', ')} is recorded already. A history is never edited, and replaced (--replace) only where runs of ` +
        'earlier versions are meant to break; --as keeps both. See docs/changing-workflows.md.',
    );
  }
  const isWanted = (name: string): boolean =>
    positionals.length > 0 ? positionals.includes(name) : !kept.includes(name);
  installRuntime();
  for (const path of paths.filter(({ name }) => isWanted(name))) {
    const folder = folderOf(path.name);
    process.stderr.write(`${folder}: `);
    const histories = await record({ ...path, name: folder });
    await writeHistories(folder, histories);
    process.stderr.write(`${histories.map(({ name, events }) => `${name} with ${events.length} events`).join(', ')}\n`);
  }
  return 0;
}

function refuse(message: string): number {
  process.stderr.write(`record-histories: ${message}\n`);
  return 1;
}
