/** Environment variables: how they may be called, how much they may hold, and which values can be looked for. */
import * as z from "zod";

/**
 * Limits of one environment. Linux refuses a process whose variable has more than 128 KiB or whose environment has more than 2 MiB;
 * these stay well below, also when a value is escaped.
 */
export const MAX_VARIABLES = 256;
export const MAX_VALUE_BYTES = 32 * 1024;
/** Names and values of all of them together. */
export const MAX_VARIABLES_BYTES = 256 * 1024;
export const MAX_NAME_CHARS = 128;

/** A value with fewer bytes is found in any text by chance. */
export const MIN_SEARCHED_BYTES = 8;

/**
 * `secret`: write-only, never given back. `private`: its owner can read it again. `public`: may stand in what the build writes. A
 * secret or private value reaches the browser only by a name that the app's framework publishes; a secret one not even so.
 */
export const VISIBILITIES = ["secret", "private", "public"] as const;
export const Visibility = z.enum(VISIBILITIES);
export type Visibility = z.infer<typeof Visibility>;

export const VariableName = z.string().check(({ value, issues }) => {
  const refusal = refuseName(value);
  if (refusal !== null) issues.push({ code: "custom", input: value, message: refusal });
});

/** Messages never quote a value. */
export const VariableValue = z.string().check(({ value, issues }) => {
  const refusal = refuseValue(value);
  if (refusal !== null) issues.push({ code: "custom", input: "", message: refusal });
});

/** One variable as a build gets it. */
export const Variable = z.strictObject({ name: VariableName, value: VariableValue, visibility: Visibility });
export type Variable = z.infer<typeof Variable>;

/** Why no variable may be called so; null when one may. */
export function refuseName(name: string): string | null {
  // What stands behind a `=` is most likely a value.
  const shown = JSON.stringify(name.split("=", 1)[0]?.slice(0, 60) ?? "");
  if (name.includes("=")) return `${shown} and what follows: a name has no "="`;
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
    return `${shown}: a name has only letters, digits and "_", and no digit first`;
  if (name.length > MAX_NAME_CHARS) return `${shown}: a name has at most ${MAX_NAME_CHARS} characters`;
  const why = RESERVED.find(({ names }) => names.test(name))?.why;
  return why === undefined ? null : `${name} is reserved: ${why}`;
}

export function refuseValue(value: string): string | null {
  if (value.includes("\0")) return "a value can not hold a NUL character: no process could be given it";
  if (!value.isWellFormed()) return "the value holds half of a character (a lone surrogate)";
  const bytes = byteLength(value);
  if (bytes > MAX_VALUE_BYTES) return `a value has at most ${MAX_VALUE_BYTES} bytes, this one has ${bytes}`;
  return null;
}

const RESERVED: readonly { readonly names: RegExp; readonly why: string }[] = [
  { names: /^ATELIER_/i, why: "names that begin with ATELIER_ are the platform's" },
  { names: /^npm_/i, why: "npm reads those as its settings; write them into the app's .npmrc" },
  {
    names: /^(NODE_OPTIONS|NODE_PATH|NODE_REPL_EXTERNAL_MODULE)$/i,
    why: "it changes what Node itself does; write it before the command, in the setting build.command",
  },
  {
    names:
      /^(LD_.*|DYLD_.*|GLIBC_TUNABLES|GCONV_PATH|LOCPATH|BASH_ENV|ENV|SHELLOPTS|BASHOPTS|PROMPT_COMMAND|PS4|IFS)$/i,
    why: "it changes which code the system's programs run",
  },
  {
    names: /^(PATH|HOME|TMPDIR|LANG|CI|PWD|OLDPWD|SHELL|SHLVL|USER|LOGNAME|HOSTNAME|_)$/i,
    why: "the build sets it",
  },
  {
    names: /^((HTTP|HTTPS|ALL|NO)_PROXY|SSL_CERT_FILE|SSL_CERT_DIR|NODE_EXTRA_CA_CERTS)$/i,
    why: "it belongs to those who run the platform",
  },
  { names: /^__proto__$/, why: "no object of JavaScript can hold it" },
];

/**
 * Whether a value can be looked for in a text: not when it is short, or so ordinary that it stands everywhere for other reasons. What
 * is looked for is the value without the blanks around it.
 */
export function isSearchable(value: string): boolean {
  const text = value.trim();
  if (byteLength(text) < MIN_SEARCHED_BYTES || new Set(text).size === 1) return false;
  const word = text.toLowerCase();
  return !ORDINARY.has(word) && !ORDINARY_FORMS.some((form) => form.test(word));
}

/** Those of at least 8 bytes, in lower case. */
const ORDINARY: ReadonlySet<string> = new Set(
  `production development localhost undefined disabled required optional standard internal external
  frontend password username postgres postgresql anonymous administrator application placeholder changeme
  document function authorization content-type application/json text/html text/plain
  example.com www.example.com 127.0.0.1 localhost:3000 localhost:5173 localhost:8080
  12345678 123456789 1234567890 86400000 31536000 16777216 33554432 67108864 134217728 268435456 536870912
  1073741824 2147483647 2147483648 4294967295 4294967296
  abcdefgh abcdefghijklmnopqrstuvwxyz abcdefghijklmnopqrstuvwxyz0123456789`.split(/\s+/),
);

const ORDINARY_FORMS: readonly RegExp[] = [
  /** Regions of clouds: `eu-central-1`. */
  /^[a-z]{2}(-[a-z]+)+-\d$/,
  /** An address of this machine without user, path or query. */
  /^https?:\/\/(localhost|127\.0\.0\.1)(:\d{1,5})?\/?$/,
  /** Time zones and locales. */
  /^(europe|america|asia|africa|australia|etc)\/[a-z_]+$/,
];

export function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}
