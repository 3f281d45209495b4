/** Writes IAM's XML: objects are elements, arrays are `<member>` lists, `undefined` is left out. */

export type Xml = string | number | boolean | undefined | readonly Xml[] | { readonly [name: string]: Xml };

/** https://docs.aws.amazon.com/IAM/latest/APIReference/programming.html */
const NAMESPACE = "https://iam.amazonaws.com/doc/2010-05-08/";

export const answerXml = (action: string, requestId: string, result: { readonly [name: string]: Xml }): string =>
  `<${action}Response xmlns="${NAMESPACE}">${inside({
    [`${action}Result`]: result,
    ResponseMetadata: { RequestId: requestId },
  })}</${action}Response>`;

export const errorXml = (code: string, message: string, status: number, requestId: string): string =>
  `<ErrorResponse xmlns="${NAMESPACE}">${inside({
    Error: { Type: status < 500 ? "Sender" : "Receiver", Code: code, Message: message },
    RequestId: requestId,
  })}</ErrorResponse>`;

const inside = (value: Xml): string => {
  if (value === undefined) return "";
  if (typeof value !== "object") return escaped(String(value));
  if (isList(value)) return value.map((item) => element("member", item)).join("");
  return Object.entries(value)
    .map(([name, child]) => element(name, child))
    .join("");
};

const element = (name: string, value: Xml): string =>
  value === undefined ? "" : `<${name}>${inside(value)}</${name}>`;

const isList = (value: object): value is readonly Xml[] => Array.isArray(value);

const escaped = (text: string): string =>
  text.replace(/[&<>"'\r\n\t]/gu, (char) => `&#${String(char.codePointAt(0))};`);
