#!/usr/bin/env -S node --max-semi-space-size=8 --max-old-space-size=128
import { enableCompileCache } from 'node:module';

// Without it half of the time of a short command goes into compiling the same modules again.
enableCompileCache();
const { runProgram } = await import('./program.ts');
await runProgram();
