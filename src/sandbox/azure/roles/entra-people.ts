/** Object ids in Entra ID of the sandbox's people. What roles they have at start is in `default-roles.ts`. */

export const SANDBOX_ENTRA = {
  dev: "d0000000-0000-4000-8000-0000000000d1",
  dev2: "d0000000-0000-4000-8000-0000000000d2",
  lead: "d0000000-0000-4000-8000-0000000000a1",
  security: "d0000000-0000-4000-8000-0000000000c1",
} as const;
