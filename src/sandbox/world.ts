/** A company to play in: its people, and its machines in two clouds. */

import type { IamWorld } from "./aws/iam/world.ts";
import type { Ec2World } from "./aws/world.ts";
import { SANDBOX_ENTRA } from "./azure/roles/entra-people.ts";
import { SUBSCRIPTION } from "./azure-machines.ts";
import type { Shift } from "./on-call/pagerduty.ts";
import type { OpenIdAccount } from "./openid/server.ts";
import type { SlackWorld } from "./slack/world.ts";

export { azureWorld, firewallId, nsgId } from "./azure-machines.ts";

export const CHANNELS = { access: "C0ACCESS", security: "C0SECURITY", general: "C0GENERAL" } as const;

/** Who there is, by what they are. */
export const PEOPLE = {
  dev: "U0DEV1",
  otherDev: "U0DEV2",
  lead: "U0LEAD1",
  otherLead: "U0LEAD2",
  formerLead: "U0LEAD3",
  security: "U0SEC1",
  nobody: "U0SALES1",
  guest: "U0GUEST1",
  outsider: "U0OUT1",
} as const;

/** From where people connect. */
export const ADDRESSES = {
  vpn: "198.51.100.7",
  office: "203.0.113.10",
  home: "192.0.2.44",
  stranger: "192.0.2.66",
  officeV6: "2001:db8:1::10",
} as const;

const everybody = Object.values(PEOPLE);
const colleagues = everybody.filter((user) => user !== PEOPLE.outsider && user !== PEOPLE.guest);

/** A custom field of Slack's profiles that members can't edit themselves. */
const MANAGER_FIELD = "Xf0MANAGER";
const managedBy = (manager: string) => ({ fields: { [MANAGER_FIELD]: manager } });

export const slackWorld: SlackWorld = {
  team: { id: "T0ACME", name: "Acme", domain: "acme" },
  bot: { userId: "U0LATCH", botId: "B0LATCH", appId: "A0LATCH", name: "latch" },
  users: [
    { id: PEOPLE.dev, name: "dev", real_name: "Dana Developer", tz: "Europe/Berlin", profile: managedBy(PEOPLE.lead) },
    {
      id: PEOPLE.otherDev,
      name: "other",
      real_name: "Omar Other",
      tz: "America/New_York",
      profile: managedBy(PEOPLE.otherLead),
    },
    { id: PEOPLE.lead, name: "lead-1", real_name: "Lea Lead", tz: "Europe/Berlin" },
    { id: PEOPLE.otherLead, name: "lead-2", real_name: "Luis Lead", tz: "Asia/Tokyo" },
    { id: PEOPLE.formerLead, name: "lead-3", real_name: "Lou Left", deleted: true },
    { id: PEOPLE.security, name: "sec", real_name: "Sami Security" },
    { id: PEOPLE.nobody, name: "sales", real_name: "Sal Sales" },
    { id: PEOPLE.guest, name: "guest", real_name: "Gil Guest", is_restricted: true },
    { id: PEOPLE.outsider, name: "outsider", real_name: "Oda Outside", team_id: "T0OTHER", is_stranger: true },
  ],
  channels: [
    { id: CHANNELS.access, name: "access", members: [...everybody, "U0LATCH"], is_shared: true, is_ext_shared: true },
    { id: CHANNELS.security, name: "security", members: [PEOPLE.security, PEOPLE.lead, "U0LATCH"], is_private: true },
    { id: CHANNELS.general, name: "general", members: [...colleagues, "U0LATCH"] },
  ],
  profileFields: [{ id: MANAGER_FIELD, label: "Manager", type: "user", isProtected: true }],
  userGroups: [
    { id: "S0ENG", handle: "engineers", users: [PEOPLE.dev, PEOPLE.otherDev, PEOPLE.outsider, PEOPLE.guest] },
  ],
};

const ACCOUNT = "111122223333";
export const AWS_KEY = { id: "AKIASANDBOXLATCH00", secret: "sandbox-secret-of-no-worth" } as const;
/** Somebody else's in the same account. */
export const AWS_COLLEAGUE_KEY = { id: "AKIASANDBOXCOLLEAGUE", secret: "another-secret-of-no-worth" } as const;

