/** Values as people keep them, and the ways in which programs write them down: none of these is the gate's own code. */
import { randomBytes } from "node:crypto";
import type { Random } from "../../support/seeded-random.ts";

export type NamedValue = { readonly name: string; readonly value: string };

export function sampleValues(random: Random): NamedValue[] {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/";
  const token = (length: number) =>
    Array.from({ length }, () => letters[Math.floor(random() * letters.length)]).join("");
  const key = Array.from({ length: 25 }, () => token(64)).join("\n");
  const values = [
    ...[8, 9, 10, 11, 12, 16, 20, 24, 32, 40, 64, 128].map(token),
    `postgres://shop:${token(16)}@db.internal.example:5432/shop?sslmode=require`,
    `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\n`,
    JSON.stringify({ type: "service_account", private_key: `${token(40)}\n`, client_email: "x@example.org" }, null, 2),
    `p@ss "word" it's <b>&amp;</b> \`${token(6)}\` $\{x} \\ end`,
    `pässwörd-🚀-${token(8)}`,
    ` ${token(18)}\n`,
    `${token(4)}:${token(30)}==`,
    `https://hooks.example.com/services/${token(9)}/${token(9)}/${token(24)}`,
  ];
  return values.map((value, index) => ({ name: `V${index}`, value }));
}

export type Encoder = { readonly name: string; readonly encode: (value: string) => string };

/** What stands around the value shifts it to any place of a group of base64. */
export const ENCODERS: readonly Encoder[] = [
  { name: "raw", encode: (value) => value },
  { name: "raw, trimmed", encode: (value) => value.trim() },
  { name: "JSON", encode: (value) => JSON.stringify({ value }) },
  { name: "JSON with escaped slashes", encode: (value) => JSON.stringify({ value }).replaceAll("/", "\\/") },
  { name: "JSON in ASCII", encode: (value) => JSON.stringify({ value }).replace(/[^ -~]/g, toUnicodeEscape) },
  { name: "JSON in a script", encode: (value) => JSON.stringify({ value }).replace(/[<>&]/g, toUnicodeEscape) },
  { name: "URL component", encode: (value) => `?q=${encodeURIComponent(value)}` },
  { name: "URL", encode: (value) => encodeURI(value) },
  { name: "form", encode: (value) => String(new URLSearchParams({ value })) },
  { name: "HTML text", encode: (value) => value.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;") },
  ...[0, 1, 2].flatMap((shift): Encoder[] => [
    { name: `base64, ${shift}`, encode: (value) => Buffer.from("abc".slice(0, shift) + value).toString("base64") },
    { name: `base64, ${shift}, inside`, encode: (value) => btoaUtf8(`${"x".repeat(300 + shift)}${value} and more`) },
    {
      name: `base64url, ${shift}`,
      encode: (value) => Buffer.from("abc".slice(0, shift) + value).toString("base64url"),
    },
  ]),
  {
    name: "inline source map",
    encode: (value) =>
      `//# sourceMappingURL=data:application/json;base64,${btoaUtf8(JSON.stringify({ sourcesContent: [value] }))}`,
  },
];

function toUnicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function btoaUtf8(text: string): string {
  return Buffer.from(text).toString("base64");
}

/** Bytes as a bundle has them, and in which no value can be by chance. */
export function noise(bytes: number): Buffer {
  return Buffer.from(
    randomBytes(Math.ceil(bytes / 2))
      .toString("hex")
      .slice(0, bytes),
  );
}
