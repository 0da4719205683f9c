#!/usr/bin/env node
import { enableCompileCache } from 'node:module';

// Without it half of the time of a short command goes into compiling the same modules again.
enableCompileCache();
const { runProgram } = await import('./program.ts');
await runProgram();
