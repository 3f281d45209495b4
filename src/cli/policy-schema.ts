/** `latch policy schema`: what editors need to help with the policy file. */

import { configSchema } from "../config/json-schema.ts";
import type { Command } from "./command.ts";

export const policySchema: Command = {
  name: "schema",
  form: "schema",
  summary: "the JSON Schema of the policy file, for editors",
  help: [
    "Editors that know YAML show what may be written where, after a first line like",
    "# yaml-language-server: $schema=latch.schema.json",
  ],
  options: {},
  words: [0, 0],
  run: async (_, { print }) => {
    print(JSON.stringify(configSchema(), undefined, 2));
    return 0;
  },
};
