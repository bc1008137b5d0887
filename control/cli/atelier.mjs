#!/usr/bin/env node
/**
 * The launcher of the CLI. The CLI is TypeScript, which Node runs by itself from 22.18 on. Under an older Node this
 * file, which any Node can read, starts the one that comes with the package and passes signals and the exit code through.
 */
import { spawn } from "node:child_process";
import * as module from "node:module";
import { fileURLToPath } from "node:url";

const MAIN = new URL("./main.ts", import.meta.url);
const USAGE_EXIT_CODE = 2;

if (process.features.typescript) {
  // Compiled once: a third of the time of a short command.
  module.enableCompileCache();
  await import(MAIN.href);
} else {
  const node = findPackagedNode();
  if (node === null) {
    console.error(
      `error: atelier needs Node 22.18 or newer, and this is ${process.version}. Run it with a newer Node, or run "npm ci" in the Atelier Deployments checkout, which brings one along.`,
    );
    process.exitCode = USAGE_EXIT_CODE;
  } else {
    runWith(node);
  }
}

function findPackagedNode() {
  const { resolve } = module.createRequire(import.meta.url);
  for (const binary of ["node/bin/node", "node/bin/node.exe"]) {
    try {
      return resolve(binary);
    } catch {
      // Not installed under this name; the caller says so when there is none at all.
    }
  }
  return null;
}

function runWith(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: "inherit" });
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  // The child decides what a signal means, so this process must outlive it.
  const forward = (signal) => child.kill(signal);
  for (const signal of signals) process.on(signal, forward);
  child.on("error", (error) => {
    console.error(`error: ${node} could not be started: ${error.message}`);
    process.exitCode = USAGE_EXIT_CODE;
  });
  child.on("exit", (code, signal) => {
    for (const name of signals) process.off(name, forward);
    if (signal === null) process.exitCode = code ?? 1;
    else process.kill(process.pid, signal);
  });
}
