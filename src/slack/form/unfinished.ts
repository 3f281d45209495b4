/** What is still to be chosen or typed before anybody can say what will happen. */

import { type Filled, TYPED } from "./fields.ts";

/** `undefined`: nothing. What is typed is known only once Enter is pressed in it, or the form is sent. */
export const unfinished = ({
  services,
  length,
  typedLength,
  source,
  typedSource,
}: Filled): readonly string[] | undefined => {
  const isTyping = (length === TYPED && typedLength.trim() === "") || (source === TYPED && typedSource.trim() === "");
  if (services.length === 0) return ["Choose a port, and I say here what will happen."];
  if (isTyping) return ["Press Enter where you typed, and I say here what will happen."];
  return length === "" ? ["Choose a length, and I say here what will happen."] : undefined;
};
