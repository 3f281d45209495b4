/** Starts, stops and terminates instances. */

import { type Action, myInstances, pickByIds } from "./call.ts";
import { STATE_CODES } from "./describe-instances.ts";
import { refusal } from "./error.ts";
import type { Ec2State } from "./state.ts";
import type { InstanceStateName } from "./world.ts";

/**
 * The answer says what they are becoming; a look at them after it sees that they have become it.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_TerminateInstances.html
 */
export const setInstanceStates =
  (final: InstanceStateName, becoming: InstanceStateName): Action =>
  (call) => {
    const ids = call.params.texts("InstanceId");
    if (ids.length === 0) throw refusal("MissingParameter", "The request must contain the parameter instancesSet");
    const picked = pickByIds(myInstances(call), ids, "i");
    const gone = picked.find(({ state }) => state === "terminated" && final !== "terminated");
    if (gone !== undefined) {
      throw refusal(
        "IncorrectInstanceState",
        `The instance '${gone.id}' is not in a state from which it can be changed`,
      );
    }
    for (const { id } of picked) setInstanceState(call.state, id, final);
    const xml = (name: InstanceStateName) => ({ code: STATE_CODES[name], name });
    return {
      instancesSet: picked.map(({ id, state }) => ({
        instanceId: id,
        currentState: xml(state === final ? final : becoming),
        previousState: xml(state),
      })),
    };
  };

/** A terminated instance's interfaces are deleted with it, as those are that are made with an instance. */
export const setInstanceState = (state: Ec2State, instanceId: string, name: InstanceStateName): void => {
  const instance = state.instances.get(instanceId);
  if (instance === undefined) return;
  state.instances.set(instanceId, { ...instance, state: name });
  if (name === "terminated") for (const id of instance.interfaceIds) state.interfaces.delete(id);
};
