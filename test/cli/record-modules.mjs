// Loaded with --import before a program: writes down in the file MODULES_FILE, a line each, every
// module that the program loads.
import { appendFileSync } from 'node:fs';
import { createRequire, register } from 'node:module';

const record = `
  import { appendFileSync } from 'node:fs';
  export async function load(url, context, next) {
    appendFileSync(process.env.MODULES_FILE, url + '\\n');
    return next(url, context);
  }`;
register(`data:text/javascript,${encodeURIComponent(record)}`); // ES modules, and what they import of others
const { cache } = createRequire(import.meta.url);
process.once('exit', () => appendFileSync(process.env.MODULES_FILE, `${Object.keys(cache).join('\n')}\n`));
