import type { Counted } from "../call.ts";
import type { HostedToolSettings } from "../hosted-tool-settings.ts";
import type { McpTool } from "../protocol/hosted-items.ts";
import { createItemId } from "../protocol/ids.ts";
import type { JsonRecord } from "../protocol/json.ts";
import type { ResponseBuilder } from "../protocol/response-builder.ts";
import type { Fetch } from "../web/fetch-guarded.ts";
import { generateImage } from "../workers-ai/generate-image.ts";
import type { HostedCall, HostedTool } from "./hosted-tool.ts";
import { ImageCall } from "./image-generation/image-call.ts";
import { findListing, ListToolsCall } from "./mcp/list-tools.ts";
import { McpCall } from "./mcp/mcp-call.ts";
import { McpClient } from "./mcp/mcp-client.ts";
import { nameMcpTool } from "./mcp/name-tool.ts";
import type { McpServer } from "./mcp/read-mcp-tool.ts";
import type { ApprovedCall } from "./mcp/resolve-approvals.ts";
import type { HostedPlan } from "./plan-tools.ts";
import { type SearchKit, SearchCall } from "./web-search/search-call.ts";
import { findProvider } from "./web-search/search-provider.ts";

/** What hosted tools are run with. */
export interface HostedContext {
  plan: HostedPlan;
  settings: HostedToolSettings;
  /** The `AI` binding. */
  ai: unknown;
  gatewayId: string | undefined;
  /** Out, or through what stands in for the web. */
  fetch: Fetch;
  /** What the request asks to have in its items. */
  include: readonly string[];
  count: (what: Counted) => void;
}

interface Connected {
  server: McpServer;
  client: McpClient;
  /** Undefined until they are listed. */
  tools: readonly McpTool[] | undefined;
}

/** The hosted tools of one Response, from its first round to its last. */
export class HostedSession {
  readonly #context: HostedContext;
  readonly #servers: readonly Connected[];
  /** Titles by URL of the pages that were found or opened: what an answer may cite. */
  readonly sources = new Map<string, string>();