export const ec2World: Ec2World = {
  accounts: [{ id: ACCOUNT, keys: [AWS_KEY, AWS_COLLEAGUE_KEY] }],
  vpcs: [
    { id: "vpc-0acme", account: ACCOUNT, region: "eu-west-1", cidr: "10.1.0.0/16", ipv6Cidr: "2001:db8:acce::/56" },
  ],
  subnets: [{ id: "subnet-0acme", vpc: "vpc-0acme", cidr: "10.1.1.0/24", ipv6Cidr: "2001:db8:acce::/64" }],
  prefixLists: [
    {
      id: "pl-0offices",
      account: ACCOUNT,
      region: "eu-west-1",
      name: "acme-offices",
      maxEntries: 5,
      cidrs: ["203.0.113.0/24", "192.0.2.128/25"],
      descriptions: { "203.0.113.0/24": "Berlin", "192.0.2.128/25": "Leipzig" },
    },
  ],
  groups: [
    { id: "sg-0web", vpc: "vpc-0acme", name: "web", ingress: [{ protocol: "tcp", ports: 443, peer: "0.0.0.0/0" }] },
    {
      id: "sg-0inside",
      vpc: "vpc-0acme",
      name: "inside",
      ingress: [{ protocol: "tcp", ports: 5432, peer: "sg-0web" }],
    },
    {
      id: "sg-0appshared",
      vpc: "vpc-0acme",
      name: "app-shared",
      ingress: [
        { protocol: "tcp", ports: 22, peer: "0.0.0.0/0", description: "ssh for all", tags: { ticket: "OPS-17" } },
        { protocol: "tcp", ports: 22, peer: "::/0", description: "ssh for all (v6)", tags: { ticket: "OPS-17" } },
        { protocol: "tcp", ports: [20, 25], peer: "198.51.100.0/24", description: "transfers and mail" },
        { protocol: "tcp", ports: 22, peer: "pl-0offices" },
        { protocol: "tcp", ports: 443, peer: "0.0.0.0/0" },
        { protocol: "tcp", ports: 443, peer: "::/0" },
      ],
    },
    {
      id: "sg-0wide",
      vpc: "vpc-0acme",
      name: "wide",
      ingress: [{ protocol: "-1", peer: "10.0.0.0/8", description: "everything inside" }],
    },
  ],
  instances: [
    instance("i-0prodweb1", "prod-web-1", "prod", 11, ["sg-0web"]),
    instance("i-0proddb1", "prod-db-1", "prod", 12, ["sg-0inside"], { second: 112 }),
    instance("i-0stagingapi1", "staging-api-1", "staging", 21, ["sg-0web"]),
    instance("i-0devbox1", "dev-box-1", "dev", 31, ["sg-0inside"]),
    instance("i-0prodapp1", "prod-app-1", "prod", 13, ["sg-0appshared"]),
    instance("i-0prodapp2", "prod-app-2", "prod", 14, ["sg-0appshared"]),
    instance("i-0devwide1", "dev-wide-1", "dev", 33, ["sg-0wide"]),
    instance("i-0devbox2", "dev-box-2", "dev", 32, ["sg-0inside"], { platform: "windows" }),
  ],
};

function instance(
  id: string,
  name: string,
  env: string,
  last: number,
  groups: readonly string[],
  extra: { readonly second?: number; readonly platform?: "windows" } = {},
): Ec2World["instances"][number] {
  const at = (host: number) => ({
    id: `eni-0${name.replaceAll("-", "")}${host}`,
    subnet: "subnet-0acme",
    privateIp: `10.1.1.${host}`,
    groups,
    publicIp: `54.170.1.${host}`,
    ipv6: [`2001:db8:acce::${host}`],
  });
  return {
    id,
    name,
    tags: { env },
    interfaces: extra.second === undefined ? [at(last)] : [at(last), at(extra.second)],
    ...(extra.platform === undefined ? {} : { platform: extra.platform }),
  };
}

/** The schedule that the sandbox's policy names, and its people there. */
export const SCHEDULE = "PVAULT";
export const ON_CALL = { lead: "PLEAD1", otherLead: "PLEAD2" } as const;
export const SHIFTS: readonly Shift[] = [{ user: ON_CALL.lead, schedule: SCHEDULE }];
/** In the configuration, where each sandbox puts its own. */
export const PAGERDUTY_ADDRESS = "https://pagerduty.example";
export const PAGERDUTY_TOKEN = "sandbox-pagerduty-token";

