/** The forms in which a value turns up in what a build writes and prints. */
import { MIN_SEARCHED_BYTES } from "../schema/variable.ts";

export type ValueForm = { readonly form: FormName; readonly bytes: Buffer };
export type FormName = "as it is" | "in base64" | "URL-escaped" | "JSON-escaped" | "HTML-escaped" | "in hex";

/** Each text once, by the first of its names. Without the blanks around the value: programs take them off. */
export function formsOf(value: string): ValueForm[] {
  const text = value.trim();
  const forms: [FormName, string][] = [
    ["as it is", text],
    ...named("JSON-escaped", jsonForms(text)),
    ...named("URL-escaped", urlForms(text)),
    ...named("HTML-escaped", htmlForms(text)),
    ...named("in base64", [text, ...jsonForms(text)].flatMap(base64Forms)),
    ...named("in hex", hexForms(text)),
  ];
  const seen = new Map<string, FormName>();
  for (const [form, written] of forms) {
    if (!seen.has(written) && Buffer.byteLength(written) >= MIN_SEARCHED_BYTES) seen.set(written, form);
  }
  return [...seen].map(([written, form]) => ({ form, bytes: Buffer.from(written) }));
}

function named(form: FormName, texts: readonly string[]): [FormName, string][] {
  return texts.map((text) => [form, text]);
}

/** As JSON and as the literals of JavaScript, in the ways of the usual bundlers and serialisers. */
function jsonForms(text: string): string[] {
  const json = JSON.stringify(text).slice(1, -1);
  const quotes = (quote: string) => json.replaceAll('\\"', '"').replaceAll(quote, `\\${quote}`);
  const plain = [json, quotes("'"), quotes("`").replaceAll("${", "\\${"), json.replaceAll('\\"', '"')];
  const slashes = plain.map((form) => form.replaceAll("/", "\\/"));
  const all = [...plain, ...slashes];
  return [
    ...all,
    ...all.flatMap((form) => [unicode(form, NOT_ASCII, lower), unicode(form, NOT_ASCII, upper)]),
    ...plain.flatMap(forScripts),
  ];
}

const NOT_ASCII = /[^\0-\x7f]/g;
const lower = (hex: string) => hex;
const upper = (hex: string) => hex.toUpperCase();

/** What must not end a `<script>` around it. */
function forScripts(form: string): string[] {
  return [lower, upper].flatMap((letters) => [unicode(form, /[<>&]/g, letters), unicode(form, /[<>/]/g, letters)]);
}

function unicode(text: string, characters: RegExp, letters: (hex: string) => string): string {
  return text.replaceAll(characters, (character) =>
    [...Array(character.length).keys()]
      .map((at) => `\\u${letters(character.charCodeAt(at).toString(16).padStart(4, "0"))}`)
      .join(""),
  );
}

function urlForms(text: string): string[] {
  const component = encodeURIComponent(text);
  const strict = component.replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
  const form = new URLSearchParams([["", text]]).toString().slice(1);
  const forms = [component, strict, form, encodeURI(text)];
  return [...forms, ...forms.map((escaped) => escaped.replace(/%[0-9A-F]{2}/g, (byte) => byte.toLowerCase()))];
}

function htmlForms(text: string): string[] {
  const tags = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const quotes = tags.replaceAll('"', "&quot;");
  return [tags, quotes, quotes.replaceAll("'", "&#39;"), quotes.replaceAll("'", "&#x27;")];
}

/** Within a longer text a value begins at any of three places of a group; what of it depends on its neighbours is left out. */
function base64Forms(text: string): string[] {
  const bytes = Buffer.from(text);
  return [0, 1, 2].flatMap((before) => {
    const whole = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
    const own = whole.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
    return [own, own.replaceAll("+", "-").replaceAll("/", "_")];
  });
}

function hexForms(text: string): string[] {
  const hex = Buffer.from(text).toString("hex");
  return [hex, hex.toUpperCase()];
}
