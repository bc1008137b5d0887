import type { Deployment } from "../../schema/contracts/deployments.ts";
import { toPrintable } from "./printable.ts";

/** Why a deployment failed and what to do about it, without the sentences of the help that the detail has said already. */
export function describeFailure({ detail, help }: Pick<NonNullable<Deployment["failure"]>, "detail" | "help">): {
  readonly detail: string;
  /** Empty when there is nothing to add. */
  readonly help: string;
} {
  const sentence = toPrintable(detail).replace(/[.\s]*$/, ".");
  const more = help.split(/(?<=[.!?])\s+/).filter((part) => !sentence.includes(part));
  return { detail: sentence, help: more.join(" ") };
}
