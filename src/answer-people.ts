/** From ask to answer: what people type and click. */

import { MINUTE } from "./access/time.ts";
import { openHomes } from "./notices/redraw-homes.ts";
import { problemOf } from "./operator-log.ts";
import type { Parts } from "./parts.ts";
import { offerAddress } from "./see-addresses.ts";
import { createAddressAnswers } from "./slack/address/answers.ts";
import { listenForAddress } from "./slack/address/listen.ts";
import { createAnswers, type LogProblem } from "./slack/answer.ts";
import { createAnswerAudit } from "./slack/audit/answer.ts";
import { createSendFile } from "./slack/audit/send-file.ts";
import { createAnswerExtend, listenForExtend } from "./slack/ending/extend-answer.ts";
import { listenForForm } from "./slack/form/listen.ts";
import { listenForHome } from "./slack/home/listen.ts";
import { listenForButtons } from "./slack/listen-buttons.ts";
import { listenForChanges } from "./slack/listen-changes.ts";
import { listenForCommands } from "./slack/listen-commands.ts";
import { createAnswerLockdown, listenForLockdown } from "./slack/lockdown/listen.ts";
import { listenForProtections } from "./slack/protecting/listen.ts";
import { createChooseMachines } from "./workflow/choose-machines.ts";
import { createEndEarly } from "./workflow/end-early.ts";
import { createExtendGrant } from "./workflow/extend-grant.ts";
import { createForetell } from "./workflow/foretell.ts";
import { createListAbilities } from "./workflow/list-abilities.ts";
import { createListAccesses } from "./workflow/list-accesses.ts";
import { createListMachines } from "./workflow/list-machines.ts";
import { createListMine } from "./workflow/list-mine.ts";
import { createLockDown } from "./workflow/lockdown/lock-down.ts";
import { createOverruleUndercut } from "./workflow/protecting/overrule.ts";
import { createProtectMachine } from "./workflow/protecting/protect-machine.ts";
import { createUnprotectMachine } from "./workflow/protecting/unprotect-machine.ts";
import { createRecordRefusal } from "./workflow/record-refusal.ts";
import { createReviewBreakGlass } from "./workflow/review-break-glass.ts";
import { createReviewRequest } from "./workflow/review-request.ts";
import { createExplainWhy } from "./workflow/standing-of-machines/explain-why.ts";
import { createListPosture } from "./workflow/standing-of-machines/list-posture.ts";
import { createSubmitRequest } from "./workflow/submit-request.ts";
import { createUnlinkAnother } from "./workflow/unlink-another.ts";
import { createWhoHas } from "./workflow/who-has.ts";

export const answerPeople = ({
  workflow,
  postures,
  recheck,
  people,
  slack: { app, client },
  ...parts
}: Parts): void => {
  const { clock, zone } = workflow;
  const log: LogProblem = ({ error, ...rest }) =>
    parts.log.error({ ...rest, ...problemOf(error) }, "a person couldn't be served");
  // The look at everybody's, each minute, is what can be relied on: see `make-it-so.ts`.
  const recheckNow = (user: string): Promise<void> =>
    recheck(AbortSignal.timeout(MINUTE), user).catch((error: unknown) => log({ error, doing: "recheck what is open" }));
  const answers = createAnswers({
    endEarly: createEndEarly(workflow),
    recordRefusal: createRecordRefusal(workflow),
    clock,
    zone,
    offersLinking: () => people.visiting !== undefined && parts.current.config().identities.signIn !== undefined,
    log,
  });
  const homes = openHomes({ ...parts.memory, clock, failed: (error) => log({ error, doing: "draw a Home again" }) });
  listenForChanges(app, {
    ...people.directory,
    changed: (user) => {
      void recheckNow(user);
      void homes.redraw(user);
    },
  });
  const auditRoles = () => [...workflow.securityRoles(), ...(parts.current.config().security?.audit ?? [])];
  listenForHome(app, { homeOpened: homes.opened, log });
  const protectMachine = createProtectMachine(workflow);
  const answerExtend = createAnswerExtend({ extendGrant: createExtendGrant(workflow), answers, clock, zone });
  listenForExtend(app, answerExtend, answers);
  const lockdown = { ...createLockDown(workflow), reasons: parts.memory.lockdownReasons, answers, clock, zone };
  listenForLockdown(app, lockdown);
  const addressAnswers = createAddressAnswers(offerAddress({ ...parts, workflow }), answers);
  const submitRequest = createSubmitRequest(workflow);
  const openForm = listenForForm(app, {
    client,
    submitRequest,
    chooseMachines: createChooseMachines(workflow),
    foretell: createForetell(workflow),
    request: workflow.ledger.request,
    machines: workflow.machines,
    policy: workflow.policy,
    hasAddressPage: parts.hasAddressPage,
    addressAnswers,
    answers,
    clock,
    zone,
    log,
  });
  listenForCommands(app, {
    openForm,
    hasAddressPage: parts.hasAddressPage,
    addressAnswers,
    answerExtend,
    answerLockdown: createAnswerLockdown(lockdown),
    submitRequest,
    listMine: createListMine(workflow),
    listMachines: createListMachines(workflow),
    listAbilities: createListAbilities({ ...workflow, auditRoles }),
    whoHas: createWhoHas(workflow),
    listPosture: createListPosture(workflow, postures),
    explainWhy: createExplainWhy(workflow),
    protectMachine,
    unprotectMachine: createUnprotectMachine(workflow),
    linking: people.linking,
    unlinkAnother: createUnlinkAnother({ ...workflow, unlink: people.linking.unlink }),
    answerAudit: createAnswerAudit({
      listAccesses: createListAccesses({
        ...workflow,
        auditRoles,
        readBack: parts.memory.readBack,
      }),
      sendFile: createSendFile(client),
      clock,
      zone,
      log,
    }),
    answers,
    clock,
    zone,
  });
  listenForButtons(app, {
    ...createReviewRequest(workflow),
    reviewBreakGlass: createReviewBreakGlass(workflow),
    client,
    answers,
    clock,
    log,
  });
  const overruleUndercut = createOverruleUndercut(workflow, protectMachine);
  listenForAddress(app, { addressAnswers, answers });
  listenForProtections(app, { protectMachine, overruleUndercut, answers });
};
