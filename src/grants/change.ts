/** Changing one grant or protection against others who change it too. */

import type { GrantId, ProtectionId } from "../access/identifier.ts";
import type { Grant } from "./grant.ts";
import type { Ledger, Write } from "./ledger.ts";
import type { Protection } from "./protection.ts";
import { untilWritten } from "./until-written.ts";

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
): Promise<Grant | undefined> =>
  untilWritten(`write grant \`${id}\``, async () => {
    const found = await ledger.grant(id);
    const write = found === undefined ? undefined : change(found);
    if (found === undefined || write === undefined) return undefined;
    const grant = { ...write.grant, version: found.version + 1 };
    return (await ledger.commit({ ...write, grant })) ? grant : "again";
  });

/** The same for a protection. */
export const changeProtection = (
  ledger: Ledger,
  id: ProtectionId,
  change: (protection: Protection) => (Omit<Write, "protection"> & { readonly protection: Protection }) | undefined,
): Promise<Protection | undefined> =>
  putProtection(ledger, id, (found) => (found === undefined ? undefined : change(found)));

/** The same for one that may not be there yet. */
export const putProtection = async (
  ledger: Ledger,
  id: ProtectionId,
  put: (
    before: Protection | undefined,
  ) => (Omit<Write, "protection"> & { readonly protection: Omit<Protection, "version"> }) | undefined,
): Promise<Protection | undefined> =>
  untilWritten(`write protection \`${id}\``, async () => {
    const before = await ledger.protection(id);
    const write = put(before);
    if (write === undefined) return undefined;
    const protection = { ...write.protection, version: (before?.version ?? 0) + 1 };
    return (await ledger.commit({ ...write, protection })) ? protection : "again";
  });
