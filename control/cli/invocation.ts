/** How this CLI was called, so that the commands it advises run as they are written: `npx atelier`, or `atelier`. */
export function readInvocation({ npm_command, npm_execpath = "" }: NodeJS.ProcessEnv): string {
  return npm_command === "exec" || /[\\/]npx(?:-cli\.js)?$/.test(npm_execpath) ? "npx atelier" : "atelier";
}
