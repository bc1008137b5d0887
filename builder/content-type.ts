/** The Content-Type of an output file, by its name. The bytes are not looked at: a type must not depend on user content. */
import mime from "mime";

const UNKNOWN = "application/octet-stream";
/** Text formats outside of `text/`, which browsers and tools read as UTF-8. */
const TEXT = /^(?:text\/.*|application\/(?:javascript|json|xml|manifest\+json)|.*\+(?:json|xml))$/;
/** Files without an extension that the web knows by name. */
const BY_NAME: Readonly<Record<string, string>> = { "apple-app-site-association": "application/json" };

export function contentTypeOf(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const type = Object.hasOwn(BY_NAME, name) ? BY_NAME[name] : mime.getType(name);
  if (!type) return UNKNOWN;
  return TEXT.test(type) ? `${type}; charset=utf-8` : type;
}
