/** Why Node ended with an error while it evaluated the config, where its own words are better than the exit code. */

type ConfigExit = {
  readonly name: string;
  /** As the process sees it. */
  readonly workspace: string;
  readonly code: number;
  /** Its first lines. */
  readonly stderr: readonly string[];
};

/** Node's own code for a top-level await that nothing will ever resolve. */
const UNSETTLED_AWAIT = 13;

export function explainConfigExit({ name, workspace, code, stderr }: ConfigExit): string | null {
  if (code === UNSETTLED_AWAIT) {
    return `${name} never finished evaluating: a top-level await waits for something that does not come.`;
  }
  const messages = stderr.map((line) => /^SyntaxError(?: \[\w+\])?: (.+)$/.exec(line)?.[1]);
  const end = messages.findIndex((message) => message !== undefined);
  if (end === -1) return null;
  return `${findPlace(stderr.slice(0, end), workspace) ?? name}: ${messages[end]}`;
}

/** Node prints `<file>:<line>`, some lines of the file, and below the place a line of carets. */
function findPlace(stderr: readonly string[], workspace: string): string | null {
  for (const [index, text] of stderr.entries()) {
    const [, path, line] = /^(?:file:\/\/)?(\/.+):(\d+)$/.exec(text) ?? [];
    if (!path?.startsWith(`${workspace}/`)) continue;
    const carets = stderr.slice(index + 1).find((below) => /^\s*\^+\s*$/.test(below));
    const column = carets === undefined ? "" : `, column ${carets.indexOf("^") + 1}`;
    return `${path.slice(workspace.length + 1)}, line ${line}${column}`;
  }
  return null;
}
