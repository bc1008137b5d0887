/**
 * A channel's releases form a history in which rollback walks backwards and never oscillates:
 *   deploy A, deploy B, deploy C, rollback -> B, rollback -> A.
 * `back` names the release that a rollback from this one returns to.
 */
export type Move =
  | { readonly kind: "deploy" | "promote"; readonly live: number | null }
  | { readonly kind: "rollback"; readonly target: { readonly back: number | null } };

/** A deploy or promote goes on top of the live release; a rollback takes the place of the release it returns to. */
export function backOf(move: Move): number | null {
  return move.kind === "rollback" ? move.target.back : move.live;
}
