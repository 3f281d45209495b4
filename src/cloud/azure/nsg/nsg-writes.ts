/** Edits of one network security group, as few writes as it allows and one after another. */

import type { Fault } from "../../../access/fault.ts";
import type { Guard } from "../../firewall.ts";
import { azureFault, isConflict, isLocked, type Problem, stopsEverything } from "../azure-fault.ts";
import type { NsgApi } from "./nsg-api.ts";
import { editNsg, type NsgDocument } from "./nsg-document.ts";
import type { RuleProperties } from "./security-rule.ts";

export type Edit =
  | { readonly kind: "delete"; readonly name: string }
  | { readonly kind: "put"; readonly name: string; readonly properties: RuleProperties };

export interface WriteDeps {
  readonly name: string;
  readonly api: NsgApi;
  /** As just read. */
  readonly nsg: NsgDocument;
  readonly guard: Guard;
  readonly signal: AbortSignal;
}

/** From this many on, one write of the whole group costs less than one for each rule. */
const WHOLE_FROM = 6;

/**
 * Carries out edits of one kind. One that fails doesn't keep back the others, because one door that won't close is no reason to leave
 * the next one open: the first failure is returned. Thrown is what would fail all that follows, too.
 */
export const writeEdits = async (edits: readonly Edit[], deps: WriteDeps): Promise<Fault | undefined> => {
  if (edits.length < WHOLE_FROM || deps.nsg.etag === undefined) return writeEach(edits, deps);
  const problem = await writeWhole(edits, deps.nsg.etag, deps);
  if (problem === undefined) return undefined;
  // Our role may allow rules but not the group, or one rule of many isn't accepted, or the group as a whole isn't: one by one may do.
  if (problem.kind !== "no-answer" && problem.status !== 429 && problem.status !== 401 && !isConflict(problem)) {
    return writeEach(edits, deps);
  }
  return faultOf(`cannot write ${edits.length} rules of \`${deps.name}\` at once`, problem);
};

const writeEach = async (edits: readonly Edit[], deps: WriteDeps): Promise<Fault | undefined> => {
  const { name, api, nsg, guard, signal } = deps;
  let first: Fault | undefined;
  for (const [index, edit] of edits.entries()) {
    await guard();
    const outcome = await (edit.kind === "delete"
      ? api.deleteRule(edit.name, signal)
      : api.putRule(edit.name, edit.properties, signal));
    if (outcome.kind === "done") continue;

    // A lock against deleting refuses to delete a rule, yet lets the group be written without it; a door must not stay open for that.
    if (edit.kind === "delete" && isLocked(outcome.problem) && nsg.etag !== undefined) {
      const rest = edits.slice(index);
      const problem = await writeWhole(rest, nsg.etag, deps);
      return problem === undefined ? first : faultOf(`cannot remove ${rest.length} rules of \`${name}\``, problem);
    }
    const verb = edit.kind === "delete" ? "remove" : "write";
    first ??= faultOf(`cannot ${verb} rule \`${edit.name}\` of \`${name}\``, outcome.problem);
  }
  return first;
};

const writeWhole = async (edits: readonly Edit[], etag: string, deps: WriteDeps): Promise<Problem | undefined> => {
  const remove = edits.flatMap((edit) => (edit.kind === "delete" ? [edit.name] : []));
  const put = edits.flatMap((edit) =>
    edit.kind === "put" ? [{ name: edit.name, properties: { ...edit.properties } }] : [],
  );
  await deps.guard();
  const outcome = await deps.api.replace(editNsg(deps.nsg, remove, put), etag, deps.signal);
  return outcome.kind === "done" ? undefined : outcome.problem;
};

/** Throws it when all that follows would fail as well. */
const faultOf = (what: string, problem: Problem): Fault => {
  const fault = azureFault(what, problem);
  if (stopsEverything(problem)) throw fault;
  return fault;
};
