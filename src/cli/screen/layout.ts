// eslint-disable-next-line no-control-regex -- colours are escape sequences
const escape = /\u001B\[[0-9;]*m/g;

/** Columns that a text takes on the screen: colours take none. */
export function widthOf(text: string): number {
  return [...text.replaceAll(escape, '')].length;
}

/** Fills up with spaces to a width. */
export function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

/** Cuts a line, colours and all, to a width; what is missing is shown as `…`. */
export function cut(line: string, width: number): string {
  if (widthOf(line) <= width) return line;
  let kept = '';
  let columns = 0;
  for (const part of line.split(/(\u001B\[[0-9;]*m)/)) {
    if (part.startsWith('\u001B[')) kept += part;
    else if (columns < width) {
      const room = [...part].slice(0, width - columns);
      columns += room.length;
      kept += columns < width ? room.join('') : `${room.slice(0, -1).join('')}…`;
    }
  }
  return kept;
}

/** Breaks a text without colours at spaces so that no line is wider than `width`; longer words stay whole. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    let line = '';
    for (const word of paragraph.split(' ')) {
      if (line !== '' && widthOf(line) + 1 + widthOf(word) > width) {
        lines.push(line);
        line = word;
      } else line = line === '' ? word : `${line} ${word}`;
    }
    lines.push(line);
  }
  return lines;
}

/** A wrapped text under a label: the label stands on the first line, the others are indented as far. */
export function labelled(label: string, text: string, width: number): string[] {
  const indent = widthOf(label);
  return wrap(text, Math.max(20, width - indent)).map((line, at) => (at === 0 ? label : ' '.repeat(indent)) + line);
}

/** Lines up rows of cells in columns, two spaces apart; the last column is not filled up. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, at) => (widths[at] = Math.max(widths[at] ?? 0, widthOf(cell))));
  return rows.map((row) =>
    row
      .map((cell, at) => pad(cell, widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
