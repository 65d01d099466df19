import { isObject, type JsonObject } from "../api/json.ts";
import { checkFunction } from "./check-function.ts";
import { checkSchema } from "./check-schema.ts";
import type { McpServer, Settings } from "./default-settings.ts";
import { FieldError, type FieldName } from "./field-error.ts";
import { readJsonText } from "./read-json-text.ts";

/**
 * Turns the settings into the body of a create request, less its input. What nobody set is left out.
 * Throws `FieldError`.
 */
export function buildRequest(settings: Settings, serverTokens: Readonly<Record<string, string>> = {}): JsonObject {
  const { model, instructions, effort, summary, temperature, topP, parallelToolCalls, stream, store, background } =
    settings;
  const tools = buildTools(settings, serverTokens);
  const text = buildText(settings);
  const reasoning = { ...(effort !== "" && { effort }), ...(summary !== "" && { summary }) };
  const request: JsonObject = {
    ...(model !== "" && { model }),
    ...(instructions.trim() !== "" && { instructions }),
    ...(Object.keys(reasoning).length > 0 && { reasoning }),
    ...(Object.keys(text).length > 0 && { text }),
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { top_p: topP }),
    ...readLimit("max_output_tokens", "maxOutputTokens", settings.maxOutputTokens),
    ...readLimit("max_tool_calls", "maxToolCalls", settings.maxToolCalls),
    ...(tools.length > 0 && { tools }),
    ...(settings.webSearch && { include: ["web_search_call.action.sources"] }),
    ...(!parallelToolCalls && { parallel_tool_calls: false }),
    ...(!store && { store: false }),
    ...(background && { background }),
    ...(stream && { stream }),
  };
  return mergeExtra(request, settings.extra);
}

function readLimit(name: string, field: FieldName, written: string): JsonObject {
  const text = written.trim();
  if (text === "") return {};
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new FieldError(field, "Write a whole number, 1 or more.");
  return { [name]: Number(text) };
}

function buildTools(
  { webSearch, images, servers, functions }: Settings,
  serverTokens: Readonly<Record<string, string>>,
): JsonObject[] {
  return [
    ...(webSearch ? [{ type: "web_search" }] : []),
    ...(images ? [{ type: "image_generation" }] : []),
    ...servers.filter(({ isOn }) => isOn).map((server) => buildServer(server, serverTokens)),
    ...functions
      .filter(({ isOn }) => isOn)
      .map(({ text }) => {
        const checked = checkFunction(text);
        if (checked.problem !== undefined) throw new FieldError("functions", checked.problem);
        // The console's own: the form for the result is made of it.
        const { output_schema: _schema, ...tool } = checked.tool;
        return tool;
      }),
  ];
}

function buildServer(
  { label, url, approval, allowedTools }: McpServer,
  serverTokens: Readonly<Record<string, string>>,
): JsonObject {
  if (label.trim() === "") throw new FieldError("servers", "Give each MCP server a label.");
  const allowed = allowedTools
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  const token = serverTokens[label] ?? "";
  return {
    type: "mcp",
    server_label: label.trim(),
    ...(url.trim() !== "" && { server_url: url.trim() }),
    ...(token !== "" && { authorization: token }),
    ...(allowed.length > 0 && { allowed_tools: allowed }),
    require_approval: approval,
  };
}

function buildText({ format, schema, verbosity }: Settings): JsonObject {
  return {
    ...(format !== "text" && { format: format === "json_object" ? { type: format } : readFormat(schema) }),
    ...(verbosity !== "" && { verbosity }),
  };
}

/** A whole `text.format` is taken as it is; any other object is the JSON Schema of one. */
function readFormat(text: string): JsonObject {
  const read = readJsonText(text);
  if (read.problem !== undefined) throw new FieldError("schema", read.problem);
  const { value } = read;
  if (value["type"] === "json_schema" && isObject(value["schema"])) return value;
  const problem = checkSchema(value);
  if (problem !== undefined) throw new FieldError("schema", problem);
  const isStrict = checkSchema(value, { isStrict: true }) === undefined;
  return { type: "json_schema", name: "answer", strict: isStrict, schema: value };
}

function mergeExtra(request: JsonObject, text: string): JsonObject {
  if (text.trim() === "") return request;
  const read = readJsonText(text);
  if (read.problem !== undefined) throw new FieldError("extra", read.problem);
  return merge(request, read.value);
}

/** Objects are merged key by key; anything else replaces what was there. */
function merge(base: JsonObject, over: JsonObject): JsonObject {
  const merged = Object.entries(over).map(([name, value]) => {
    const old = base[name];
    return [name, isObject(old) && isObject(value) ? merge(old, value) : value] as const;
  });
  return { ...base, ...Object.fromEntries(merged) };
}
