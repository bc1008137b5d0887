/** The ways in which a command can end badly. The exit codes are a contract with scripts. */
export const EXIT_CODES = {
  /** The build or the deploy failed, or the API refused. */
  failed: 1,
  /** The command was called wrongly, or the folder is not one that can be deployed. Nothing was sent. */
  usage: 2,
  /** No token, or not one that may do this. */
  auth: 3,
  /** The API gave no answer, or none that can be trusted. The message says how to find out what happened. */
  unknown: 4,
  /** Ctrl-C, as shells count it: 128 + SIGINT. */
  interrupted: 130,
} as const;
export type FailureKind = keyof typeof EXIT_CODES;

/** An expected end of a command. Its message is for people: what is wrong and what to do about it. */
export class Failure extends Error {
  readonly kind: FailureKind;
  /** The API's problem code, where it named one. */
  readonly code: string | undefined;

  constructor(kind: FailureKind, message: string, options: { code?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = "Failure";
    this.kind = kind;
    this.code = options.code;
  }
}