  constructor(context: HostedContext) {
    this.#context = context;
    const { plan, fetch } = context;
    this.#servers = plan.servers.map((server) => ({
      server,
      client: new McpClient({ ...server, fetch }),
      tools: undefined,
    }));
  }

  /** Takes the tools of MCP servers from the listings that a context holds, so that they are not asked again. */
  recallListings(items: readonly JsonRecord[]): void {
    for (const connected of this.#servers) connected.tools = findListing(items, connected.server.label);
  }

  /** Labels of the MCP servers that have to be asked for their tools. */
  get unlisted(): ReadonlySet<string> {
    return new Set(this.#servers.filter(({ tools }) => tools === undefined).map(({ server }) => server.label));
  }

  /** The MCP servers that the request may call. */
  get servers(): readonly McpServer[] {
    return this.#servers.map(({ server }) => server);
  }

  /** Adds an item for each MCP server whose tools are not known yet, and returns what asks it for them. */
  list(builder: ResponseBuilder, signal: AbortSignal): (() => Promise<void>)[] {
    return this.#servers
      .filter(({ tools }) => tools === undefined)
      .map((connected) => {
        const { server, client } = connected;
        const call = builder.add((slot) => {
          const id = createItemId("mcpl", { responseId: builder.id, output_index: slot.output_index });
          return new ListToolsCall(slot, { id, label: server.label });
        });
        return async () => {
          connected.tools = await call.run(client, signal);
        };
      });
  }

  /** All functions that the model may be offered. */
  tools(): HostedTool[] {
    const { search, image } = this.#context.plan;
    return [
      ...(search === undefined ? [] : this.#searchTools()),
      ...(image ? [this.#imageTool()] : []),
      ...this.#servers.flatMap((connected) => this.#mcpTools(connected)),
    ];
  }

  /** Adds the item of a call that the user has approved. A tool that is not allowed any more is not called. */
  openApproved({ approvalId, label, name, arguments: given }: ApprovedCall, builder: ResponseBuilder): McpCall {
    const connected = this.#servers.find(({ server }) => server.label === label);
    if (connected === undefined) throw new Error("an approved call of an unknown server");
    const { server, client, tools } = connected;
    const tool = tools?.find((known) => known.name === name) ?? { name, input_schema: {} };
    const call = builder.add((slot) => {
      const id = createItemId("mcp", { responseId: builder.id, output_index: slot.output_index });
      const kit = { label, tool, client, count: this.#context.count, isAllowed: server.isAllowed(tool) };
      return new McpCall(slot, { id, kit, approvalId });
    });
    call.grow(given);
    return call;
  }

  /** Ends the sessions of MCP servers. Never fails. */
  async close(): Promise<void> {
    await Promise.all(this.#servers.map(({ client }) => client.close()));
  }

  #searchTools(): HostedTool[] {
    const { plan, settings, ai, fetch, include, count } = this.#context;
    const { search: options } = plan;
    if (options === undefined || settings.webSearch === undefined) return [];
    const kit: SearchKit = {
      options,
      provider: findProvider(settings.webSearch, { ai, fetch }),
      ai,
      fetch,
      showsSources: include.includes("web_search_call.action.sources"),
      showsResults: include.includes("web_search_call.results"),
      sources: this.sources,
      count,
    };
    const common = { type: "web_search", needsApproval: false, prefix: "ws" } as const;
    const search: HostedTool = {
      ...common,
      offer: searchOffer,
      open: (slot, id) => new SearchCall(slot, { id, kind: "search", kit }),
    };
    const open: HostedTool = {
      ...common,
      offer: openOffer,
      open: (slot, id) => new SearchCall(slot, { id, kind: "open_page", kit }),
    };
    return options.opensPages ? [search, open] : [search];
  }

  #imageTool(): HostedTool {
    const { settings, ai, gatewayId, count } = this.#context;
    const model = settings.imageModel ?? "";
    return {
      type: "image_generation",
      offer: imageOffer,
      needsApproval: false,
      prefix: "ig",
      open: (slot, id): HostedCall =>
        new ImageCall(slot, {
          id,
          kit: { generate: (prompt, signal) => generateImage({ ai, model, prompt, gatewayId, signal }), count },
        }),
    };
  }

  /** The server's own description goes with its first tool: once is enough for the model to read it. */
  #mcpTools({ server, client, tools = [] }: Connected): HostedTool[] {
    const { label, url, description, isAllowed, needsApproval } = server;
    return tools.filter(isAllowed).map((tool, index) => {
      const { $schema: _uri, ...schema } = tool.input_schema;
      const texts = [index === 0 ? description : "", tool.description ?? ""];
      return {
        type: "mcp",
        mcp: { label, serverUrl: url, name: tool.name },
        offer: {
          name: nameMcpTool(label, tool.name),
          description: texts.filter((text) => text !== "").join("\n\n"),
          parameters: { type: "object", properties: {}, ...schema },
        },
        needsApproval: needsApproval(tool),
        prefix: "mcp",
        open: (slot, id): HostedCall =>
          new McpCall(slot, { id, kit: { label, tool, client, count: this.#context.count, isAllowed: true } }),
      };
    });
  }
}

const searchOffer = {
  name: "web_search",
  description:
    "Searches the web and returns titles, addresses and excerpts of pages. Name the page an answer rests on by a Markdown link to its address.",
  parameters: {
    type: "object",
    properties: { query: { type: "string", description: "What to search for" } },
    required: ["query"],
    additionalProperties: false,
  },
};

const openOffer = {
  name: "open_page",
  description: "Reads a page of the web as text, such as one that web_search found.",
  parameters: {
    type: "object",
    properties: { url: { type: "string", description: "The page's https address" } },
    required: ["url"],
    additionalProperties: false,
  },
};

const imageOffer = {
  name: "image_generation",
  description: "Draws or generates an image and shows it to the user.",
  parameters: {
    type: "object",
    properties: { prompt: { type: "string", description: "What the image shows, in detail" } },
    required: ["prompt"],
    additionalProperties: false,
  },
};
