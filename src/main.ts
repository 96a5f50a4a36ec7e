#!/usr/bin/env node
// The one executable: panless <command>. Commands are loaded when they are asked for.
import { runCli } from './cli/run.ts'

process.exitCode = await runCli(process.argv.slice(2))
