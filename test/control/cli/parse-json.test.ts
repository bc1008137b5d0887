import { expect, it } from "vitest";
import { parseJson } from "../../../control/cli/parse-json.ts";

it.each([
  ['{"a":1}', { a: 1 }],
  ["null", null],
  ["", null],
  ["<html>", null],
])("JSON of %j is its value, and of anything else null", (text, value) => {
  expect(parseJson(text)).toEqual(value);
});
