import { useSignal } from "@preact/signals";
import { ArrowUp, Paperclip, Square, X } from "lucide";
import { useEffect, useRef } from "preact/hooks";
import { panel } from "../app/layout.ts";
import { FieldError } from "../settings/field-error.ts";
import { settingsProblem } from "../settings/problem.ts";
import { formatBytes } from "../ui/format.ts";
import { Icon } from "../ui/icon.tsx";
import { findUnanswered } from "./answer-calls.ts";
import { attachFiles, attachments, attachProblem, detach } from "./attach.ts";
import { buildMessage } from "./build-input.ts";
import { ComposerTools } from "./composer-tools.tsx";
import { draft } from "./draft.ts";
import { currentChat } from "./manage-chats.ts";

/** A double click on Send must not press the Stop that takes its place. */
const stopDelay = 300;

/** Where one writes: text, files by button, paste or drop, and the switches that matter most. */
export function Composer() {
  const field = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const sentAt = useRef(-stopDelay);
  const isOver = useSignal(false);
  const chat = currentChat.value;
  const live = chat.live.value;
  const tip = chat.tip.value;
  const isEmpty = draft.value.trim() === "" && attachments.value.length === 0;
  const isWaiting = tip !== undefined && !tip.isLive && tip.state.value === "done" && findUnanswered(tip).length > 0;

  useEffect(() => field.current?.focus(), [chat]);

  const submit = () => {
    // Read anew: Enter may come before the page has drawn what was written.
    const isNothing = draft.value.trim() === "" && attachments.value.length === 0;
    if (chat.live.value !== undefined || isNothing) return field.current?.focus();
    const message = buildMessage(draft.value.trim(), attachments.value);
    try {
      // Throws at once where a setting is wrong.
      chat.buildBody([message], chat.base);
    } catch (error) {
      if (!(error instanceof FieldError)) throw error;
      settingsProblem.value = error;
      panel.value = "settings";
      return undefined;
    }
    sentAt.current = performance.now();
    draft.value = "";
    attachments.value = [];
    return void chat.send([message]);
  };
  const stop = () => {
    if (performance.now() - sentAt.current > stopDelay) void chat.stop();
  };

  return (
    <form
      class={`composer${isOver.value ? " over" : ""}`}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
      onDragOver={(event) => {
        event.preventDefault();
        isOver.value = true;
      }}
      onDragLeave={() => (isOver.value = false)}
      onDrop={(event) => {
        event.preventDefault();
        isOver.value = false;
        void attachFiles(event.dataTransfer?.files ?? []);
      }}
    >
      {attachProblem.value !== "" && (
        <p class="error" role="alert">
          {attachProblem}
        </p>
      )}
      {isWaiting && <p class="note">The model waits for the results above. A message here goes on without them.</p>}
      <div class="box">
        {attachments.value.length > 0 && <Chips />}
        <textarea
          ref={field}
          id="input"
          aria-label="Message"
          rows={1}
          placeholder="Write a message"
          enterkeyhint="send"
          value={draft.value}
          onInput={({ currentTarget }) => (draft.value = currentTarget.value)}
          onPaste={(event) => {
            const files = [...(event.clipboardData?.files ?? [])];
            if (files.length === 0) return;
            event.preventDefault();
            void attachFiles(files);
          }}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
            event.preventDefault();
            submit();
          }}
        />
        <div class="tools">
          <button
            type="button"
            class="ghost"
            aria-label="Attach a file"
            title="Attach a file or an image"
            onClick={() => picker.current?.click()}
          >
            <Icon node={Paperclip} size={17} />
          </button>
          <input
            ref={picker}
            type="file"
            multiple
            hidden
            aria-label="Files"
            onChange={({ currentTarget }) => {
              void attachFiles([...(currentTarget.files ?? [])]);
              currentTarget.value = "";
            }}
          />
          <ComposerTools />
          {live === undefined ? (
            <button type="submit" class="send" aria-label="Send" title="Send (Enter)" disabled={isEmpty}>
              <Icon node={ArrowUp} size={18} />
            </button>
          ) : (
            <button type="button" class="send stop" aria-label="Stop" title="Stop (Esc)" onClick={stop}>
              <Icon node={Square} size={14} />
            </button>
          )}
        </div>
      </div>
      {isOver.value && <p class="drop-hint">Drop files here</p>}
    </form>
  );
}

function Chips() {
  return (
    <ul class="chips">
      {attachments.value.map((attachment, index) => (
        <li key={index} class="chip">
          {attachment.kind === "image" && <img src={attachment.url} alt="" />}
          <span>{attachment.name}</span>
          <span class="note">{formatBytes(attachment.bytes)}</span>
          <button
            type="button"
            class="ghost"
            aria-label={`Remove ${attachment.name}`}
            onClick={() => detach(attachment)}
          >
            <Icon node={X} size={14} />
          </button>
        </li>
      ))}
    </ul>
  );
}
