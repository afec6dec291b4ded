#!/usr/bin/env node
import { returnToCallersFolder } from './cli/callers-folder.ts';
import { runCommandLine } from './cli/command-line.ts';
import { processShell } from './cli/shell.ts';

returnToCallersFolder(process.env);
process.exitCode = await runCommandLine(process.argv.slice(2), processShell());
