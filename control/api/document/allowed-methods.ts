import type { Definitions } from "./openapi-document.ts";

/** The methods that an address of the API answers, for the Allow header; none when it is no address of the API. */
export function allowedMethods(definitions: Definitions, path: string): string[] {
  return definitions.flatMap((definition) =>
    definition.type === "route" && matches(definition.route.path, path) ? [definition.route.method.toUpperCase()] : [],
  );
}

function matches(pattern: string, path: string): boolean {
  const wanted = pattern.split("/");
  const given = path.split("/");
  return (
    wanted.length === given.length &&
    wanted.every((part, index) => (part.startsWith("{") ? given[index] !== "" : part === given[index]))
  );
}
