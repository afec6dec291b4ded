import { existsSync } from 'node:fs';
import { findTemporalOfServer } from '../tools/temporal.ts';
import { connectClient } from './connection.ts';
import {
  ForeignDatabase,
  type ServerAtHand,
  foreignDatabase,
  minorOf,
  putAside,
  writtenBy,
} from './database-version.ts';
import { type EmbeddedServerOptions, startEmbeddedServer } from './embedded-server.ts';
import { runningServer } from './left-behind.ts';

type Place = Pick<EmbeddedServerOptions, 'logFile' | 'report'> & { readonly databaseFile: string };

/**
 * Which Temporal CLI goes with a database that another version of the server wrote, as the programs on a computer get
 * newer: the old one as long as a run is open, which only that server can tell. With no run open the database is put
 * aside, and the server at hand begins a new one. Rejects with `ForeignDatabase`, and changes nothing, when the old
 * server is not to be found or does not answer.
 */
export async function serverForDatabase(atHand: ServerAtHand, place: Place): Promise<string> {
  const { databaseFile, report = () => undefined } = place;
  const written = existsSync(databaseFile) ? await writtenBy(databaseFile) : undefined;
  if (written === undefined || minorOf(written) === minorOf(atHand.version)) return atHand.executable;
  const old = await findTemporalOfServer(minorOf(written));
  // The server at hand will refuse the database, or be refused by the one that another process runs with it.
  if (old === undefined || (await runningServer(databaseFile))?.isOwned === true) return atHand.executable;
  const open = await openRuns(old, place).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    const { message } = foreignDatabase(databaseFile, written, atHand);
    throw new ForeignDatabase(`${message}\n${old} did not tell whether a run is open: ${reason}`, { cause: error });
  });
  if (open > 0) {
    report(
      `${open === 1 ? 'A run is' : `${open} runs are`} open in the database of Temporal server ${written}: going on with that one (${old}). ` +
        `The next \`dev\` after their end changes to server ${atHand.version}.`,
    );
    return old;
  }
  const aside = await putAside(databaseFile, written);
  report(
    `No run is open in the database of Temporal server ${written}: it is now ${aside}, and server ${atHand.version} begins a new one. ` +
      "What earlier runs did is still in their clusters' folders.",
  );
  return atHand.executable;
}

/**
 * Asks the server that wrote the database, at a port that nobody knows: a run that began meanwhile
 * would be put aside as well.
 */
async function openRuns(executable: string, place: Place): Promise<number> {
  const server = await startEmbeddedServer({ ...place, executable, port: 0 });
  try {
    const { address, namespace } = server;
    const { client, close } = await connectClient({ address, namespace, options: { address } });
    try {
      const { count } = await client.workflow.count('CloseTime IS NULL'); // a paused one is open, too, and not `Running`
      return count;
    } finally {
      await close();
    }
  } finally {
    await server.stop();
  }
}
