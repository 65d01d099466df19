import { examples } from "../examples.ts";
import { bodyCodes, pageParameters, type Parameter, type Route } from "../route.ts";

const conversationId: Parameter = {
  name: "conversation_id",
  in: "path",
  description: "The id of a conversation.",
  schema: { type: "string" },
};

const itemId: Parameter = {
  name: "item_id",
  in: "path",
  description: "The id of an item of the conversation.",
  schema: { type: "string" },
};

const ofOne = { tag: "Conversations", parameters: [conversationId] } as const;
const ofItem = { tag: "Conversations", parameters: [conversationId, itemId] } as const;
/** What can be wrong with a body: the same one makes a conversation, changes it, and adds to it. */
const changeCodes = [
  ...bodyCodes,
  "conversation_not_found",
  "too_many_items",
  "item_not_found",
  "object_above_max_properties",
  "property_name_above_max_length",
  "string_above_max_length",
] as const;
const theConversation = { json: "Conversation", example: examples.conversation } as const;

/** Conversations: what is said in one is there for its next turn. They need the binding `THREADS`. */
export const conversationRoutes: readonly Route[] = [
  {
    method: "post",
    path: "/v1/conversations",
    operationId: "createConversation",
    tag: "Conversations",
    summary: "Create a conversation",
    body: { schema: "ConversationBody", examples: { items: examples.conversationBody } },
    answer: { description: "The new conversation.", ...theConversation },
    codes: [...changeCodes, "conversation_too_large"],
  },
  {
    method: "get",
    path: "/v1/conversations/{conversation_id}",
    operationId: "retrieveConversation",
    ...ofOne,
    summary: "Retrieve a conversation",
    answer: { description: "The conversation.", ...theConversation },
    codes: ["conversation_not_found"],
  },
  {
    method: "post",
    path: "/v1/conversations/{conversation_id}",
    operationId: "updateConversation",
    ...ofOne,
    summary: "Replace a conversation's metadata",
    body: { schema: "ConversationBody", examples: { metadata: { metadata: { topic: "weather" } } } },
    answer: { description: "The conversation.", ...theConversation },
    codes: changeCodes,
  },
  {
    method: "delete",
    path: "/v1/conversations/{conversation_id}",
    operationId: "deleteConversation",
    ...ofOne,
    summary: "Delete a conversation",
    description: "With its items. Responses made in it stay.",
    answer: {
      description: "The conversation is deleted.",
      json: "DeletedConversation",
      example: { id: examples.conversation.id, object: "conversation.deleted", deleted: true },
    },
    codes: ["conversation_not_found"],
  },
  {
    method: "post",
    path: "/v1/conversations/{conversation_id}/items",
    operationId: "createConversationItems",
    ...ofOne,
    summary: "Add items to a conversation",
    body: { schema: "ConversationBody", examples: { items: examples.conversationBody } },
    answer: { description: "The items as they are stored.", json: "ItemList", example: examples.items },
    codes: [...changeCodes, "conversation_too_large"],
  },
  {
    method: "get",
    path: "/v1/conversations/{conversation_id}/items",
    operationId: "listConversationItems",
    tag: "Conversations",
    parameters: [conversationId, ...pageParameters],
    summary: "List a conversation's items",
    answer: { description: "A page of items.", json: "ItemList", example: examples.items },
    codes: ["conversation_not_found", "invalid_value"],
  },
  {
    method: "get",
    path: "/v1/conversations/{conversation_id}/items/{item_id}",
    operationId: "retrieveConversationItem",
    ...ofItem,
    summary: "Retrieve an item",
    answer: { description: "The item.", json: "KeptItem", example: examples.item },
    codes: ["conversation_not_found", "item_not_found"],
  },
  {
    method: "delete",
    path: "/v1/conversations/{conversation_id}/items/{item_id}",
    operationId: "deleteConversationItem",
    ...ofItem,
    summary: "Delete an item",
    answer: { description: "The conversation.", ...theConversation },
    codes: ["conversation_not_found", "item_not_found"],
  },
];
