#!/usr/bin/env node
// Starts the program in this very process, so its exit code and the signals sent to it need no passing on.
import { register } from 'tsx/esm/api';

register();
await import('../src/main.ts');
