import { useSignal } from "@preact/signals";
import { basePath } from "../api/base.ts";
import { isObject } from "../api/json.ts";
import { health } from "../api/worker.ts";
import { buildMessage } from "../chat/build-input.ts";
import { draft } from "../chat/draft.ts";
import { currentChat } from "../chat/manage-chats.ts";
import type { Turn } from "../chat/turn.ts";
import { CodeBlock } from "../markdown/code-block.tsx";
import { FieldError } from "../settings/field-error.ts";
import { Segmented } from "../ui/segmented.tsx";
import { type Language, snippets } from "./write-snippet.ts";

const languages = [
  { value: "curl", label: "curl" },
  { value: "javascript", label: "JavaScript" },
  { value: "python", label: "Python" },
  { value: "codex", label: "Codex" },
] as const;

const highlightedAs: Record<Language, string> = {
  curl: "bash",
  javascript: "javascript",
  python: "python",
  codex: "ini",
};

/** The request as a program: the one that is being written, else the one that was sent. */
export function CodeView({ turn }: { turn: Turn | undefined }) {
  const language = useSignal<Language>("curl");
  const { body, problem } = readBody(turn);
  return (
    <div class="code-view">
      <Segmented
        label="Language"
        value={language.value}
        options={languages}
        onChange={(value) => (language.value = value)}
      />
      {body === undefined ? (
        <p class="error">{problem}</p>
      ) : (
        <>
          <p class="note">
            {draft.value.trim() === "" && turn?.request !== undefined
              ? "The request as it was sent."
              : "The request as it would be sent now."}
          </p>
          <CodeBlock
            language={highlightedAs[language.value]}
            isOpen={false}
            text={snippets[language.value]({
              baseUrl: `${location.origin}${basePath}`,
              body,
              needsKey: health.value?.needsKey !== false,
            })}
          />
        </>
      )}
    </div>
  );
}

function readBody(turn: Turn | undefined) {
  const text = draft.value.trim();
  if (text === "" && turn?.request !== undefined) return { body: hideTokens(turn.request) };
  try {
    const chat = currentChat.value;
    return { body: hideTokens(chat.buildBody([buildMessage(text || "Say hello.", [])], chat.base)) };
  } catch (error) {
    if (!(error instanceof FieldError)) throw error;
    return { problem: error.message };
  }
}

/** Tokens of MCP servers are not for the clipboard. */
function hideTokens(body: Record<string, unknown>): Record<string, unknown> {
  const { tools } = body;
  if (!Array.isArray(tools)) return body;
  return { ...body, tools: tools.map(hideToken) };
}

function hideToken(tool: unknown): unknown {
  return isObject(tool) && "authorization" in tool ? { ...tool, authorization: "<token>" } : tool;
}
