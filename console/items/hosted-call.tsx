import { Box, ChevronRight, CircleAlert, Globe, LayoutList, Plug } from "lucide";
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { type JsonObject, isObject, readObject, readObjects, readText } from "../api/json.ts";
import { CodeBlock } from "../markdown/code-block.tsx";
import { hostOf, readLink } from "../markdown/safe-link.ts";
import { countOf, formatDuration, indentJson } from "../ui/format.ts";
import { Icon } from "../ui/icon.tsx";
import type { ItemProps } from "./item-view.tsx";

interface Described {
  icon: typeof Globe;
  title: ComponentChildren;
  /** Shown when the row is opened. */
  details: () => ComponentChildren;
  problem?: boolean;
}

/** A call that the Worker runs itself, in one line that opens: a search, an MCP call, or an item this page doesn't know. */
export function HostedCall({ entry, isLive }: ItemProps) {
  const [isOpen, setOpen] = useState(false);
  const { icon, title, details, problem = false } = describe(entry.item, isLive);
  return (
    <details
      class={`hosted${isLive ? " live" : ""}${problem ? " problem" : ""}`}
      onToggle={({ currentTarget }) => setOpen(currentTarget.open)}
    >
      {/* Another one once it has ended: what stands after a text that changes would move. */}
      <summary key={isLive ? "live" : "done"}>
        <Icon node={problem ? CircleAlert : icon} size={15} />
        <span class="hosted-title">{title}</span>
        {entry.took !== undefined && <span class="tag">{formatDuration(entry.took)}</span>}
        <Icon node={ChevronRight} size={14} />
      </summary>
      {isOpen && <div class="hosted-details">{details()}</div>}
    </details>
  );
}

function describe(item: JsonObject, isLive: boolean): Described {
  switch (item["type"]) {
    case "web_search_call":
      return describeSearch(readObject(item["action"]), item, isLive);
    case "mcp_list_tools":
      return describeListing(item, isLive);
    case "mcp_call":
      return describeMcpCall(item, isLive);
    default:
      return {
        icon: Box,
        title: readText(item["type"]).replaceAll("_", " ") || "Item",
        details: () => <CodeBlock language="json" text={JSON.stringify(item, null, 2)} isOpen={false} />,
      };
  }
}

function describeSearch(action: JsonObject, item: JsonObject, isLive: boolean): Described {
  const url = readLink(readText(action["url"]));
  const sources = readObjects(action["sources"]).flatMap((source) => readLink(readText(source["url"])) ?? []);
  const isPage = action["type"] === "open_page";
  const query = readText(action["query"]);
  return {
    icon: Globe,
    problem: item["status"] === "failed",
    title: isPage ? (
      <>
        {isLive ? "Reading" : "Read"} {url === undefined ? "a page" : <strong>{hostOf(url)}</strong>}
      </>
    ) : (
      <>
        {isLive ? "Searching the web" : "Searched the web"}
        {query !== "" && (
          <>
            {" "}
            for <strong>{query}</strong>
          </>
        )}
      </>
    ),
    details: () =>
      isPage ? (
        url !== undefined && <SourceList urls={[url]} />
      ) : sources.length === 0 ? (
        <p class="note">No sources were listed.</p>
      ) : (
        <SourceList urls={sources} />
      ),
  };
}

function SourceList({ urls }: { urls: readonly URL[] }) {
  return (
    <ul class="source-list">
      {urls.map((url) => (
        <li key={url.href}>
          <a href={url.href} target="_blank" rel="noopener noreferrer">
            {hostOf(url)}
            <span class="note">{url.pathname === "/" ? "" : url.pathname}</span>
          </a>
        </li>
      ))}
    </ul>
  );
}

function describeListing(item: JsonObject, isLive: boolean): Described {
  const tools = readObjects(item["tools"]);
  const label = <strong>{readText(item["server_label"])}</strong>;
  const problem = item["error"] !== undefined && item["error"] !== null;
  return {
    icon: LayoutList,
    problem,
    title: problem ? (
      <>Could not list the tools of {label}</>
    ) : isLive ? (
      <>Asking {label} for its tools</>
    ) : (
      <>
        {label} offers {countOf(tools.length, "tool")}
      </>
    ),
    details: () =>
      problem ? (
        <p>{describeError(item["error"])}</p>
      ) : (
        <dl class="tool-list">
          {tools.map((tool) => (
            <div key={readText(tool["name"])}>
              <dt>
                <code>{readText(tool["name"])}</code>
              </dt>
              <dd>{readText(tool["description"])}</dd>
            </div>
          ))}
        </dl>
      ),
  };
}

function describeMcpCall(item: JsonObject, isLive: boolean): Described {
  const problem = item["error"] !== undefined && item["error"] !== null;
  const output = readText(item["output"]);
  return {
    icon: Plug,
    problem,
    title: (
      <>
        {isLive ? "Calling" : problem ? "Failed:" : "Called"} <code>{readText(item["name"])}</code> on{" "}
        <strong>{readText(item["server_label"])}</strong>
      </>
    ),
    details: () => (
      <>
        <CodeBlock title="Arguments" language="json" text={indentJson(readText(item["arguments"]))} isOpen={false} />
        {problem && <p class="error">{describeError(item["error"])}</p>}
        {output !== "" && <CodeBlock title="Result" language="json" text={indentJson(output)} isOpen={false} />}
      </>
    ),
  };
}

function describeError(error: unknown): string {
  if (!isObject(error)) return String(error);
  const content = readObjects(error["content"]).map((part) => readText(part["text"]));
  return readText(error["message"]) || content.join("\n") || JSON.stringify(error);
}
