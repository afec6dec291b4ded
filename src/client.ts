#!/usr/bin/env node
import { runCommandLine } from './cli/command-line.ts';
import { processShell } from './cli/shell.ts';

process.exitCode = await runCommandLine(process.argv.slice(2), processShell());