/** Where the sandbox's people sign in; each may be anyone there. */
export const OPENID_ISSUER = "https://login.acme.example";
export const OPENID_CLIENT = { id: "latch-sandbox", secret: "sandbox-openid-secret" } as const;
export const OPENID_ACCOUNTS: readonly OpenIdAccount[] = [
  { subject: "entra-dev", name: "Dana Developer", claims: { oid: SANDBOX_ENTRA.dev, email: "dana@acme.example" } },
  { subject: "entra-lead", name: "Lea Lead", claims: { oid: SANDBOX_ENTRA.lead, email: "lea@acme.example" } },
  { subject: "entra-lead-2", name: "Luis Lead", claims: { oid: "d0000000-0000-4000-8000-0000000000a2" } },
];

export const iamWorld: IamWorld = {
  accounts: [{ id: ACCOUNT, keys: [AWS_KEY, AWS_COLLEAGUE_KEY] }],
  users: [{ account: ACCOUNT, name: "dev1" }],
};

/** What the sandbox's bot is configured with: the example policy, for this world. */
export const sandboxConfig = `installation: acme
timezone: Europe/Berlin
clouds:
  azure: { subscriptions: [${SUBSCRIPTION}] }
  aws: [{ regions: [eu-west-1] }]
services: { ssh: 22, rdp: 3389, winrm: [5985, 5986], postgres: 5432 }
networks:
  office: [203.0.113.0/24, "2001:db8:1::/48"]
  vpn: [198.51.100.7/32]
roles:
  engineers: { groups: [S0ENG] }
  leads: { users: [${PEOPLE.lead}, ${PEOPLE.otherLead}, ${PEOPLE.formerLead}] }
  security: { users: [${PEOPLE.security}] }
  oncall: { onCall: [pagerduty:${SCHEDULE}], otherwise: [leads] }
identities:
  people:
    ${PEOPLE.dev}: { entra: ${SANDBOX_ENTRA.dev} }
    ${PEOPLE.otherDev}: { entra: ${SANDBOX_ENTRA.dev2} }
    ${PEOPLE.lead}: { entra: ${SANDBOX_ENTRA.lead}, pagerduty: ${ON_CALL.lead} }
    ${PEOPLE.otherLead}: { pagerduty: ${ON_CALL.otherLead} }
    ${PEOPLE.security}: { entra: ${SANDBOX_ENTRA.security} }
  profileFields: { manager: ${MANAGER_FIELD} }
  signIn: { issuer: ${OPENID_ISSUER}, clientId: ${OPENID_CLIENT.id}, claims: { entra: oid } }
onCall: { pagerduty: { address: ${PAGERDUTY_ADDRESS} } }
channel: ${CHANNELS.access}
security: { channel: ${CHANNELS.security}, roles: [security] }
rules:
  - name: production
    match: { names: ["prod-*"], tags: { env: prod } }
    ports:
      ssh: { maximum: 3h }
      rdp: { maximum: 1h, sources: [vpn] }
      postgres: { maximum: 1h }
    sources: [office, vpn, single-address]
    defaultSource: vpn
    request: [engineers, leads]
    approve: { by: [leads], needed: 1, within: 30m }
    configure: [security]
    justification: { required: true, pattern: "^(INC|CHG)-[0-9]+" }
  - name: vault
    match: { names: ["vault-*"], clouds: [azure] }
    ports: { ssh: { maximum: 1h } }
    sources: [office, vpn, single-address]
    defaultSource: vpn
    request: [engineers]
    authorities: [policy, azure-roles]
    approve:
      steps: [{ by: [oncall] }, { by: [security] }]
      within: 30m
    breakGlass: { by: [engineers], maximum: 30m, tell: [security] }
    limits: { perPerson: 1, asksPerHour: 10 }
    recheck: close
    configure: [security]
    justification: { required: true, pattern: "^(INC|CHG)-[0-9]+" }
  - name: staging
    match: { names: ["staging-*"] }
    ports: { ssh: { maximum: 4h }, winrm: { maximum: 1h } }
    sources: [office, vpn]
    defaultSource: vpn
    request: [engineers]
    approve: { by: [leads, security], needed: 2, within: 1h }
    configure: [security]
  - name: development
    match: { names: ["dev-*"] }
    ports: { ssh: { maximum: 8h }, 8080: { maximum: 8h } }
    sources: [anywhere]
    request: [engineers]
    approve: none
    configure: [security]
`;
