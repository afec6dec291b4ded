/**
 * Reads a table that `talosctl` prints, one record a row by column name. Columns are found by where their heading
 * begins, since cells may be empty or hold spaces. No heading gives no rows.
 */
export function parseTable(text: string): Record<string, string>[] {
  const [heading = '', ...rows] = text.split('\n').filter((line) => line.trim() !== '');
  const columns = [...heading.matchAll(/\S+(?: \S+)*/g)].map((match) => ({ name: match[0], start: match.index }));
  return rows.map((row) =>
    Object.fromEntries(columns.map(({ name, start }, i) => [name, row.slice(start, columns[i + 1]?.start).trim()])),
  );
}
