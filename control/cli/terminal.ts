/** What a stream can show: colours (NO_COLOR and FORCE_COLOR have the say), and lines that change in place. */
export type Terminal = {
  readonly colored: boolean;
  readonly live: boolean;
  /** In characters; undefined where lines have no end. */
  readonly columns: number | undefined;
};

export function readTerminal(stream: { isTTY?: boolean; columns?: number }, env: NodeJS.ProcessEnv): Terminal {
  const capable = stream.isTTY === true && env.TERM !== "dumb";
  return {
    colored: !env.NO_COLOR && (env.FORCE_COLOR ? env.FORCE_COLOR !== "0" : capable),
    live: capable && !env.CI,
    columns: capable ? stream.columns : undefined,
  };
}
