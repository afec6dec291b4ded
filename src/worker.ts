#!/usr/bin/env node
import { runCommandLine } from './cli/command-line.ts';
import { processShell } from './cli/shell.ts';

/** The worker as a program of its own: `talos-rebuild worker`. */
process.exitCode = await runCommandLine(['worker', ...process.argv.slice(2)], processShell());
