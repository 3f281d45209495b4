/** Which security groups a network interface has. */

import { type Action, type Call, findMine, myGroups, myInstances, myInterfaces } from "./call.ts";
import { notFound, refusal } from "./error.ts";
import type { NetworkInterface } from "./state.ts";

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyNetworkInterfaceAttribute.html: one attribute at a time. */
export const modifyNetworkInterfaceAttribute: Action = (call) => {
  const { params, state } = call;
  const one = findMine(myInterfaces(call), params.required("NetworkInterfaceId"), "eni");
  const said = ["SecurityGroupId", "Description", "SourceDestCheck", "Attachment"].filter((name) => params.has(name));
  if (said.length === 0) throw refusal("MissingParameter", "No attributes specified.");
  if (said.length > 1) throw refusal("InvalidParameterCombination", "Fields for multiple attribute types specified");
  if (said[0] === "SecurityGroupId") setGroups(call, one, params.texts("SecurityGroupId"));
  if (said[0] === "Description")
    state.interfaces.set(one.id, { ...one, description: params.text("Description.Value") ?? "" });
  return { return: true };
};

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceAttribute.html, as far as groups go. */
export const modifyInstanceAttribute: Action = (call) => {
  const { params, state } = call;
  const instance = findMine(myInstances(call), params.required("InstanceId"), "i");
  if (!params.has("GroupId"))
    throw refusal("InvalidParameterValue", "The sandbox modifies nothing of an instance but its groups");
  const [first, ...others] = instance.interfaceIds.flatMap((id) => state.interfaces.get(id) ?? []);
  if (first === undefined || others.length > 0) {
    throw refusal(
      "InvalidInstanceID",
      `There are multiple interfaces attached to instance '${instance.id}'. Please specify an interface ID for the operation instead.`,
    );
  }
  setGroups(call, first, params.texts("GroupId"));
  return { return: true };
};

/** Replaces the whole set. */
const setGroups = (call: Call, one: NetworkInterface, ids: readonly string[]): void => {
  const wanted = [...new Set(ids)];
  for (const id of wanted) {
    const group = myGroups(call).find((other) => other.id === id);
    if (group === undefined) throw notFound("sg", id);
    if (group.vpcId !== one.vpcId) {
      throw refusal(
        "InvalidParameterValue",
        `You have specified two resources that belong to different networks: ${id} and ${one.id}.`,
      );
    }
  }
  if (wanted.length > call.limits.groupsPerInterface) {
    throw refusal(
      "SecurityGroupsPerInterfaceLimitExceeded",
      "The maximum number of security groups per interface has been reached.",
    );
  }
  call.state.interfaces.set(one.id, { ...one, groupIds: wanted });
};
