#!/usr/bin/env node
import { returnToCallersFolder } from './cli/callers-folder.ts';
import { runCommandLine } from './cli/command-line.ts';
import { processShell } from './cli/shell.ts';

/** How long the worker may take to stop when the program that started it is gone, in ms: nothing waits for it then. */
const graceMs = 5_000;

/** The worker as a program of its own: `talos-rebuild worker`. */
if (process.channel) {
  // Started by another program of ours: it stops when that one is gone, however it went.
  process.channel.unref();
  process.once('disconnect', () => {
    process.kill(process.pid, 'SIGTERM');
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), graceMs).unref();
  });
}
returnToCallersFolder(process.env);
process.exitCode = await runCommandLine(['worker', ...process.argv.slice(2)], processShell());
