/** The schemas of the document by name: the ones that check requests are the Worker's own. */
import * as z from "zod/mini";
import { GptOssResponses } from "../../src/native/schema.ts";
import { ConversationBody } from "../../src/protocol/conversation.ts";
import { CreateRequest, ServedFields } from "../../src/protocol/request.ts";
import * as admin from "./admin-answers.ts";
import * as answers from "./answers.ts";
import { requestFields } from "./describe-fields.ts";
import { describeCodes } from "./errors.ts";
import { eventNames, eventSchemas, NativeStreamEvent } from "./events.ts";
import * as hostedItems from "./hosted-items.ts";

const named = {
  NativeCreateRequest: z.looseObject({ ...ServedFields.shape, ...GptOssResponses.shape }),
  CompatCreateRequest: CreateRequest,
  Response: answers.ResponseAnswer,
  NativeResponse: answers.NativeResponse,
  NativeStreamEvent,
  Item: answers.Item,
  Message: answers.Message,
  Reasoning: answers.Reasoning,
  FunctionCall: answers.FunctionCall,
  CustomToolCall: answers.CustomToolCall,
  WebSearchCall: hostedItems.WebSearchCall,
  ImageGenerationCall: hostedItems.ImageGenerationCall,
  McpListTools: hostedItems.McpListTools,
  McpCall: hostedItems.McpCall,
  McpApprovalRequest: hostedItems.McpApprovalRequest,
  OtherItem: answers.OtherItem,
  ContentPart: answers.ContentPart,
  OutputText: answers.OutputText,
  Refusal: answers.Refusal,
  SummaryText: answers.SummaryText,
  TokenUsage: answers.TokenUsage,
  Error: answers.ErrorEnvelope,
  DeletedResponse: answers.DeletedResponse,
  KeptItem: answers.KeptItem,
  ItemList: answers.ItemList,
  InputTokens: answers.InputTokens,
  Compaction: answers.Compaction,
  ConversationBody,
  Conversation: answers.Conversation,
  DeletedConversation: answers.DeletedConversation,
  Model: answers.Model,
  ModelList: answers.ModelList,
  UsageReport: answers.UsageReport,
  Health: answers.Health,
  NewKey: admin.NewKey,
  ChangedKey: admin.ChangedKey,
  AdminKey: admin.AdminKey,
  AdminKeyWithSecret: admin.AdminKeyWithSecret,
  AdminKeyList: admin.AdminKeyList,
  DeletedAdminKey: admin.DeletedAdminKey,
  Overview: admin.Overview,
  CompletionsUsagePage: admin.CompletionsUsagePage,
  CostsPage: admin.CostsPage,
} satisfies Record<string, z.ZodMiniType>;

/** What a route can name as its body or its answer. */
export type SchemaName =
  | keyof typeof named
  | "CreateRequest"
  | "AnyResponse"
  | "AnyStreamEvent"
  | "StreamEvent"
  | "OpenApi";

const reference = (name: string) => ({ $ref: `#/components/schemas/${name}` });

/** Turns all schemas into those of `components.schemas`, with references between them. */
export function renderSchemas(): Record<string, object> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries({ ...named, ...eventSchemas })) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, {
    target: "draft-2020-12",
    uri: (id) => `#/components/schemas/${id}`,
    override({ jsonSchema }) {
      // More fields may come in any answer, and in native mode from upstream.
      if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
    },
  });
  return {
    CreateRequest: {
      description: "Which of the two it is depends on the Worker's mode, which `GET /health` tells.",
      anyOf: [reference("NativeCreateRequest"), reference("CompatCreateRequest")],
    },
    ...Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, clean(name, schema)])),
    AnyResponse: {
      description: "Which of the two it is depends on the Worker's mode, which `GET /health` tells.",
      anyOf: [reference("Response"), reference("NativeResponse")],
    },
    AnyStreamEvent: {
      description: "Which of the two it is depends on the Worker's mode, which `GET /health` tells.",
      anyOf: [reference("StreamEvent"), reference("NativeStreamEvent")],
    },
    StreamEvent: {
      description: "An event of a stream, as the `data` of a server-sent event of the same name.",
      oneOf: Object.values(eventNames).map(reference),
      discriminator: {
        propertyName: "type",
        mapping: Object.fromEntries(
          Object.entries(eventNames).map(([type, name]) => [type, `#/components/schemas/${name}`]),
        ),
      },
    },
    OpenApi: { description: "An OpenAPI document.", type: "object" },
  };
}

const descriptions: Readonly<Record<string, string>> = {
  NativeCreateRequest:
    "A request in native mode: `GPT_OSS_Responses`, the schema Workers AI publishes for gpt-oss. Any other field is passed on as it is; `null` means unset.",
  CompatCreateRequest:
    "A request in compat mode: what OpenAI's clients send. `null` means unset; a field that is not named here is ignored.",
  Response: "A complete Response: every one in compat mode, and in native mode those of background runs.",
  NativeResponse: "A Response in native mode, as upstream sends it: it may lack fields, and have others.",
  NativeStreamEvent:
    "An event in native mode, as upstream sends it: it may be of types that are not named here, such as `response.reasoning_text.delta`.",
  Error: `Every failed call, on every path. The four fields are always strings; programs compare \`code\`.\n\n${describeCodes()}`,
  WebSearchCall:
    "A web search, or a page that was opened, by the Worker. `sources` and `results` where `include` asks for them.",
  ImageGenerationCall: "An image that the Worker had made: `result` is base64.",
  McpListTools: "The tools of an MCP server. It is used again in later turns, so that the server is not asked twice.",
  McpCall: "A call of an MCP server's tool by the Worker.",
  McpApprovalRequest: "A call that waits: send an `mcp_approval_response` with its id.",
  OtherItem: "An item of another type, such as a tool's that upstream runs itself.",
};

function clean(name: string, schema: object): object {
  const { $schema: _schema, $id: _id, ...rest } = { $schema: "", $id: "", ...schema };
  const described = { ...(descriptions[name] !== undefined && { description: descriptions[name] }), ...rest };
  return name.endsWith("CreateRequest") ? describeRequest(described) : described;
}

function describeRequest(schema: object): object {
  if (!("properties" in schema)) return schema;
  const properties = Object.entries(Object(schema.properties)).map(([field, value]) => [
    field,
    { description: requestFields[field], ...Object(value) },
  ]);
  return { ...schema, properties: Object.fromEntries(properties) };
}
