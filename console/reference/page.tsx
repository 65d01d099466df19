import { useSignal } from "@preact/signals";
import { ArrowLeft, Braces, Menu } from "lucide";
import { Mark } from "../app/mark.tsx";
import { ThemeButton } from "../app/theme-button.tsx";
import { Announcer } from "../ui/announce.tsx";
import { Icon } from "../ui/icon.tsx";
import type { ApiDocument } from "./document.ts";
import { OperationView } from "./operation-view.tsx";
import { Prose } from "./prose.tsx";

/** The API reference, made from /openapi.json. */
export function Page({ api }: { api: ApiDocument }) {
  const isOpen = useSignal(false);
  return (
    <>
      <div class="app reference">
        {isOpen.value && <div class="shade" onClick={() => (isOpen.value = false)} />}
        <nav class={`sidebar${isOpen.value ? " open" : ""}`} aria-label="Reference">
          <a class="brand" href="/">
            <Mark size={28} /> <span>Responses</span>
          </a>
          <div class="chats" onClick={() => (isOpen.value = false)}>
            {api.tags.map((tag) => (
              <section key={tag.name}>
                <h2>{tag.name}</h2>
                <ul>
                  {tag.operations.map(({ id, method, summary }) => (
                    <li key={id}>
                      <a class="row operation-link" href={`#${id}`}>
                        <span>{summary}</span>
                        <span class={`method ${method.toLowerCase()}`}>{method}</span>
                      </a>
                    </li>
                  ))}
                </ul>
              </section>
            ))}
          </div>
          <div class="sidebar-foot">
            <a class="row" href="/">
              <Icon node={ArrowLeft} size={17} /> Console
            </a>
            <div class="pair-row">
              <a class="row" href="/openapi.json">
                <Icon node={Braces} size={17} /> openapi.json
              </a>
              <ThemeButton />
            </div>
          </div>
        </nav>
        <main>
          <header class="topbar">
            <button
              type="button"
              class="ghost menu"
              aria-label="Contents"
              aria-expanded={isOpen.value}
              onClick={() => (isOpen.value = !isOpen.value)}
            >
              <Icon node={Menu} size={19} />
            </button>
            <p class="topbar-title">API reference, version {api.version}</p>
          </header>
          <div class="reference-body" tabIndex={-1}>
            <div class="reference-intro">
              <h1>{api.title}</h1>
              <Prose text={api.description} />
            </div>
            {api.tags.map((tag) => (
              <section key={tag.name} aria-label={tag.name}>
                <div class="tag-head">
                  <h2>{tag.name}</h2>
                  <Prose text={tag.description} />
                </div>
                {tag.operations.map((operation) => (
                  <OperationView key={operation.id} operation={operation} api={api} />
                ))}
              </section>
            ))}
          </div>
        </main>
      </div>
      <Announcer />
    </>
  );
}
