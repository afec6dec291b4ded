/**
 * What SQLite says of a file that is cut off, overwritten, or was never finished: the server
 * was killed while it made it.
 */
const complaint = /database disk image is malformed|file is not a database|no such table: \w+/;

/**
 * What to tell a person when the server did not come up because of its database file; undefined when it was something
 * else. `words` is what the server wrote.
 */
export function describeDamage(databaseFile: string, words: string): string | undefined {
  const [said] = complaint.exec(words) ?? [];
  if (said === undefined) return undefined;
  return (
    `The database ${databaseFile} is damaged: ${said}. Nothing was changed. Move it away and run the same again: ` +
    `mv '${databaseFile}' '${databaseFile}.damaged'\n` +
    "The history of the runs is lost with it, their clusters are not: what was done to the machines is written down in each cluster's folder, " +
    'and `talos-rebuild start` goes on from there, with the same secrets.'
  );
}
