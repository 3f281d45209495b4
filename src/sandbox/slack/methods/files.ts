/** `files.*`, the way in that is left since `files.upload` went: https://docs.slack.dev/messaging/working-with-files */

import { fileObject, type UploadedFile } from "../files.ts";
import { isObject, textOf } from "../json.ts";
import type { Conversation } from "../workspace.ts";
import { type Call, done, explained, type Method, missing, type Outcome, refused } from "./method.ts";

const LARGEST = 1_000_000_000;
const LARGEST_SNIPPET = 1_000_000;
const LONGEST_ALT_TEXT = 1_000;

/** https://docs.slack.dev/reference/methods/files.getUploadURLExternal */
const getUploadUrl: Method = ({ args, files }) => {
  const name = args.text("filename") ?? "";
  const length = args.number("length");
  if (name === "" || length === undefined)
    return missing(...(name === "" ? ["filename"] : []), ...(length === undefined ? ["length"] : []));
  if (!Number.isInteger(length) || length < 0) return explained("invalid_arguments", ["invalid `length`"]);
  if (length === 0) return refused("missing_argument");
  if (length > LARGEST) return refused("file_upload_size_restricted");
  if (args.text("snippet_type") !== undefined && length > LARGEST_SNIPPET) return refused("snippet_too_large");
  if ((args.text("alt_txt") ?? args.text("alt_text") ?? "").length > LONGEST_ALT_TEXT)
    return refused("alt_txt_too_large");
  const { file, uploadUrl, keep } = files.reserve({ name, length });
  return done({ upload_url: uploadUrl, file_id: file.id }, keep);
};

/** https://docs.slack.dev/reference/methods/files.completeUploadExternal */
const completeUpload: Method = (call) => {
  const { args, files, workspace } = call;
  const named = namedFiles(call);
  if ("answer" in named) return named;
  const places = placesToShare(call);
  if ("answer" in places) return places;
  const thread = args.text("thread_ts");
  const [first, second] = places;
  if (thread !== undefined && (first === undefined || second !== undefined))
    return explained("invalid_arguments", ["`thread_ts` goes with one channel"]);
  if (thread !== undefined && first !== undefined && workspace.message(first.id, thread) === undefined)
    return refused("invalid_arguments");

  return done({ files: named.map(({ file, title }) => ({ id: file.id, title: title ?? file.title })) }, () => {
    const shared = named.flatMap(({ file, title }) => files.complete(file.id, title) ?? []);
    for (const place of places)
      workspace.post({
        channel: place.id,
        ts: workspace.newTs(),
        user: workspace.bot.userId,
        byApp: true,
        text: args.text("initial_comment") ?? "",
        blocks: [],
        files: shared.map(fileObject),
        ...(thread === undefined ? {} : { thread }),
      });
  });
};

export const filesMethods = {
  "files.getUploadURLExternal": getUploadUrl,
  "files.completeUploadExternal": completeUpload,
} satisfies Record<string, Method>;

interface NamedFile {
  readonly file: UploadedFile;
  readonly title: string | undefined;
}

const namedFiles = ({ args, files }: Call): readonly NamedFile[] | Outcome => {
  const given = args.structure("files");
  if (given === undefined) return missing("files");
  if (given === "unreadable" || !Array.isArray(given.value) || given.value.length === 0)
    return explained("invalid_arguments", ["must provide an array of files [json-pointer:/files]"]);
  const named = given.value.map((each: unknown) => {
    const file = isObject(each) ? files.file(textOf(each.id) ?? "") : undefined;
    // Nobody can complete what isn't there yet, or what was completed before.
    if (file?.content === undefined || file.isComplete) return undefined;
    return { file, title: isObject(each) ? textOf(each.title) : undefined };
  });
  const found = named.filter((each) => each !== undefined);
  return found.length === named.length ? found : refused("file_not_found");
};

/** None: the file stays with the bot alone. */
const placesToShare = ({ args, workspace }: Call): readonly Conversation[] | Outcome => {
  const one = args.text("channel_id") ?? "";
  const several = (args.text("channels") ?? "").split(",").filter((id) => id !== "");
  // A person's id stands for their direct message among `channels`, but isn't a `channel_id`.
  if (one !== "" && !/^[CDG]/u.test(one)) return refused("channel_not_found");
  const places: Conversation[] = [];
  for (const id of one === "" ? several : [one]) {
    const place = /^[CDGUW]/u.test(id) ? workspace.conversation(id) : undefined;
    const isMember = place?.members.includes(workspace.bot.userId) === true;
    if (place === undefined || (place.is_private === true && !isMember)) return refused("channel_not_found");
    if (!isMember) return refused("not_in_channel");
    if (place.is_archived === true) return refused("posting_to_channel_denied");
    places.push(place);
  }
  return places;
};
