/** Changing one grant or request against others who change it too. */

import { Fault } from "../access/fault.ts";
import type { GrantId } from "../access/identifier.ts";
import type { Grant } from "./grant.ts";
import type { Ledger, Write } from "./ledger.ts";

/**
 * Reads the grant, asks `change` what to write, and writes it; again when somebody else was first. `change` returns `undefined` when there is nothing (left)
 * to do. The grant that it returns gets its next version here.
 *
 * Returns the grant as written, or `undefined` when nothing was.
 */
export const changeGrant = async (
  ledger: Ledger,
  id: GrantId,
  change: (grant: Grant) => (Omit<Write, "grant"> & { readonly grant: Grant }) | undefined,
): Promise<Grant | undefined> => {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const found = await ledger.grant(id);
    const write = found === undefined ? undefined : change(found);
    if (found === undefined || write === undefined) return undefined;
    const grant = { ...write.grant, version: found.version + 1 };
    if (await ledger.commit({ ...write, grant })) return grant;
  }
  throw new Fault("redis", `cannot write grant \`${id}\`: it changed under us ${ATTEMPTS} times`, { retry: "later" });
};

const ATTEMPTS = 8;
