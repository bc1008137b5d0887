/** Which of a build's variables must not turn up in its output or its log, and why the others may. */
import { formatCount } from "../schema/figures.ts";
import { type Framework, publishes } from "../schema/frameworks.ts";
import { isSearchable, type Variable } from "../schema/variable.ts";

export type ValueClasses = {
  /** Must not turn up. */
  readonly searched: readonly Variable[];
  /** The framework puts them into the browser's code, or their owner has said that they may be public. */
  readonly published: readonly Variable[];
  /** Can not be looked for: short or ordinary, or part of a public value. */
  readonly unsearched: readonly Variable[];
};

/** A secret stays secret, whatever it is called and whatever else has its value. */
export function classifyValues(variables: readonly Variable[], framework: Framework | null): ValueClasses {
  const published = variables.filter(
    ({ name, visibility }) =>
      visibility === "public" || (visibility === "private" && framework !== null && publishes(framework, name)),
  );
  const others = variables.filter((variable) => !published.includes(variable));
  const searched = others.filter(
    ({ value, visibility }) =>
      isSearchable(value) &&
      (visibility === "secret" || !published.some((shown) => shown.value.includes(value.trim()))),
  );
  return { searched, published, unsearched: others.filter((variable) => !searched.includes(variable)) };
}

/** For the log: what the build is given, and what of it people may come to see. Names only. */
export function describeVariables(
  { searched, published, unsearched }: ValueClasses,
  framework: Framework | null,
): string[] {
  const count = searched.length + published.length + unsearched.length;
  if (count === 0) return [];
  const into = framework
    ? ` ${framework.name} puts variables with ${framework.prefixes.join(" or ")} into the browser's code.`
    : "";
  return [
    `The build is given ${formatCount(count, "variable")}.${into}`,
    ...(published.length > 0 ? [`Public: ${namesOf(published)}.`] : []),
    ...(unsearched.length > 0
      ? [`Leaks are not looked for of ${namesOf(unsearched)}: short, ordinary, or part of a public value.`]
      : []),
  ];
}

function namesOf(variables: readonly Variable[]): string {
  return variables.map(({ name }) => name).join(", ");
}
