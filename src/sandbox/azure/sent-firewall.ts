/** The form in which an Azure Firewall is sent; whether it makes sense is another question. */

import { z } from "zod";

/** ARM takes its words in any letter case and keeps its own. */
const known = <const T extends string>(words: readonly T[]) =>
  z.string().transform((sent, context): T => {
    const word = words.find((one) => one.toLowerCase() === sent.toLowerCase());
    if (word !== undefined) return word;
    context.addIssue({ code: "custom", message: `one of ${words.join(", ")}` });
    return z.NEVER;
  });
const texts = z
  .array(z.string())
  .nullish()
  .transform((list) => list ?? []);
const text = z
  .string()
  .nullish()
  .transform((sent) => (sent === "" || sent === null ? undefined : sent));
const reference = z.object({ id: z.string() }).nullish();

type Tidy<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** What is absent stays absent, so that nobody sees `undefined` where ARM shows nothing. */
const tidy = <T extends object>(value: T): Tidy<T> =>
  Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as Tidy<T>;

const collections = <Action extends string, Rule extends z.ZodType>(actions: readonly Action[], rule: Rule) =>
  z
    .array(
      z.object({
        name: z.string(),
        properties: z.object({
          priority: z.int(),
          action: z.object({ type: known(actions) }),
          rules: z
            .array(rule)
            .nullish()
            .transform((list) => list ?? []),
        }),
      }),
    )
    .nullish();

const natRule = z
  .object({
    name: z.string(),
    description: text,
    protocols: z.array(known(["TCP", "UDP", "ICMP", "Any"])).nullish(),
    sourceAddresses: texts,
    sourceIpGroups: texts,
    destinationAddresses: texts,
    destinationPorts: texts,
    translatedAddress: text,
    translatedFqdn: text,
    translatedPort: text,
  })
  // That only TCP and UDP are among the protocols is for the rule's check, which has an error of its own for it.
  .transform((rule) =>
    tidy({
      ...rule,
      protocols: (rule.protocols ?? []) as ("TCP" | "UDP")[],
      translatedPort: rule.translatedPort ?? "",
    }),
  );

const networkRule = z
  .object({
    name: z.string(),
    description: text,
    protocols: z.array(known(["TCP", "UDP", "ICMP", "Any"])).nullish(),
    sourceAddresses: texts,
    sourceIpGroups: texts,
    destinationAddresses: texts,
    destinationIpGroups: texts,
    destinationFqdns: texts,
    destinationPorts: texts,
  })
  .transform((rule) => tidy({ ...rule, protocols: rule.protocols ?? [] }));

const applicationRule = z
  .object({
    name: z.string(),
    description: text,
    protocols: z
      .array(z.object({ protocolType: known(["Http", "Https", "Mssql"]), port: z.int().min(0).max(64_000) }))
      .nullish(),
    sourceAddresses: texts,
    sourceIpGroups: texts,
    targetFqdns: texts,
    fqdnTags: texts,
  })
  .transform((rule) => tidy({ ...rule, protocols: rule.protocols ?? [] }));

const sentIpConfiguration = z.object({
  name: z.string(),
  properties: z.object({ subnet: reference, publicIPAddress: reference }).nullish(),
});

export type SentIpConfiguration = z.infer<typeof sentIpConfiguration>;

/** What ARM doesn't know it ignores. */
export const sentFirewall = z.object({
  location: z.string().optional(),
  tags: z.record(z.string(), z.string()).nullish(),
  zones: z.array(z.string()).nullish(),
  properties: z.object({
    sku: z.object({ name: z.string(), tier: z.string() }).nullish(),
    threatIntelMode: z.string().nullish(),
    additionalProperties: z.record(z.string(), z.string()).nullish(),
    ipConfigurations: z.array(sentIpConfiguration).nullish(),
    managementIpConfiguration: z.unknown().optional(),
    autoscaleConfiguration: z.unknown().optional(),
    virtualHub: z.unknown().optional(),
    firewallPolicy: reference,
    natRuleCollections: collections(["Dnat"], natRule),
    networkRuleCollections: collections(["Allow", "Deny"], networkRule),
    applicationRuleCollections: collections(["Allow", "Deny"], applicationRule),
  }),
});
